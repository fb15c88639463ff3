// pncp-cli job ID: comes back to a job; and the following of a job that `send` does too.
#include "cli/render_job.hpp"
#include "cli/render_json.hpp"
#include "cli/verbs.hpp"

namespace pncp::cli {
namespace {

/// One long poll. Under the broker's own bound (limits::kLongPollMs), and short enough that a broker which
/// lost the request is asked again soon.
constexpr std::int64_t kWaitMs = 5'000;
/// A broker that restarts is back within seconds; one that stays away this long needs a person.
constexpr std::int64_t kPatienceMs = 60'000;

/// Prints endings as they come (text, jsonl), or holds them for the document (json).
class Printer {
  public:
    explicit Printer(const Call& call)
        : console_(call.world.console), form_(call.settings.text("output")), style_(style_of(call)) {}

    void add(std::vector<Ending> endings) {
        std::string text;
        for (Ending& ending : endings) {
            if (form_ == "json") {
                held_.push_back(std::move(ending));
            } else {
                text += form_ == "jsonl" ? json_result_line(ending) : render_ending(ending, style_);
            }
        }
        if (!text.empty()) console_.out(text);
    }

    void finish(const JobView& view) {
        if (form_ == "json") return console_.out(json_job(view, held_));
        if (form_ == "jsonl") return console_.out(json_summary_line(view));
        console_.err(view.tally().summary() + "\n");
    }

  private:
    Console& console_;
    std::string form_;
    Style style_;
    std::vector<Ending> held_;
};

/// Asks for the next page until there is one. The broker may restart in between: the job is in its journal.
std::variant<JobReply, ExitCode> next_page(const Call& call, BrokerLink& link, const JobView& view) {
    const std::int64_t give_up_ms = call.world.boottime_ms() + kPatienceMs;
    const std::int64_t timeout_ms = kWaitMs + call.settings.duration_ms("broker.timeout");
    bool said = false;
    for (;;) {
        auto answer = link.call(JobRequest{view.job(), view.next(), kWaitMs}, timeout_ms);
        const auto* failure = std::get_if<Failure>(&answer);
        const bool away = failure != nullptr && failure->code == ExitCode::broker_unreachable;
        if (!away || call.world.boottime_ms() >= give_up_ms) return expect<JobReply>(call, std::move(answer));
        if (!said) call.world.console.err("the broker is away; waiting for it to come back\n");
        said = true;
    }
}

}  // namespace

ExitCode follow_job(const Call& call, BrokerLink& link, const Id16& job) {
    JobView view(job);
    Printer printer(call);
    while (!view.complete()) {
        auto answer = next_page(call, link, view);
        if (const auto* code = std::get_if<ExitCode>(&answer)) {
            const bool goes_on = *code == ExitCode::interrupted || *code == ExitCode::broker_unreachable;
            if (goes_on) call.world.console.err(render_interrupted(job));
            return *code;
        }
        printer.add(view.add(std::get<JobReply>(answer)));
    }
    printer.add(view.close());
    printer.finish(view);
    return view.tally().exit_code();
}

ExitCode run_job(const Call& call) {
    if (call.words.empty()) return usage_error(call, "job", "which job? Give its id");
    const auto job = from_hex<16>(call.words.front());
    if (!job) return usage_error(call, "job", "a job's id is 32 hexadecimal digits, as `send` prints it");
    auto link = open_link(call);
    if (const auto* code = std::get_if<ExitCode>(&link)) return *code;
    return follow_job(call, *std::get<0>(link), *job);
}

}  // namespace pncp::cli
