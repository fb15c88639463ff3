// How a job is told while it runs and when it has ended, in the form that the options ask for: results as
// they come or put together, the progress line between them, the sum at the end. One thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/grouping.hpp"
#include "cli/job_view.hpp"
#include "cli/progress.hpp"
#include "cli/verbs.hpp"

namespace pncp::cli {

/// -o, --group, --diff, --outliers.
[[nodiscard]] std::vector<Setting> report_settings();
/// What is wrong with these together; "" when nothing is.
[[nodiscard]] std::string report_mistake(const Settings& settings);

class JobReport {
  public:
    explicit JobReport(const Call& call);
    JobReport(const JobReport&) = delete;
    JobReport& operator=(const JobReport&) = delete;
    /// Whatever happened: the progress line is gone.
    ~JobReport() { hide(); }

    void add(std::vector<Ending> endings);
    /// Draws the progress line, where there is a terminal for it.
    void show(const JobView& view);
    /// Something for people beside the results.
    void say(const std::string& text);
    void finish(const JobView& view);

    /// The progress line is there to be redrawn.
    [[nodiscard]] bool is_live() const { return live_; }

  private:
    void hide();
    void print(const std::string& text);
    [[nodiscard]] std::string as_it_comes(const Ending& ending);
    [[nodiscard]] bool groups() const { return grouped_ && form_ == "text"; }

    const Call& call_;
    Console& console_;
    std::string form_;
    Style style_;
    bool grouped_;
    bool live_;
    bool header_said_ = false;
    std::int64_t started_ms_;
    std::int64_t drawn_ms_ = 0;
    Progress progress_;
    std::vector<Ending> held_;  ///< for forms that need all of them
    Grouping outputs_{Alike::output};
    Grouping troubles_{Alike::outcome};
};

}  // namespace pncp::cli
