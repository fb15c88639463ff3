#include "cli/job_follow.hpp"

#include <utility>

#include "cli/job_report.hpp"
#include "cli/name_folder.hpp"
#include "cli/render_job.hpp"
#include "cli/word_cache.hpp"
#include "schema/limits.hpp"

namespace pncp::cli {
namespace {

/// One long poll. Under the broker's own bound (limits::kLongPollMs), and short enough that a broker which
/// lost the request is asked again soon.
constexpr std::int64_t kWaitMs = 5'000;
/// With a progress line, which tells the time.
constexpr std::int64_t kLiveWaitMs = 1'000;
/// A broker that restarts is back within seconds; one that stays away this long needs a person.
constexpr std::int64_t kPatienceMs = 60'000;

/// The broker has no such job at hand.
struct NotAtHand {};
using Page = std::variant<JobReply, NotAtHand, ExitCode>;

class Follower {
  public:
    Follower(const Call& call, BrokerLink& link, const JobStart& start)
        : call_(call), link_(link), start_(start), view_(start.job), report_(call) {
        view_.expect(start.targets);
    }

    ExitCode run() {
        report_.show(view_);
        while (!view_.complete()) {
            auto page = next_page();
            if (const auto* code = std::get_if<ExitCode>(&page)) return left(*code);
            if (std::holds_alternative<NotAtHand>(page)) return from_journal();
            const JobReply& reply = std::get<JobReply>(page);
            if (!start_.wait && reply.rows.empty()) return finish();
            if (const auto code = take(view_.add(reply))) return left(*code);
            report_.show(view_);
        }
        report_.add(view_.close());
        return finish();
    }

  private:
    /// Asks for the next page until there is one. The broker may restart in between: the job is in its
    /// journal.
    Page next_page() {
        const std::int64_t give_up_ms = call_.world.boottime_ms() + kPatienceMs;
        const std::int64_t wait_ms = !start_.wait ? 0 : report_.is_live() ? kLiveWaitMs : kWaitMs;
        const std::int64_t timeout_ms = wait_ms + call_.settings.duration_ms("broker.timeout");
        bool said = false;
        for (;;) {
            auto answer = link_.call(JobRequest{view_.job(), view_.next(), wait_ms}, timeout_ms);
            const auto* failure = std::get_if<Failure>(&answer);
            const bool away = failure != nullptr && failure->code == ExitCode::broker_unreachable;
            if (!away || call_.world.boottime_ms() >= give_up_ms) return judged(std::move(answer));
            if (!std::exchange(said, true)) report_.say("the broker is away; waiting for it to come back\n");
        }
    }

    Page judged(std::variant<Reply, Failure> answer) {
        if (const auto* reply = std::get_if<Reply>(&answer))
            if (const auto* error = std::get_if<ErrorReply>(reply))
                if (error->code == ErrorCode::unknown_job) return NotAtHand{};
        if (std::holds_alternative<Failure>(answer)) report_.say("");
        auto page = expect<JobReply>(call_, std::move(answer));
        if (const auto* code = std::get_if<ExitCode>(&page)) return *code;
        return std::move(std::get<JobReply>(page));
    }

    /// Whoever leaves is told the way back.
    ExitCode left(ExitCode code) {
        if (code == ExitCode::interrupted || code == ExitCode::broker_unreachable)
            report_.say(render_interrupted(view_.job()));
        return code;
    }

    std::optional<ExitCode> take(std::vector<Ending> endings) {
        const auto code = add_last_seen(endings);
        for (const Ending& ending : endings) names_.push_back(ending.agent);
        report_.add(std::move(endings));
        return code;
    }

    /// The broker's list says when those that are offline were there last. Ctrl-C is noticed here too.
    std::optional<ExitCode> add_last_seen(std::vector<Ending>& endings) {
        std::vector<std::string> away;
        for (const Ending& ending : endings)
            if (ending.verdict == Verdict::offline) away.push_back(ending.agent);
        AgentsRequest request;
        request.target = fold_names(away);
        if (away.empty() || request.target.size() > limits::kRequestTextBytes) return std::nullopt;
        do {
            auto answer = link_.call(request, call_.settings.duration_ms("broker.timeout"));
            if (const auto* failure = std::get_if<Failure>(&answer))
                return failure->code == ExitCode::interrupted ? std::optional(failure->code) : std::nullopt;
            auto* page = std::get_if<AgentsReply>(&std::get<Reply>(answer));
            if (page == nullptr) return std::nullopt;
            for (const AgentRow& row : page->rows)
                for (Ending& ending : endings)
                    if (ending.agent == row.id && row.last_seen_us <= ending.time_ns / 1000)
                        ending.last_seen_us = row.last_seen_us;
            if (page->next <= request.after) break;
            request.after = page->next;
        } while (true);
        return std::nullopt;
    }

    ExitCode from_journal() {
        auto read = read_job(call_, link_, view_);
        if (const auto* code = std::get_if<ExitCode>(&read)) return *code;
        auto& job = std::get<JournaledJob>(read);
        report_.add(std::move(job.endings));
        report_.add(view_.close());
        return finish();
    }

    ExitCode finish() {
        report_.finish(view_);
        remember_names(call_, names_);
        return view_.tally().exit_code(view_.open());
    }

    const Call& call_;
    BrokerLink& link_;
    JobStart start_;
    JobView view_;
    JobReport report_;
    std::vector<std::string> names_;
};

}  // namespace

ExitCode follow_job(const Call& call, BrokerLink& link, const JobStart& start) {
    return Follower(call, link, start).run();
}

}  // namespace pncp::cli
