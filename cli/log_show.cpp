// pncp-cli log show: messages of a log, chosen and readable.
#include <algorithm>
#include <array>
#include <cctype>
#include <ctime>

#include "broker/log_writer/log_follower.hpp"
#include "broker/log_writer/log_reader.hpp"
#include "broker/log_writer/log_set.hpp"
#include "cli/log_line_text.hpp"
#include "cli/log_verb.hpp"
#include "cli/since.hpp"
#include "schema/event.hpp"
#include "schema/program/escape.hpp"
#include "schema/program/suggest.hpp"

namespace pncp::cli {

namespace {

/// How often a followed file is looked at: at once for a person, and 5 calls a second for the machine.
constexpr long kPollNs = 200'000'000;

std::string upper(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char letter) { return static_cast<char>(std::toupper(letter)); });
    return text;
}

/// Every `type` that a line can have.
std::vector<std::string> line_types() {
    std::vector<std::string> types{"FEED_GAP"};
    for (std::uint8_t i = 1; i <= static_cast<std::uint8_t>(kLastEventKind); ++i)
        types.emplace_back(event_kind_name(static_cast<EventKind>(i)));
    std::sort(types.begin(), types.end());
    return types;
}

/// The first of the wanted types that no line has.
std::optional<std::string> unknown_type(const Call& call) {
    const auto known = line_types();
    for (const std::string& type : call.settings.list("type"))
        if (!std::binary_search(known.begin(), known.end(), upper(type))) return type;
    return std::nullopt;
}

class Show {
  public:
    Show(const Call& call, std::int64_t since) : call_(call), since_ns_(since), style_(style_of(call)) {
        json_ = call.settings.text("output") == "json";
        agents_ = call.settings.list("agent");
        for (const std::string& type : call.settings.list("type")) types_.push_back(upper(type));
    }

    void line(std::string_view line) {
        const auto record = log_writer::read_record(line);
        if (!record || !record->intact) ++damaged_;
        if (!record || record->header || !wanted(*record, line)) return;
        if (json_) {
            // The log writer leaves nothing in a line that could steer a terminal, somebody else may.
            call_.world.console.out(style_.neutralise ? escape_controls(line) : std::string(line));
            call_.world.console.out("\n");
        } else {
            call_.world.console.out(log_line_text(line, style_));
        }
    }
    [[nodiscard]] Status file(const std::string& path) {
        auto reader = log_writer::LogReader::open(path);
        if (!reader.ok()) return reader.error();
        auto next = reader->next();
        for (; next.ok() && *next && !call_.world.console.failed(); next = reader->next()) line(**next);
        return next.ok() ? Status(Done{}) : Status(next.error());
    }
    [[nodiscard]] Status follow(const std::string& path) {
        log_writer::LogFollower follower(path);
        while (!call_.world.console.failed()) {
            const auto lines = follower.poll();
            if (!lines.ok()) return lines.error();
            for (const std::string& each : *lines) line(each);
            const timespec pause{0, kPollNs};
            if (lines->empty()) (void)::nanosleep(&pause, nullptr);
        }
        return Done{};
    }
    [[nodiscard]] std::uint64_t damaged() const { return damaged_; }

  private:
    [[nodiscard]] bool wanted(const log_writer::Record& record, std::string_view line) const {
        if (record.time_ns < since_ns_) return false;
        if (!types_.empty() && std::find(types_.begin(), types_.end(), record.type) == types_.end())
            return false;
        return agents_.empty() || std::any_of(agents_.begin(), agents_.end(), [&](const std::string& agent) {
                   // An id needs no escaping in JSON, and content comes later in the line.
                   const std::size_t at = line.find(",\"agent\":\"");
                   return at != std::string_view::npos && line.substr(at + 10).starts_with(agent + "\"");
               });
    }

    const Call& call_;
    std::int64_t since_ns_;
    Style style_;
    bool json_ = false;
    std::vector<std::string> agents_;
    std::vector<std::string> types_;
    std::uint64_t damaged_ = 0;
};

}  // namespace

ExitCode run_log_show(const Call& call, const std::vector<std::string>& files) {
    const std::string& since = call.settings.text("since");
    const auto from = since_ns(since, call.world.wall_us());
    if (!from) return usage_error(call, "log", not_a_since(since));
    if (const auto unknown = unknown_type(call)) {
        const auto known = line_types();
        return usage_error(call, "log",
                           "no message is of the type " + escape_controls(*unknown) +
                               did_you_mean(upper(*unknown), known) + "; there are " + joined(known));
    }
    const bool follow = call.settings.flag("follow");
    std::vector<std::string> wanted;
    if (follow && files.empty() && since.empty()) {
        // As tail does: what comes from now on, and the file as it stands.
        const auto live = live_log(call);
        if (!live.ok()) return report(call, ExitCode::configuration, live.error());
        wanted = {*live};
    } else {
        auto chosen = log_files(call, files);
        if (const auto* code = std::get_if<ExitCode>(&chosen)) return *code;
        wanted = std::move(std::get<0>(chosen));
    }
    if (follow && log_writer::named_as_old(wanted.back()))
        return usage_error(call, "log", wanted.back() + " is an old file, which does not grow");
    Show show(call, *from);
    for (const std::string& path : wanted) {
        const bool last = path == wanted.back();
        const Status shown = follow && last ? show.follow(path) : show.file(path);
        if (!shown.ok()) return report(call, ExitCode::unavailable, shown.error());
    }
    if (show.damaged() > 0)
        call.world.console.err("pncp-cli: " + std::to_string(show.damaged()) +
                               " lines are damaged; see pncp-cli log verify\n");
    return ExitCode::ok;
}

}  // namespace pncp::cli
