// Endings that are alike, put together: by how they ended alone, or by their output too. One copy of an
// output is held however many agents wrote it. Pure; one thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "cli/job_view.hpp"

namespace pncp::cli {

enum class Alike : std::uint8_t {
    outcome,  ///< the same verdict, exit code, signal and reason
    output,   ///< and every byte of both streams
};

struct EndingGroup {
    Ending sample;                    ///< the first that came; durations and times are its own
    std::vector<std::string> agents;  ///< in natural order
};

class Grouping {
  public:
    explicit Grouping(Alike alike) : alike_(alike) {}
    void add(const Ending& ending);

    /// The largest group first, which is the majority; of equal ones those that are ok, then by first name.
    [[nodiscard]] std::vector<EndingGroup> take();

  private:
    Alike alike_;
    std::map<std::string, EndingGroup> groups_;
};

}  // namespace pncp::cli
