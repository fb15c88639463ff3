// A full screen of lines, of which only what changed is written. Pure; one thread.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace pncp::cli {

class Screen {
  public:
    /// The bytes that turn what the terminal shows into `lines`: each a line's text with its colours, none
    /// wider than the terminal, no more than it has rows. "" when nothing changed.
    [[nodiscard]] std::string draw(std::vector<std::string> lines);

    /// The terminal shows nobody knows what: the next draw() writes everything.
    void forget() { known_ = false; }

  private:
    std::vector<std::string> shown_;
    bool known_ = false;
};

}  // namespace pncp::cli
