#include "cli/alerts.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <utility>

#include "cli/journal_reader.hpp"
#include "cli/json_out.hpp"
#include "cli/since.hpp"
#include "schema/codec.hpp"

namespace pncp::cli {
namespace {

struct Alert {
    AlertBody body;             ///< as it began, when the journal still has that
    std::int64_t began_ns = 0;  ///< 0: before the events that were read
    std::int64_t ended_ns = 0;  ///< 0: it holds
};

/// Every alert of the journal's events, in the order in which they began.
class Alerts {
  public:
    void take(const FeedEvent& event) {
        auto body = decode<AlertBody>(event.event.body);
        if (event.event.kind != EventKind::alert || !body) return;
        const auto key = std::pair(body->rule, body->agent);
        const auto open = open_.find(key);
        if (body->active) {
            // Said again, by a broker that came back: the same one.
            if (open != open_.end()) return;
            open_[key] = alerts_.size();
            alerts_.push_back({std::move(*body), event.event.time_ns, 0});
        } else if (open != open_.end()) {
            alerts_[open->second].ended_ns = event.event.time_ns;
            open_.erase(open);
        } else {
            alerts_.push_back({std::move(*body), 0, event.event.time_ns});
        }
    }
    /// Those that hold, and those that ended at `since_ns` or later.
    [[nodiscard]] std::vector<Alert> since(std::int64_t since_ns) const {
        std::vector<Alert> wanted;
        std::copy_if(alerts_.begin(), alerts_.end(), std::back_inserter(wanted),
                     [&](const Alert& alert) { return alert.ended_ns == 0 || alert.ended_ns >= since_ns; });
        std::stable_partition(wanted.begin(), wanted.end(),
                              [](const Alert& alert) { return alert.ended_ns == 0; });
        return wanted;
    }

  private:
    std::vector<Alert> alerts_;
    std::map<std::pair<std::string, std::string>, std::size_t> open_;
};

std::string alerts_json(const std::vector<Alert>& alerts, JsonForm form) {
    std::vector<Json> rows;
    for (const Alert& alert : alerts)
        rows.push_back({{"rule", alert.body.rule},
                        {"agent", alert.body.agent},
                        {"active", alert.ended_ns == 0},
                        {"began", json_time(alert.began_ns / 1000)},
                        {"ended", json_time(alert.ended_ns / 1000)},
                        {"text", alert.body.text},
                        {"value", alert.body.value}});
    return listed("alerts", rows, form);
}

std::string alerts_text(const std::vector<Alert>& alerts, std::int64_t now_us, const Style& style) {
    std::vector<std::vector<std::string>> cells;
    for (const Alert& alert : alerts) {
        const bool active = alert.ended_ns == 0;
        const std::int64_t until_us = active ? now_us : alert.ended_ns / 1000;
        cells.push_back({active ? "active" : "over", alert.body.rule, alert.body.agent,
                         alert.began_ns == 0 ? "earlier" : utc_text(alert.began_ns / 1000),
                         alert.began_ns == 0 ? "-" : duration_text((until_us - alert.began_ns / 1000) / 1000),
                         alert.body.value.empty() ? "-" : alert.body.value, alert.body.text});
    }
    return table_text({"STATE", "RULE", "AGENT", "BEGAN", "FOR", "VALUE", "CONDITION"}, cells, style, {5, 6});
}

}  // namespace

Verb alerts_verb() {
    return {.name = "alerts",
            .purpose = "List the alerts: those that hold, and those that are over",
            .settings = {since_setting("Also those that ended since", "24h"),
                         {.key = "active", .kind = Kind::flag, .help = "Only those that hold."},
                         {.key = "output",
                          .default_text = "table",
                          .help = "For people, as one JSON document, or as one JSON object a line.",
                          .choices = {"table", "json", "jsonl"},
                          .letter = 'o'}},
            .max_positionals = 0,
            .details =
                "The rules are the broker's; see alerts in pncp-broker's configuration. To be told when\n"
                "one begins: pncp-cli watch alert\n\n"
                "Example:\n"
                "  pncp-cli alerts --since 7d"};
}

ExitCode run_alerts(const Call& call) {
    const std::string& since = call.settings.text("since");
    const std::int64_t now_us = call.world.wall_us();
    auto from = since_ns(since, now_us);
    if (!from) return usage_error(call, "alerts", not_a_since(since));
    if (call.settings.flag("active")) from = std::numeric_limits<std::int64_t>::max();
    auto opened = open_link(call);
    if (const auto* code = std::get_if<ExitCode>(&opened)) return *code;
    JournalReader journal(*std::get<0>(opened), call.settings.duration_ms("broker.timeout"));
    Alerts alerts;
    // All that the journal has: one that holds may have begun long ago. Alerts are few.
    auto end = journal.read("alert/", 0, [&](FeedEvent&& event) {
        alerts.take(event);
        return true;
    });
    if (const auto* failure = std::get_if<Failure>(&end)) return report(call, *failure);
    const auto wanted = alerts.since(*from);
    const std::string& form = call.settings.text("output");
    Console& console = call.world.console;
    if (form != "table") {
        console.out(alerts_json(wanted, form == "json" ? JsonForm::document : JsonForm::lines));
    } else {
        console.out(alerts_text(wanted, now_us, style_of(call)));
        if (wanted.empty()) console.err("no alert holds, and none ended in that time\n");
    }
    return ExitCode::ok;
}

}  // namespace pncp::cli
