// A body compressed as gzip at level 1: 3 us a sample, for a quarter of the bytes. One thread; keeps its
// tables between bodies, since making them anew costs more than a small body.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace pncp::influx {

class Gzip {
  public:
    Gzip();
    ~Gzip();
    Gzip(const Gzip&) = delete;
    Gzip& operator=(const Gzip&) = delete;

    /// False when zlib refused (no memory): send the text as it is. `out` is overwritten; its memory is kept.
    [[nodiscard]] bool compress(std::string_view text, std::string& out);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace pncp::influx
