#include "broker/influx_bridge/delivery.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace pncp::influx {

namespace {

/// Enough of a server's words for a log line; it may quote whole batches.
constexpr std::size_t kQuotedBytes = 300;

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

std::string quote(const Answer& answer) {
    std::string_view text = answer.text;
    while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
    std::string out;
    if (answer.status != 0) out = "answer " + std::to_string(answer.status) + (text.empty() ? "" : ": ");
    out += text.substr(0, kQuotedBytes);
    if (text.size() > kQuotedBytes) out += "...";
    return out;
}

/// A 400 that is about the request and not about its lines: no line is to blame, and none may be dropped for
/// it. Only the beginning counts: what follows quotes lines, so that a device could bring the whole bridge to
/// a halt by a refused point with such a word in it.
bool blames_request(std::string_view text) {
    constexpr std::string_view opening = R"({"error":")";
    if (!text.starts_with(opening)) return false;
    text.remove_prefix(opening.size());
    constexpr std::string_view errors[] = {"database is required", "gzip: ", "invalid consistency level",
                                           "invalid precision", "precision "};
    return std::any_of(std::begin(errors), std::end(errors),
                       [&](std::string_view error) { return text.starts_with(error); });
}

std::string duration_text(std::int64_t ms) {
    const std::int64_t s = ms / 1000;
    if (s < 1) return std::to_string(ms) + " ms";
    if (s < 120) return std::to_string(s) + " s";
    if (s < 7200) return std::to_string(s / 60) + " min " + std::to_string(s % 60) + " s";
    return std::to_string(s / 3600) + " h " + std::to_string(s / 60 % 60) + " min";
}

}  // namespace

Delivery::Delivery(DeliveryOptions options)
    : options_(std::move(options)),
      pause_ms_(options_.first_pause_ms),
      random_(static_cast<std::minstd_rand::result_type>(options_.seed)) {}

void Delivery::begin(Batch batch) {
    if (batch.lines.count() == 0) {
        done_ = std::move(batch);
        return;
    }
    todo_.push_back({0, batch.lines.count()});
    batch_ = std::move(batch);
}

std::optional<Request> Delivery::next(std::int64_t now_ms) {
    if (!batch_ || under_way_ || now_ms < retry_at_ms_) return std::nullopt;
    under_way_ = create_next_ ? Request::Kind::create_database : Request::Kind::write;
    if (create_next_) return Request{Request::Kind::create_database, {}};
    const Range range = todo_.back();
    return Request{Request::Kind::write, batch_->lines.range(range.first, range.last)};
}

std::int64_t Delivery::wake_at_ms() const {
    if (!batch_ || under_way_) return std::numeric_limits<std::int64_t>::max();
    return retry_at_ms_;
}

void Delivery::answered(const Answer& answer, std::int64_t now_ms) {
    const auto kind = std::exchange(under_way_, std::nullopt);
    if (!kind || !batch_) return;
    if (*kind == Request::Kind::create_database)
        answered_create(answer, now_ms);
    else
        answered_write(answer, now_ms);
}

void Delivery::answered_write(const Answer& answer, std::int64_t now_ms) {
    const Range range = todo_.back();
    switch (answer.status) {
        case 204:
            return stored(now_ms);
        case 400:
            if (blames_request(answer.text))
                return hold(Problem::wrong_request, "refuses the request itself", answer, now_ms);
            if (range.last - range.first > 1) return halve();
            return refused(quote(answer), now_ms);
        case 413:
            if (range.last - range.first > 1) return halve();
            return refused(quote(answer), now_ms);
        case 401:
        case 403:
            return hold(
                Problem::credentials,
                "does not let this bridge write: check influx.user and influx.password (or influx.token) and "
                "what they may do in " +
                    database_text(),
                answer, now_ms);
        case 404:
            return not_found(answer, now_ms);
        case 0:
            return no_answer(answer, now_ms);
        case 429:
            return hold(Problem::busy, "asks for a pause", answer, now_ms);
        default:
            break;
    }
    if (answer.status >= 500) return server_error(answer, now_ms);
    hold(Problem::not_influxdb, "answers as no InfluxDB does: check influx.host, influx.port and influx.tls",
         answer, now_ms);
}

void Delivery::no_answer(const Answer& answer, std::int64_t now_ms) {
    // These are libcurl's words and the TLS library's; a server has no say in them.
    if (contains(answer.text, "certificate"))
        return hold(
            Problem::untrusted,
            "shows a certificate that is not trusted for its name: name the issuer's in influx.ca_file",
            answer, now_ms);
    // A busy store may never be through with a large batch in time, however often it is asked; half of it may
    // do. Only what is at hand is cut: once something is stored, batches are as large as before.
    const Range range = todo_.back();
    if (contains(answer.text, "timed out") && range.last - range.first > 1) halve();
    hold(Problem::unreachable, "can't be reached", answer, now_ms);
}

