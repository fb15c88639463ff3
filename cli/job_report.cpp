#include "cli/job_report.hpp"

#include <utility>

#include "cli/render_job.hpp"
#include "cli/render_json.hpp"

namespace pncp::cli {
namespace {

/// Twenty times a second is smooth.
constexpr std::int64_t kRedrawMs = 50;

/// How stderr is to look: as style_of() for stdout.
Style error_style(const Call& call) {
    const std::string& wish = call.settings.text("color");
    const bool by_itself = call.world.console.err_is_terminal() && !call.world.no_color;
    return {.colour = wish == "always" || (wish == "auto" && by_itself), .neutralise = true};
}

}  // namespace

std::vector<Setting> report_settings() {
    return {
        {.key = "output",
         .default_text = "text",
         .help = "For people as results come, or as a table; one JSON document, a JSON object or a line of "
                 "CSV each.",
         .group = "Results",
         .choices = {"text", "table", "json", "jsonl", "csv"},
         .letter = 'o'},
        {.key = "group",
         .kind = Kind::flag,
         .help = "At the end, and those with the same output together.",
         .group = "Results",
         .letter = 'b'},
        {.key = "diff",
         .kind = Kind::flag,
         .help = "As --group, but of each output only how it differs from that of the majority.",
         .group = "Results"},
        {.key = "outliers",
         .kind = Kind::flag,
         .help = "As --group, but not the majority.",
         .group = "Results"}};
}

std::string report_mistake(const Settings& settings) {
    if (settings.text("output") == "text") return {};
    for (const char* key : {"group", "diff", "outliers"})
        if (settings.flag(key)) return "--" + std::string(key) + " is for people: it goes with -o text";
    return {};
}

JobReport::JobReport(const Call& call)
    : call_(call),
      console_(call.world.console),
      form_(call.settings.text("output")),
      style_(style_of(call)),
      grouped_(call.settings.flag("group") || call.settings.flag("diff") || call.settings.flag("outliers")),
      live_(call.world.console.err_is_terminal()),
      started_ms_(call.world.boottime_ms()) {}

void JobReport::hide() {
    if (const std::string bytes = progress_.erase(console_.err_columns()); !bytes.empty())
        console_.err(bytes);
}

void JobReport::print(const std::string& text) {
    if (text.empty()) return;
    hide();
    console_.out(text);
}

void JobReport::say(const std::string& text) {
    hide();
    console_.err(text);
}

std::string JobReport::as_it_comes(const Ending& ending) {
    if (form_ == "jsonl") return json_result_line(ending);
    if (form_ == "csv")
        return (std::exchange(header_said_, true) ? "" : csv_results_header()) + csv_result(ending, style_);
    return render_ending(ending, style_, call_.world.wall_us());
}

void JobReport::add(std::vector<Ending> endings) {
    std::string text;
    for (Ending& ending : endings) {
        troubles_.add(ending);
        if (groups())
            outputs_.add(ending);
        else if (form_ == "json" || form_ == "table")
            held_.push_back(std::move(ending));
        else
            text += as_it_comes(ending);
    }
    print(text);
}

void JobReport::show(const JobView& view) {
    if (!live_ || view.targets() == 0) return;
    const std::int64_t now_ms = call_.world.boottime_ms();
    if (drawn_ms_ != 0 && now_ms - drawn_ms_ < kRedrawMs) return;
    drawn_ms_ = now_ms;
    const Tally& tally = view.tally();
    const ProgressState state{.targets = view.targets(),
                              .ended = tally.total(),
                              .not_ok = tally.total() - tally.of(Verdict::ok),
                              .elapsed_ms = now_ms - started_ms_,
                              .out = view.out()};
    console_.err(progress_.draw(state, console_.err_columns()));
}

void JobReport::finish(const JobView& view) {
    if (groups()) {
        const GroupForm form{.diff = call_.settings.flag("diff"),
                             .outliers = call_.settings.flag("outliers")};
        print(render_groups(outputs_.take(), form, style_));
    }
    if (form_ == "json") return print(json_job(view, held_));
    if (form_ == "jsonl") return print(json_summary_line(view));
    if (form_ == "csv" && !header_said_) print(csv_results_header());
    if (form_ == "table") print(render_job_table(held_, style_));
    std::string text = view.tally().summary(view.open()) + "\n";
    // Who stands alone was named just above.
    if (view.targets() > 1 && !groups()) text += render_troubles(troubles_.take(), error_style(call_));
    say(text);
}

}  // namespace pncp::cli
