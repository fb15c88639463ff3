#include "broker/webhook/webhook.hpp"

#include <algorithm>
#include <csignal>

#include "schema/codec.hpp"
#include "schema/program/clock.hpp"
#include "schema/program/log.hpp"

namespace pncp::webhook {

namespace {

constexpr std::uint64_t kSignalsTag = ~std::uint64_t{0};
constexpr std::uint64_t kHttpTag = kSignalsTag - 1;
constexpr std::int64_t kLongestWaitMs = 60'000;

SubscriberOptions subscriber_options(const WebhookConfig& config, const KeyFile& key) {
    SubscriberOptions options;
    options.key = key;
    options.control = config.control.empty() ? key.control : config.control;
    options.feed = config.feed.empty() ? key.feed : config.feed;
    options.durable = true;
    options.from_broker_cursor = true;
    return options;
}

std::uint64_t jitter_seed() {
    ByteArray<8> bytes{};
    random_bytes(bytes);
    return load_be<std::uint64_t>(bytes.data());
}

}  // namespace

Webhook::Webhook(const WebhookConfig& config, const KeyFile& key, Signals& signals)
    : signals_(signals),
      subscriber_(context_, poller_, subscriber_options(config, key)),
      courier_(jitter_seed()),
      http_(config.http),
      notifier_(Notifier::from_environment()),
      now_ms_(boottime_ms()),
      watchdog_ms_(watchdog_interval_ms()) {
    poller_.add_fd(signals_.fd(), kSignalsTag);
    poller_.add_fd(http_.fd(), kHttpTag);
}

void Webhook::run() {
    notifier_.ready();
    while (!stopping_) {
        step();
        if (stopping_) break;
        (void)poller_.wait(wait_ms());
        now_ms_ = boottime_ms();
    }
    notifier_.stopping();
    poller_.remove_fd(http_.fd());
    poller_.remove_fd(signals_.fd());
}

void Webhook::step() {
    while (const auto signal = signals_.next()) stopping_ = stopping_ || *signal != SIGHUP;
    if (const auto answer = http_.take()) courier_.answered(*answer, now_ms_);
    subscriber_.step(now_ms_, *this);
    if (const auto body = courier_.next(now_ms_)) (void)http_.post({influx::Request::Kind::write, *body});
    if (courier_.idle() && seen_ > advanced_) {
        advanced_ = seen_;
        subscriber_.advance(advanced_);
    }
    subscriber_.report(courier_.failing() ? "the webhook takes nothing; see its log" : "",
                       courier_.refused());
    for (const influx::Saying& saying : courier_.take_sayings()) log::write(saying.level, saying.text);
    tell_systemd();
}

bool Webhook::on_event(const FeedEvent& event) {
    if (!courier_.idle()) return false;
    seen_ = event.seq;
    if (event.event.kind != EventKind::alert) return true;
    if (const auto alert = decode<AlertBody>(event.event.body))
        (void)courier_.take(event.seq, alert_json(*alert, event.seq, event.event.time_ns));
    return true;
}

void Webhook::on_gap(const FeedGap& gap) {
    log::warning(log::cat("events ", gap.first, " to ", gap.last, " can't be had any more: ", gap.reason,
                          "; alerts among them were not posted"));
    seen_ = gap.resume.sequence;
}

void Webhook::on_journal(const Id16&) { seen_ = advanced_ = 0; }

void Webhook::on_state(const std::string& text) { log::info("broker: " + text); }

void Webhook::tell_systemd() {
    if (!watchdog_ms_ || now_ms_ < watchdog_at_ms_) return;
    notifier_.watchdog();
    watchdog_at_ms_ = now_ms_ + *watchdog_ms_;
    notifier_.status(log::cat(courier_.sent(), " alerts posted, ", courier_.refused(), " refused",
                              courier_.idle() ? "" : ", one waits"));
}

std::int64_t Webhook::wait_ms() const {
    std::int64_t at = std::min(subscriber_.wake_at_ms(), courier_.wake_at_ms());
    if (watchdog_ms_) at = std::min(at, watchdog_at_ms_);
    return std::clamp(at, now_ms_, now_ms_ + kLongestWaitMs) - now_ms_;
}

}  // namespace pncp::webhook
