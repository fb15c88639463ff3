// The folder of a disk spool (setting spool.path): performs what the core decides, and finds at start what
// earlier runs left. One thread; every call blocks until the disk has answered, and a write until it is
// durable. The folder is 0700 and locked for as long as this object lives; files are 0600.
//
//   0000000007-<spool id>.mark       this spool exists; after a clean stop also: it ended in order
//   0000000007-<spool id>.m00000001  a segment of its metrics; .r00000001 of its results
//   0000000007-<spool id>.done       the mark of one that was handed over, until the broker kept that
//   *.aside                          what is not ours or not whole at its beginning: left for a person
//
// The number before the id is the order in which spools were begun. Nothing is written until a row has waited
// too long, but the mark at start and the end at a clean stop.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "agent/core/actions.hpp"
#include "agent/core/spool_format.hpp"
#include "schema/program/files_detail.hpp"
#include "schema/result.hpp"

namespace pncp::agent {

class SpoolFolder {
  public:
    /// Spools of earlier runs that are kept at the same time. Each that was ever begun has its mark until the
    /// broker has seen its end; one begun beyond that is in memory only.
    static constexpr std::size_t kFormers = 256;

    struct Owner {
        std::string agent;    ///< files of another agent are set aside
        std::string boot_id;  ///< of this boot
        Id16 spool{};         ///< of this run
    };
    struct Opened;
    /// Makes the folder if need be, locks it, finds the former spools. An error: it is of no use at all.
    [[nodiscard]] static Result<Opened> open(const std::string& path, Owner owner);

    [[nodiscard]] Status append(const SpoolAppend& write);
    [[nodiscard]] Result<Bytes> read(const SpoolRead& read) const;
    [[nodiscard]] Status remove(const SpoolDelete& segment);
    [[nodiscard]] Status close(const SpoolClose& end);
    [[nodiscard]] Status handed_over(const SpoolHandedOver& spool);
    [[nodiscard]] Status forget(const SpoolForget& spool);

  private:
    /// The files of one spool, while the folder is looked through.
    struct Found {
        Id16 spool{};
        std::string stem;
        std::string mark;  ///< "" = missing
        bool handed_over = false;
        std::vector<std::pair<std::uint32_t, std::string>> metrics;  ///< by number
        std::vector<std::pair<std::uint32_t, std::string>> results;
    };

    SpoolFolder(detail::Descriptor folder, std::string path, Owner owner);
    [[nodiscard]] Result<std::map<std::uint32_t, Found>> list();
    /// The other agent whose files these are; "" = they are ours.
    [[nodiscard]] std::string stranger(const Found& found) const;
    [[nodiscard]] std::optional<FormerSpool> look_at(const Found& found, std::vector<std::string>& warnings);
    void look_at_segment(const std::string& name, SpoolFileKind kind, std::uint32_t number,
                         FormerSpool& former, std::vector<std::string>& warnings);
    void set_aside(const std::string& name, const std::string& why, std::vector<std::string>& warnings);
    [[nodiscard]] Status begin(std::uint32_t order);
    [[nodiscard]] Status write_all(int file, ByteView bytes, std::uint64_t offset, const std::string& name);
    [[nodiscard]] Status sync_folder();
    [[nodiscard]] Error failed(const std::string& what, const std::string& name) const;

    detail::Descriptor folder_;
    std::string path_;
    Owner owner_;
    std::map<Id16, std::string> names_;  ///< by spool: "0000000007-<hex>"
};

struct SpoolFolder::Opened {
    SpoolFolder folder;
    std::vector<FormerSpool> formers;   ///< oldest first
    std::vector<std::string> warnings;  ///< for a person
    Status begun;                       ///< an error: this run's own spool can only be in memory
};

}  // namespace pncp::agent
