// Puts a command's output together again: OUTPUT rows in any order, then the tail that stands in the RESULT
// row. A device may be hostile, so offsets may overlap, leave holes or be absurd: nothing is ever allocated
// for a number that a device sent, only for bytes that it sent, and those are bounded. Pure; one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "schema/bytes.hpp"

namespace pncp::cli {

/// Bytes of one stream of one device that are kept. A device's own cap is limits::kCommandOutputBytes for
/// both streams together by default, and this is sixteen times as much, so that only a hostile one meets it.
inline constexpr std::size_t kStreamBytesMax = 1024 * 1024;

/// A hole: `bytes` are missing before position `at` of the text.
struct Missing {
    std::size_t at = 0;
    std::uint64_t bytes = 0;
    bool operator==(const Missing&) const = default;
};

struct StreamText {
    std::string text;
    std::vector<Missing> missing;  ///< ascending by `at`
    [[nodiscard]] std::uint64_t missing_bytes() const;
};

/// One stream of one command.
class OutputAssembly {
  public:
    /// An OUTPUT row: `bytes` stand at `offset`. Past kStreamBytesMax in all, rows are dropped (and so are
    /// missing).
    void add(std::uint64_t offset, ByteView bytes);

    /// The whole stream of `length` bytes, of which `tail` is the end. Where pieces overlap the one with the
    /// lower offset (of equal ones the first) wins; bytes beyond `length` don't count. A `length` shorter
    /// than the tail is taken as the tail's.
    [[nodiscard]] StreamText finish(std::uint64_t length, ByteView tail) const;

    /// What came of a command whose result never will.
    [[nodiscard]] StreamText so_far() const;

  private:
    struct Piece {
        std::uint64_t offset;
        Bytes bytes;
    };
    std::vector<Piece> pieces_;
    std::size_t held_ = 0;
};

}  // namespace pncp::cli
