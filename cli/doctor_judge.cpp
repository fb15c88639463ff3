// What the broker's answers mean for doctor. Pure.
#include <algorithm>
#include <charconv>
#include <map>

#include "cli/doctor.hpp"
#include "cli/render_lists.hpp"
#include "schema/program/escape.hpp"
#include "schema/program/version.hpp"

namespace pncp::cli {
namespace {

constexpr std::int64_t kMillion = 1'000'000;
/// Two people comparing logs notice this much; nothing in PNCP breaks by it, since no clock decides about
/// access.
constexpr std::int64_t kClockNoteUs = 2 * kMillion;
constexpr std::int64_t kClockBadUs = 60 * kMillion;
/// A durable consumer moves its cursor at least every few seconds.
constexpr std::int64_t kSilentS = 60;
/// Agents send about ten events a minute each: 1,000 of them, away for ten minutes.
constexpr std::int64_t kLagNote = 100'000;
constexpr std::size_t kNamed = 5;
/// Their names as consumers, and as subscribers.
constexpr std::string_view kBridge = "influx-bridge";
constexpr std::string_view kLogWriter = "log-writer";

using Rows = std::map<std::string, std::string, std::less<>>;

const std::string& value(const Rows& rows, std::string_view name) {
    static const std::string kNone;
    const auto at = rows.find(name);
    return at == rows.end() ? kNone : at->second;
}

std::int64_t number_of(const Rows& rows, std::string_view name) {
    const std::string& text = value(rows, name);
    std::int64_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

void judge_version(const Rows& rows, Findings& into) {
    const std::string& version = value(rows, "broker.version");
    if (version == kVersion) {
        into.push_back({Health::good, "version", "broker and this program are " + version});
        return;
    }
    into.push_back({Health::note, "version",
                    "the broker is " + (version.empty() ? "older" : escape_controls(version)) +
                        ", this program is " + std::string(kVersion),
                    "upgrade the older one; the broker first, then agents, then this"});
}

void judge_clock(const Rows& rows, std::int64_t asked_us, std::int64_t answered_us, Findings& into) {
    const std::int64_t theirs_us = number_of(rows, "broker.now_us");
    if (theirs_us == 0) return;
    const std::int64_t off_us = theirs_us - (asked_us + (answered_us - asked_us) / 2);
    const std::int64_t size_us = off_us < 0 ? -off_us : off_us;
    const std::int64_t round_trip_us = answered_us - asked_us;
    if (size_us <= kClockNoteUs + round_trip_us) {
        into.push_back({Health::good, "clock",
                        "this machine and the broker agree within " +
                            duration_text(std::max<std::int64_t>(size_us / 1000, 1))});
        return;
    }
    into.push_back({size_us > kClockBadUs ? Health::bad : Health::note, "clock",
                    "the broker's clock is " + duration_text(size_us / 1000) +
                        (off_us < 0 ? " behind" : " ahead of") +
                        " this machine's: times of events and --since are off by that, access is not",
                    "on the one that is wrong: sudo timedatectl set-ntp true"});
}

/// One finding a line of what `status` warns about.
void judge_journal(const std::vector<StatusRow>& rows, Findings& into) {
    std::string_view concerns;
    const std::string text = status_concerns(rows);
    for (concerns = text; !concerns.empty();) {
        const auto end = concerns.find('\n');
        const std::string_view line = concerns.substr(0, end);
        const auto colon = line.find(": ");
        into.push_back(
            {Health::bad, "journal", std::string(line.substr(0, colon)),
             colon == std::string_view::npos ? "see: pncp-cli status" : std::string(line.substr(colon + 2))});
        concerns = end == std::string_view::npos ? std::string_view{} : concerns.substr(end + 1);
    }
    if (text.empty()) into.push_back({Health::good, "journal", "takes events, nothing unread was deleted"});
}

void judge_queues(const Rows& rows, Findings& into) {
    if (const auto gaps = number_of(rows, "gaps"); gaps > 0) {
        std::string reasons;
        for (const auto& [name, count] : rows) {
            if (!name.starts_with("gaps.")) continue;
            reasons += (reasons.empty() ? "" : ", ") + escape_controls(name.substr(5)) + " " +
                       escape_controls(count);
        }
        into.push_back(
            {Health::note, "drops", std::to_string(gaps) + " GAPs since the broker started: " + reasons,
             "pncp-cli log show --type GAP says which device and which rows; a larger spool.bytes keeps "
             "more"});
    } else {
        into.push_back({Health::good, "drops", "nothing was dropped since the broker started"});
    }
    if (const auto spooled = number_of(rows, "agents.spooled_rows"); spooled > 0)
        into.push_back({Health::note, "queues", std::to_string(spooled) + " rows wait on the devices",
                        "they come by themselves; if the number grows, see the journal and the network"});
    const auto refused = number_of(rows, "refused");
    if (refused == 0) return;
    std::string reasons;
    for (const auto& [name, count] : rows) {
        if (!name.starts_with("refused.") || count == "0") continue;
        reasons +=
            (reasons.empty() ? "" : ", ") + escape_controls(name.substr(8)) + " " + escape_controls(count);
    }
    into.push_back({Health::note, "refusals", std::to_string(refused) + " frames were refused: " + reasons,
                    "pncp-cli log show --type SECURITY says whose; PROTOCOL.md explains each reason"});
}

void judge_consumer(const Rows& rows, const std::string& name, const std::string& program,
                    const std::string& what, Findings& into) {
    if (!rows.contains("cursor." + name)) {
        into.push_back({Health::note, what, program + " has never asked this broker for anything",
                        "if you want it: systemctl enable --now " + program});
        return;
    }
    const std::int64_t silent_s = number_of(rows, "silent_s." + name);
    const std::int64_t lag = number_of(rows, "lag." + name);
    const std::string lags = std::to_string(lag) + " events behind";
    if (silent_s > kSilentS) {
        into.push_back({Health::bad, what,
                        program + " was last heard of " + duration_text(silent_s * 1000) + " ago, " + lags,
                        "see: systemctl status " + program + ", and journalctl -u " + program + " -n 20"});
        return;
    }
    into.push_back({lag > kLagNote ? Health::note : Health::good, what, program + " follows, " + lags,
                    lag > kLagNote ? "it catches up by itself unless its store refuses: journalctl -u " +
                                         program + " -n 20"
                                   : ""});
}

/// Durable subscribers that are none of ours: what one that is away keeps from being deleted costs room.
void judge_others(const Rows& rows, Findings& into) {
    constexpr std::string_view kSilent = "silent_s.";
    for (auto at = rows.lower_bound(kSilent); at != rows.end() && at->first.starts_with(kSilent); ++at) {
        const std::string name = at->first.substr(kSilent.size());
        if (name == kBridge || name == kLogWriter || number_of(rows, at->first) <= kSilentS) continue;
        into.push_back(
            {Health::note, "subscriber",
             escape_controls(name) + " was last heard of " +
                 duration_text(number_of(rows, at->first) * 1000) + " ago, " +
                 escape_controls(value(rows, "lag." + name)) + " events behind",
             "start it; what it has not read is kept until journal.forget_consumer or journal.max_size"});
    }
}

/// "pi-1, pi-2 and 3 more".
std::string some_of(const std::vector<std::string>& names) {
    const std::size_t shown = std::min(names.size(), kNamed);
    std::string text = joined({names.begin(), names.begin() + static_cast<std::ptrdiff_t>(shown)});
    if (names.size() > shown) text += " and " + std::to_string(names.size() - shown) + " more";
    return text;
}

std::string count_of(const std::vector<std::string>& names, std::string_view what) {
    return std::to_string(names.size()) + (names.size() == 1 ? " agent " : " agents ") + std::string(what) +
           ": " + some_of(names);
}

}  // namespace

void judge_status(const std::vector<StatusRow>& rows, std::int64_t asked_us, std::int64_t answered_us,
                  Findings& into) {
    Rows named;
    for (const StatusRow& row : rows) named[row.name] = row.value;
    judge_version(named, into);
    judge_clock(named, asked_us, answered_us, into);
    judge_journal(rows, into);
    judge_queues(named, into);
    judge_consumer(named, std::string(kBridge), "pncp-influx-bridge", "InfluxDB", into);
    judge_consumer(named, std::string(kLogWriter), "pncp-log-writer", "log", into);
    judge_others(named, into);
}

void judge_agents(const std::vector<AgentRow>& rows, const std::string& broker_version, Findings& into) {
    std::vector<std::string> away, never, other, unset, off, low;
    for (const AgentRow& row : rows) {
        if (row.state == "never") {
            never.push_back(row.id);
            continue;
        }
        if (row.state != "online")
            away.push_back(row.id + (row.reason.empty() ? "" : " (" + row.reason + ")"));
        if (!broker_version.empty() && row.version != broker_version)
            other.push_back(row.id + " (" + row.version + ")");
        if (!row.clock_synced) unset.push_back(row.id);
        if (row.clock_offset_us > kClockBadUs || row.clock_offset_us < -kClockBadUs)
            off.push_back(row.id + " (" + clock_offset_text(row.clock_offset_us, true) + ")");
        for (const std::string& fact : row.facts) {
            if (fact.starts_with("throttled=")) low.push_back(row.id + " (" + fact.substr(10) + ")");
        }
    }
    const auto note = [&](const std::vector<std::string>& names, std::string_view what,
                          std::string_view subject, std::string fix) {
        if (!names.empty())
            into.push_back({Health::note, std::string(subject), count_of(names, what), std::move(fix)});
    };
    if (away.empty())
        into.push_back({Health::good, "agents",
                        std::to_string(rows.size() - never.size()) + " online" +
                            (rows.empty() ? "; enrol one with: pncp-cli enroll NAME" : "")});
    note(away, "not online", "agents",
         "is the device on, and its network? There: systemctl status pncp-agent");
    note(never, "enrolled, but never seen", "agents",
         "run what `pncp-cli enroll NAME --again` prints on the device, or: pncp-cli key revoke NAME");
    note(other, "of another version", "version",
         "upgrade them when it suits; versions may differ for a while");
    note(off, "with a clock that is far off", "clock", "there: sudo timedatectl set-ntp true");
    note(unset, "whose clock nothing keeps right", "clock", "there: sudo timedatectl set-ntp true");
    note(low, "throttled", "power", "a better power supply or cable; more cooling");
}

void judge_keys(const std::vector<KeyRow>& rows, Findings& into) {
    std::vector<std::string> waiting;
    for (const KeyRow& row : rows) {
        if (row.previous != 0 && !row.revoked) waiting.push_back(row.id);
    }
    if (waiting.empty()) return;
    into.push_back({Health::note, "keys", "not come over to their next key: " + some_of(waiting),
                    "agents do it when they connect; to others carry the file of pncp-cli key rotate"});
}

std::string render_findings(const Findings& findings, const Style& style) {
    std::size_t widest = 0;
    for (const Finding& each : findings) widest = std::max(widest, each.subject.size());
    std::string text;
    for (const Finding& each : findings) {
        const auto [word, colour] = each.health == Health::good   ? std::pair{"good", Colour::green}
                                    : each.health == Health::note ? std::pair{"note", Colour::yellow}
                                                                  : std::pair{"BAD ", Colour::red};
        text += coloured(style, colour, word) + "  " + each.subject +
                std::string(widest - each.subject.size() + 2, ' ') + escape_controls(each.text) + "\n";
        if (!each.fix.empty())
            text += std::string(widest + 8, ' ') + "-> " + escape_controls(each.fix) + "\n";
    }
    return text;
}

}  // namespace pncp::cli
