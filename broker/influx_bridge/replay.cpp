#include "broker/influx_bridge/replay.hpp"

#include <algorithm>
#include <charconv>

#include "broker/log_writer/log_reader.hpp"
#include "broker/log_writer/log_record.hpp"
#include "broker/log_writer/logged_event.hpp"
#include "schema/program/clock.hpp"
#include "schema/program/log.hpp"

namespace pncp::influx {

namespace {
constexpr std::uint64_t kSignalsTag = 1;
constexpr std::uint64_t kHttpTag = 2;
constexpr std::int64_t kLongestWaitMs = 1'000;
/// Refused points are shown up to this many; the rest is counted.
constexpr std::uint64_t kRefusedShown = 20;
}  // namespace

Result<HttpOptions> parse_store_url(std::string_view url) {
    const Error wrong{"\"" + std::string(url) + "\" is no address of a store",
                      "write it as http://HOST:PORT/DATABASE"};
    HttpOptions http;
    http.tls = url.starts_with("https://");
    if (!http.tls && !url.starts_with("http://")) return wrong;
    url.remove_prefix(http.tls ? 8 : 7);
    const std::size_t slash = std::min(url.find('/'), url.size());
    std::string_view place = url.substr(0, slash);
    if (place.find('@') != std::string_view::npos)
        return Error{"user and password don't belong in the address: everybody here can read command lines",
                     "set PNCP_INFLUX_USER and PNCP_INFLUX_PASSWORD"};
    if (slash + 1 < url.size()) http.database = url.substr(slash + 1);
    if (http.database.find_first_of("/?#&") != std::string::npos) return wrong;
    const std::size_t colon = place.rfind(':');
    const std::size_t bracket = place.rfind(']');
    if (colon != std::string_view::npos && (bracket == std::string_view::npos || bracket < colon)) {
        const std::string_view digits = place.substr(colon + 1);
        const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), http.port);
        if (error != std::errc() || stop != digits.data() + digits.size() || http.port == 0) return wrong;
        place = place.substr(0, colon);
    }
    if (place.empty()) return wrong;
    http.host = place;
    return http;
}

Replay::Replay(const HttpOptions& http, const PipelineOptions& options, Signals& signals)
    : signals_(signals), pipeline_(options, Mark{}), http_(http), progress_ms_(boottime_ms()) {
    poller_.add_fd(signals_.fd(), kSignalsTag);
    poller_.add_fd(http_.fd(), kHttpTag);
}

Replay::~Replay() {
    poller_.remove_fd(http_.fd());
    poller_.remove_fd(signals_.fd());
}

Status Replay::run(const std::vector<std::string>& files) {
    for (const std::string& path : files)
        if (const Status done = file(path); !done.ok()) return done;
    pipeline_.hurry();
    while (!pipeline_.drained())
        if (const Status done = turn(); !done.ok()) return done;
    return Done{};
}

Status Replay::file(const std::string& path) {
    auto reader = log_writer::LogReader::open(path);
    if (!reader.ok()) return reader.error();
    auto next = reader->next();
    for (; next.ok() && *next; next = reader->next())
        if (const Status done = line(**next); !done.ok()) return done;
    return next.ok() ? Status(Done{}) : Status(next.error());
}

Status Replay::line(std::string_view text) {
    const auto record = log_writer::read_record(text);
    if (!record || !record->intact) {
        if (++figures_.altered <= kRefusedShown)
            log::warning(
                "a line is not as the log writer wrote it, and is passed over: see pncp-cli log verify");
        return Done{};
    }
    const auto logged = log_writer::read_event(text);
    if (!logged) {
        // What the log writer itself missed is not the store's to know: its bridge may have had it.
        if (!record->header) ++figures_.gaps;
        return Done{};
    }
    pipeline_.on_journal(logged->journal);
    ++figures_.events;
    while (!pipeline_.on_event(logged->event.seq, logged->event.event, boottime_ms()))
        if (const Status done = turn(); !done.ok()) return done;
    return Done{};
}

Status Replay::turn() {
    const std::int64_t now_ms = boottime_ms();
    if (signals_.next()) return Error{"stopped by a signal; what is stored already stays", "start it again"};
    if (auto answer = http_.take()) pipeline_.answered(*answer, now_ms);
    if (const auto request = pipeline_.next(now_ms)) (void)http_.post(*request);
    for (const Saying& saying : pipeline_.take_sayings()) log::write(saying.level, saying.text);
    for (const DeadLetter& dead : pipeline_.take_dead())
        if (++figures_.refused <= kRefusedShown)
            log::warning(log::cat("not stored: ", dead.reason, ": ", dead.line));
    const std::uint64_t stored = pipeline_.delivery().figures().lines_stored;
    if (stored != stored_ || pipeline_.delivery().idle()) progress_ms_ = now_ms;
    stored_ = stored;
    if (now_ms - progress_ms_ > kPatienceMs)
        return Error{"the store takes nothing: " + pipeline_.delivery().last_error(), "start it again later"};
    const std::int64_t wake_ms = std::clamp(pipeline_.wake_at_ms(), now_ms, now_ms + kLongestWaitMs);
    (void)poller_.wait(wake_ms - now_ms);
    return Done{};
}

ReplayFigures Replay::figures() const {
    ReplayFigures figures = figures_;
    figures.stored = pipeline_.delivery().figures().lines_stored;
    return figures;
}

}  // namespace pncp::influx