void Delivery::server_error(const Answer& answer, std::int64_t now_ms) {
    if (contains(answer.text, "retention policy not found")) {
        const bool named = !options_.retention_policy.empty();
        return hold(
            Problem::no_retention_policy,
            "lacks the retention policy " +
                (named ? "\"" + options_.retention_policy + "\" of " + database_text() +
                             ": create it, or leave influx.retention_policy empty for the default"
                       : "that should be the default of " + database_text() + ": make one the default"),
            answer, now_ms);
    }
    if (contains(answer.text, "no space left"))
        return hold(Problem::disk_full,
                    "has a full disk (ALARM): make room, then restart influxd, which goes on refusing until "
                    "restarted "
                    "even when there is room again",
                    answer, now_ms);
    if (answer.status == 503) return hold(Problem::busy, "is too busy", answer, now_ms);
    hold(Problem::failing, "can't store points", answer, now_ms);
}

void Delivery::not_found(const Answer& answer, std::int64_t now_ms) {
    if (!contains(answer.text, "database not found"))
        return hold(Problem::not_influxdb, "has no /write: check influx.host and influx.port", answer,
                    now_ms);
    if (!options_.create_database)
        return hold(Problem::no_database,
                    "lacks the " + database_text() + ": create it, or set influx.create_database", answer,
                    now_ms);
    if (created_) return hold(Problem::no_database, "lost the " + database_text() + " again", answer, now_ms);
    create_next_ = true;
}

void Delivery::answered_create(const Answer& answer, std::int64_t now_ms) {
    create_next_ = false;
    // InfluxQL's errors may come with a 200.
    if (answer.status == 200 && !contains(answer.text, "\"error\"")) {
        created_ = true;
        say(log::Level::info, "created " + database_text() + " at " + options_.store);
        return;
    }
    if (answer.status == 0) return no_answer(answer, now_ms);
    hold(Problem::no_database,
         "lacks the " + database_text() + ", and this bridge may not create it: create it there", answer,
         now_ms);
}

void Delivery::halve() {
    const Range whole = todo_.back();
    const std::size_t middle = whole.first + (whole.last - whole.first) / 2;
    todo_.back() = {middle, whole.last};
    todo_.push_back({whole.first, middle});
}

void Delivery::stored(std::int64_t now_ms) {
    works_again(now_ms);
    created_ = false;
    figures_.lines_stored += todo_.back().last - todo_.back().first;
    done_with_range();
}

void Delivery::refused(std::string reason, std::int64_t now_ms) {
    works_again(now_ms);
    ++figures_.lines_refused;
    last_error_ = reason;
    refused_.push_back({std::move(reason), std::string(batch_->lines.line(todo_.back().first))});
    done_with_range();
}

void Delivery::done_with_range() {
    todo_.pop_back();
    if (!todo_.empty()) return;
    ++figures_.batches;
    if (!refused_.empty())
        say(log::Level::warning,
            options_.store + " refused " + std::to_string(refused_.size()) + " of " +
                std::to_string(batch_->lines.count()) +
                " points, which go to the dead-letter file; first reason: " + refused_.front().reason);
    dead_.insert(dead_.end(), std::make_move_iterator(refused_.begin()),
                 std::make_move_iterator(refused_.end()));
    refused_.clear();
    done_ = std::exchange(batch_, std::nullopt);
}

bool Delivery::passes_by_itself(Problem problem) {
    return problem == Problem::unreachable || problem == Problem::busy || problem == Problem::failing;
}

void Delivery::hold(Problem problem, std::string_view what, const Answer& answer, std::int64_t now_ms) {
    ++figures_.failures;
    last_error_ = quote(answer);
    if (problem_ == Problem::none) problem_since_ms_ = now_ms;
    const bool news = std::exchange(problem_, problem) != problem;
    if (news || now_ms - said_at_ms_ >= kRemindMs) {
        said_at_ms_ = now_ms;
        const std::string since = news ? "" : ", since " + duration_text(now_ms - problem_since_ms_);
        say(passes_by_itself(problem) ? log::Level::warning : log::Level::error,
            options_.store + " " + std::string(what) + since +
                "; everything is kept by the broker and tried again (" + last_error_ + ")");
    }
    // Between half the pause and the whole of it, so that bridges that lost one store don't come back as one.
    const std::int64_t half = std::max<std::int64_t>(1, pause_ms_ / 2);
    const std::int64_t pause = half + static_cast<std::int64_t>(random_()) % (half + 1);
    retry_at_ms_ = now_ms + std::max(pause, std::min(answer.retry_after_ms, options_.longest_pause_ms));
    pause_ms_ = std::min(options_.longest_pause_ms, pause_ms_ * 2);
}

void Delivery::works_again(std::int64_t now_ms) {
    pause_ms_ = options_.first_pause_ms;
    if (std::exchange(problem_, Problem::none) == Problem::none) return;
    say(log::Level::info,
        options_.store + " takes points again after " + duration_text(now_ms - problem_since_ms_));
}

std::optional<Batch> Delivery::take_done() { return std::exchange(done_, std::nullopt); }
std::vector<DeadLetter> Delivery::take_dead() { return std::exchange(dead_, {}); }
std::vector<Saying> Delivery::take_sayings() { return std::exchange(sayings_, {}); }

}  // namespace pncp::influx
