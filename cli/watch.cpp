#include "cli/watch.hpp"

#include <algorithm>
#include <csignal>
#include <limits>

#include "cli/event_text.hpp"
#include "cli/journal_reader.hpp"
#include "cli/live_link.hpp"
#include "cli/render_json.hpp"
#include "cli/since.hpp"
#include "schema/program/escape.hpp"
#include "schema/program/suggest.hpp"

namespace pncp::cli {
namespace {

constexpr std::int64_t kTurnMs = 1'000;

std::vector<std::string> class_names() {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < kEventClasses; ++i)
        names.emplace_back(event_class_name(static_cast<EventClass>(i)));
    return names;
}

/// Prints what is wanted, and counts it.
class Printer final : public LiveHandler {
  public:
    Printer(const Call& call, std::vector<std::string> prefixes)
        : call_(call),
          prefixes_(std::move(prefixes)),
          style_(style_of(call)),
          json_(call.settings.text("output") != "text") {
        const std::int64_t count = call.settings.integer("count");
        left_ = count == 0 ? std::numeric_limits<std::int64_t>::max() : count;
    }

    bool on_event(const FeedEvent& event) override {
        const std::string& topic = event.event.topic;
        const bool wanted = std::any_of(prefixes_.begin(), prefixes_.end(),
                                        [&](const std::string& prefix) { return topic.starts_with(prefix); });
        if (!wanted || done()) return true;
        --left_;
        call_.world.console.out(json_ ? event_json(event) : event_text(event, style_));
        return true;
    }
    void on_gap(const FeedGap& gap) override {
        if (json_) call_.world.console.out(gap_json(gap, call_.world.wall_us()));
        say("events " + std::to_string(gap.first) + " to " +
            (gap.last == 0 ? "?" : std::to_string(gap.last)) + " are missing: " + gap.reason);
    }
    void on_journal(const Id16& /*journal*/) override {}
    void on_state(const std::string& text) override {
        // The first one says that all is well, which is no news.
        if (!std::exchange(greeted_, true) && text.starts_with("connected")) return;
        say(text);
    }
    void on_answer(Reply /*reply*/) override {}

    [[nodiscard]] bool done() const { return left_ == 0 || call_.world.console.failed(); }

  private:
    void say(const std::string& text) {
        call_.world.console.err("pncp-cli: " + escape_controls(text) + "\n");
    }

    const Call& call_;
    std::vector<std::string> prefixes_;
    Style style_;
    bool json_;
    std::int64_t left_ = 0;
    bool greeted_ = false;
};

/// Prints what the journal has since then; gives the place from where on to follow.
std::variant<Cursor, ExitCode> show_past(const Call& call, BrokerLink& link, const std::string& prefix,
                                         std::int64_t from_ns, Printer& printer) {
    JournalReader journal(link, call.settings.duration_ms("broker.timeout"));
    auto range = journal.range();
    if (const auto* failure = std::get_if<Failure>(&range)) return report(call, *failure);
    const JournalRange& held = std::get<0>(range);
    // Nothing before now is wanted: the head is the place.
    if (call.settings.text("since").empty()) return Cursor{held.journal, held.head};
    auto start = journal.start_of(from_ns);
    if (const auto* failure = std::get_if<Failure>(&start)) return report(call, *failure);
    auto end = journal.read(
        prefix, std::get<0>(start),
        [&](FeedEvent&& event) {
            if (event.event.time_ns >= from_ns) static_cast<void>(printer.on_event(event));
            return !printer.done();
        },
        held.head);
    if (const auto* failure = std::get_if<Failure>(&end)) return report(call, *failure);
    return Cursor{held.journal, held.head};
}

ExitCode follow_feed(const Call& call, const Cursor& start, Printer& printer) {
    auto opened = call.world.live(call.settings);
    if (const auto* failure = std::get_if<Failure>(&opened)) return report(call, *failure);
    LiveLink& live = *std::get<0>(opened);
    live.follow(start);
    while (!printer.done()) {
        if (const auto signal = live.turn(kTurnMs, printer, {}))
            return *signal == SIGINT ? ExitCode::interrupted : ExitCode::ok;
    }
    return ExitCode::ok;
}

}  // namespace

std::optional<std::string> topic_prefix(const std::string& word) {
    if (word.empty() || word == "*") return "";
    std::string prefix = word;
    if (prefix.ends_with('*'))
        prefix.pop_back();
    else if (!prefix.ends_with('/'))
        prefix += '/';
    return topic_class(prefix) ? std::optional(prefix) : std::nullopt;
}

std::string common_prefix(const std::vector<std::string>& prefixes) {
    if (prefixes.empty()) return {};
    std::string common = prefixes.front();
    for (const std::string& each : prefixes) {
        const auto end = std::mismatch(common.begin(), common.end(), each.begin(), each.end()).first;
        common.erase(end, common.end());
    }
    return common;
}

Verb watch_verb() {
    return {
        .name = "watch",
        .purpose = "Show events as they come, until Ctrl-C",
        .usage = "[TOPIC...]",
        .settings = {since_setting("First what the journal has of"),
                     {.key = "count",
                      .kind = Kind::integer,
                      .default_text = "0",
                      .help = "End after so many events; 0: at Ctrl-C.",
                      .min = 0},
                     {.key = "output",
                      .default_text = "text",
                      .help = "A line an event: for people, or the JSON of the log (json and jsonl are the "
                              "same here).",
                      .choices = {"text", "json", "jsonl"},
                      .letter = 'o'}},
        .details = "TOPIC is a class (" + joined(class_names()) +
                   ")\nor one name of it: metrics/pi-1, or some: status/pi-*. Without any: everything.\n"
                   "Events that the network lost are fetched from the journal; what the journal lost is "
                   "said.\nCtrl-C ends it with exit code 130, --count and SIGTERM with 0.\n\n"
                   "Examples:\n"
                   "  pncp-cli watch status alert\n"
                   "  pncp-cli watch event/pi-1 --since 1d\n"
                   "  pncp-cli watch metrics/pi-1 -o jsonl --count 1"};
}

ExitCode run_watch(const Call& call) {
    std::vector<std::string> prefixes;
    for (const std::string& word : call.words) {
        const auto prefix = topic_prefix(word);
        if (!prefix) {
            const auto names = class_names();
            return usage_error(call, "watch",
                               escape_controls(word) + " is no topic" +
                                   did_you_mean(word.substr(0, word.find('/')), names) +
                                   "; topics begin with one of " + joined(names));
        }
        prefixes.push_back(*prefix);
    }
    if (prefixes.empty()) prefixes.emplace_back();
    const std::string& since = call.settings.text("since");
    const auto from = since_ns(since, call.world.wall_us());
    if (!from) return usage_error(call, "watch", not_a_since(since));
    const std::string common = common_prefix(prefixes);
    Printer printer(call, std::move(prefixes));
    auto opened = open_link(call);
    if (const auto* code = std::get_if<ExitCode>(&opened)) return *code;
    auto start = show_past(call, *std::get<0>(opened), common, *from, printer);
    if (const auto* code = std::get_if<ExitCode>(&start)) return *code;
    std::get<0>(opened).reset();
    return follow_feed(call, std::get<0>(start), printer);
}

}  // namespace pncp::cli
