#include "broker/log_writer/anchor_clock.hpp"

#include <algorithm>
#include <limits>

namespace pncp::log_writer {

bool counts_for_anchor(const Event& event, std::string_view consumer) {
    if (event.kind == EventKind::anchor) return false;
    const bool handshake =
        event.kind == EventKind::hello || event.kind == EventKind::ready || event.kind == EventKind::bye;
    return !handshake || event.topic != make_topic(EventClass::status, consumer);
}

void AnchorClock::on_line(std::int64_t now_ms) {
    if (lines_ + waiting_ == 0) oldest_ms_ = now_ms;
    ++waiting_;
}

void AnchorClock::on_synced(const ChainState& chain) {
    durable_ = chain;
    lines_ += waiting_;
    waiting_ = 0;
}

std::optional<AnchorRequest> AnchorClock::next(std::int64_t now_ms) {
    if (asked_ || now_ms < wake_at_ms()) return std::nullopt;
    return ask(now_ms);
}

std::optional<AnchorRequest> AnchorClock::last(std::int64_t now_ms) {
    if (asked_ || lines_ == 0 || now_ms < retry_at_ms_) return std::nullopt;
    return ask(now_ms);
}

AnchorRequest AnchorClock::ask(std::int64_t now_ms) {
    asked_ = lines_;
    // What comes from now on is a minute old a minute from now.
    oldest_ms_ = now_ms;
    return AnchorRequest{durable_.cursor.journal, durable_.cursor.sequence, durable_.hash};
}

void AnchorClock::answered(bool anchored, std::int64_t now_ms) {
    if (!asked_) return;
    if (anchored) {
        lines_ -= std::min(lines_, *asked_);
    } else {
        retry_at_ms_ = now_ms + kRetryMs;
        oldest_ms_ = now_ms - kAgeMs;
    }
    asked_.reset();
}

std::int64_t AnchorClock::wake_at_ms() const {
    if (asked_ || lines_ == 0) return std::numeric_limits<std::int64_t>::max();
    if (lines_ >= kLines) return retry_at_ms_;
    return std::max(oldest_ms_ + kAgeMs, retry_at_ms_);
}

}  // namespace pncp::log_writer
