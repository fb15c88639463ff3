#include "broker/webhook/courier.hpp"

#include <algorithm>
#include <ctime>
#include <limits>
#include <nlohmann/json.hpp>

namespace pncp::webhook {

namespace {

/// What of an answer is shown.
constexpr std::size_t kShownBytes = 200;

/// RFC 3339, UTC, whole seconds.
std::string time_text(std::int64_t time_ns) {
    const std::time_t seconds = time_ns / 1'000'000'000;
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    char text[32];
    return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

bool passes(int status) {
    return status == 0 || status == 408 || status == 425 || status == 429 || status >= 500;
}

}  // namespace

std::string alert_json(const AlertBody& alert, std::uint64_t seq, std::int64_t time_ns) {
    const nlohmann::ordered_json json = {
        {"text", alert.rule + (alert.active ? ": " : " is over: ") + alert.agent + ": " + alert.value + " (" +
                     alert.text + ")"},
        {"rule", alert.rule},
        {"agent", alert.agent},
        {"active", alert.active},
        {"when", alert.text},
        {"value", alert.value},
        {"time", time_text(time_ns)},
        {"sequence", seq}};
    return json.dump(-1, ' ', true, nlohmann::ordered_json::error_handler_t::replace);
}

bool Courier::take(std::uint64_t seq, std::string body) {
    if (!idle()) return false;
    body_ = std::move(body);
    seq_ = seq;
    posted_ = false;
    post_at_ms_ = 0;
    return true;
}

std::optional<std::string_view> Courier::next(std::int64_t now_ms) {
    if (idle() || posted_ || now_ms < post_at_ms_) return std::nullopt;
    posted_ = true;
    return body_;
}

std::int64_t Courier::wake_at_ms() const {
    return idle() || posted_ ? std::numeric_limits<std::int64_t>::max() : post_at_ms_;
}

void Courier::answered(const influx::Answer& answer, std::int64_t now_ms) {
    posted_ = false;
    const std::string said = answer.text.substr(0, kShownBytes);
    const std::string what = answer.status == 0 ? said : std::to_string(answer.status) + " " + said;
    if (answer.status >= 200 && answer.status < 300) {
        if (std::exchange(pause_ms_, 0) > 0) say(log::Level::info, "the receiver takes alerts again");
        ++sent_;
        body_.clear();
        return;
    }
    if (!passes(answer.status)) {
        ++refused_;
        say(log::Level::error,
            "the receiver refused the alert of event " + std::to_string(seq_) + ", it is left out: " + what);
        body_.clear();
        return;
    }
    if (pause_ms_ == 0)
        say(log::Level::warning, "the receiver does not take alerts, they wait and are sent again: " + what);
    pause_ms_ = std::clamp(pause_ms_ * 2, kFirstPauseMs, kLongestPauseMs);
    const std::int64_t jitter_ms = static_cast<std::int64_t>(random_() % 256) * pause_ms_ / 1'024;
    post_at_ms_ = now_ms + std::max(pause_ms_ + jitter_ms, answer.retry_after_ms);
}

}  // namespace pncp::webhook
