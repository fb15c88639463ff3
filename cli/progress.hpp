// The line on stderr that says how far a job is and who is still out, redrawn in place. Only for a terminal;
// whoever prints something else erases it before. Pure: it gives the bytes. One thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace pncp::cli {

struct ProgressState {
    std::uint64_t targets = 0;
    std::uint64_t ended = 0;
    std::uint64_t not_ok = 0;  ///< of those that have ended
    std::int64_t elapsed_ms = 0;
    std::vector<std::string> out{};  ///< who is known to be out; others may be too
};

/// "[=====>    ] 37/40  2 not ok  12 s  out: pi-[3,7],pi-12", in at most `width` columns.
[[nodiscard]] std::string progress_line(const ProgressState& state, std::size_t width);

class Progress {
  public:
    /// The bytes that put the line, or its next state, on a terminal of `width` columns.
    [[nodiscard]] std::string draw(const ProgressState& state, std::size_t width);

    /// The bytes that leave the terminal as if the line had never been; "" when it is not there.
    [[nodiscard]] std::string erase(std::size_t width);

  private:
    std::size_t shown_ = 0;  ///< columns that the line took
};

}  // namespace pncp::cli
