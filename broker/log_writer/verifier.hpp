// Finds every edit, removal, insertion and reorder in the lines of a log, in the order of its files. Pure:
// the caller reads files and asks the broker about anchors. One thread.
//
// What is checked of each line: its form; its own hash; that it follows the hash of the line before; that its
// event is the next one. A header is checked in the same way, so that files are joined. An ANCHOR of the
// log's own consumer is compared with the hash that the chain had at the anchor's event; that the broker made
// it is for the broker to say (anchors()). Whoever computes the whole chain anew after an edit can't do that
// for the anchors, so everything before the last anchor that the broker confirms is as it was written.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "broker/log_writer/log_record.hpp"

namespace pncp::log_writer {

struct Finding {
    std::string file;
    std::uint64_t line = 0;  ///< from 1; 0 = the file as a whole
    std::string what;
};

/// An anchor in the log, equal to the chain.
struct SeenAnchor {
    Cursor at;  ///< the event that it came as
    AnchorBody body;
    std::string file;
    std::uint64_t line = 0;
};

struct VerifyFigures {
    std::uint64_t files = 0;
    std::uint64_t lines = 0;
    std::uint64_t events = 0;
    std::uint64_t gaps = 0;             ///< declared ones
    std::uint64_t foreign_anchors = 0;  ///< of other consumers: about other chains
    std::uint64_t older_anchors = 0;    ///< about events before these files
    std::uint64_t after_anchor = 0;     ///< lines that no anchor covers yet
    Cursor first;                       ///< what the first file goes on from
    Cursor last;
};

class Verifier {
  public:
    void begin_file(std::string name);
    /// Without its '\n'.
    void line(std::string_view text);
    /// `torn_bytes` stand behind the last line. `newest`: no file of the log follows, so it may be in the
    /// middle of being written.
    void end_file(std::size_t torn_bytes, bool newest);
    /// Something is wrong with the file as a whole: it can't be read, or not to its end.
    void broken_file(std::string what) { find(0, std::move(what)); }

    /// The hashes that the chain had at `cursor`; several when a file ended there. Only what stands after the
    /// newest anchor is remembered.
    [[nodiscard]] bool stood_at(const Cursor& cursor, const Key32& hash) const;

    [[nodiscard]] const std::vector<Finding>& findings() const { return findings_; }
    [[nodiscard]] const std::vector<SeenAnchor>& anchors() const { return anchors_; }
    [[nodiscard]] const VerifyFigures& figures() const { return figures_; }
    /// Whose log it is, as its headers say.
    [[nodiscard]] const std::string& consumer() const { return consumer_; }

  private:
    struct Stand {
        std::uint64_t sequence = 0;
        Key32 hash{};
    };

    void find(std::uint64_t line, std::string what);
    void damaged_line(std::string_view text);
    void check_link(const Record& record);
    void check_header(const Record& record);
    void check_order(const Record& record, std::string_view text);
    void check_gap(const Record& record, std::string_view text);
    void check_anchor(const Record& record, std::string_view text);
    void stand(const ChainState& state);

    std::string file_;
    std::uint64_t line_ = 0;
    bool begun_ = false;            ///< a line was seen
    bool any_may_follow_ = false;   ///< the log's first event is whatever the broker still had
    std::optional<Key32> hash_;     ///< of the line before; nullopt when that can't be told
    std::optional<Cursor> cursor_;  ///< after the line before, likewise
    std::string consumer_;
    std::deque<Stand> stands_;  ///< of the journal of cursor_, from the newest anchor on
    Id16 stands_journal_{};
    std::vector<Finding> findings_;
    std::vector<SeenAnchor> anchors_;
    VerifyFigures figures_;
};

}  // namespace pncp::log_writer
