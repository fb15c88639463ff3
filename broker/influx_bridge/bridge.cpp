#include "broker/influx_bridge/bridge.hpp"

#include <algorithm>
#include <csignal>
#include <iterator>
#include <utility>

#include "broker/influx_bridge/cursor_file.hpp"
#include "schema/program/clock.hpp"
#include "schema/program/log.hpp"

namespace pncp::influx {

namespace {

/// The cursor file costs a sync of the disk, perhaps an SD card. What it lags behind is written again after a
/// kill.
constexpr std::int64_t kSaveEveryMs = 2'000;
/// A file that can't be written is tried again after this long.
constexpr std::int64_t kFileRetryMs = 5'000;
/// Dead letters are said once a minute, with their number: a device can send one bad point after the other.
constexpr std::int64_t kDeadSayMs = 60'000;
/// SIGTERM: how long what is at hand may take to be stored. systemd waits 90 s; the broker keeps the rest
/// anyhow.
constexpr std::int64_t kStopMs = 5'000;

constexpr std::uint64_t kSignalsTag = ~std::uint64_t{0};
constexpr std::uint64_t kHttpTag = kSignalsTag - 1;

SubscriberOptions subscriber_options(const BridgeConfig& config, const KeyFile& key, const Mark& start) {
    SubscriberOptions options;
    options.key = key;
    options.control = config.control.empty() ? key.control : config.control;
    options.feed = config.feed.empty() ? key.feed : config.feed;
    options.durable = true;
    options.start = {start.journal, start.resume};
    return options;
}

}  // namespace

Bridge::Bridge(const BridgeConfig& config, const KeyFile& key, const Mark& start, Signals& signals)
    : config_(config),
      signals_(signals),
      pipeline_(config.pipeline, start),
      dead_letters_(config.dead_letter_file),
      tags_file_(config.tags_file),
      subscriber_(context_, poller_, subscriber_options(config, key, start)),
      http_(config.http),
      notifier_(Notifier::from_environment()),
      journal_(start.journal),
      now_ms_(boottime_ms()),
      dead_every_(kDeadSayMs),
      watchdog_ms_(watchdog_interval_ms()) {
    poller_.add_fd(signals_.fd(), kSignalsTag);
    poller_.add_fd(http_.fd(), kHttpTag);
}

Status Bridge::load_tags() {
    auto tags = tags_file_.load();
    if (!tags) return tags.error();
    pipeline_.restore_tags(tags->journal, std::move(tags->entries));
    return Done{};
}

void Bridge::run() {
    notifier_.ready();
    // Until the first points are stored and the cursor moves.
    notifier_.status("nothing stored since the start");
    while (true) {
        step();
        if (finished()) break;
        (void)poller_.wait(wait_ms());
        now_ms_ = boottime_ms();
    }
    notifier_.stopping();
    save_at_ms_ = now_ms_;
    save_mark();
    subscriber_.step(now_ms_, *this);  // tells the broker, if it listens
    poller_.remove_fd(http_.fd());
    poller_.remove_fd(signals_.fd());
}

void Bridge::step() {
    take_signals();
    if (auto answer = http_.take()) pipeline_.answered(*answer, now_ms_);
    subscriber_.step(now_ms_, *this);
    if (dead_.empty())
        if (const auto request = pipeline_.next(now_ms_)) (void)http_.post(*request);
    write_dead_letters();
    const Delivery& delivery = pipeline_.delivery();
    subscriber_.report(dead_said_        ? "the dead-letter file can't be written"
                       : delivery.held() ? delivery.last_error()
                                         : std::string(),
                       delivery.figures().lines_refused);
    if (dead_.empty())
        if (auto mark = pipeline_.take_mark()) mark_ = mark;
    save_mark();
    say_all();
    tell_systemd();
}

void Bridge::take_signals() {
    while (const auto signal = signals_.next()) {
        if (*signal == SIGHUP || stop_by_ms_) continue;
        log::info("stopping: what is at hand is stored first");
        stop_by_ms_ = now_ms_ + kStopMs;
        pipeline_.hurry();
    }
}

bool Bridge::finished() const {
    if (!stop_by_ms_) return false;
    return (pipeline_.drained() && dead_.empty()) || pipeline_.delivery().held() || now_ms_ >= *stop_by_ms_;
}

bool Bridge::on_event(const FeedEvent& event) {
    return !stop_by_ms_ && dead_.empty() && pipeline_.on_event(event.seq, event.event, now_ms_);
}

void Bridge::on_gap(const FeedGap& gap) {
    log::warning(log::cat("events ", gap.first, " to ", gap.last, " can't be had any more: ", gap.reason,
                          "; stored as a gap in measurement pncp"));
    pipeline_.on_gap(gap, now_ms_, wall_us());
}

void Bridge::on_journal(const Id16& journal) {
    journal_ = journal;
    pipeline_.on_journal(journal);
}

void Bridge::on_state(const std::string& text) { log::info("broker: " + text); }

void Bridge::write_dead_letters() {
    auto more = pipeline_.take_dead();
    dead_.insert(dead_.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
    if (dead_.empty() || now_ms_ < dead_retry_at_ms_) return;
    if (const Status written = dead_letters_.append(dead_, wall_us()); !written) {
        if (!std::exchange(dead_said_, true)) log::error(written.error().text());
        dead_retry_at_ms_ = now_ms_ + kFileRetryMs;
        return;
    }
    dead_unsaid_ += dead_.size();
    if (dead_every_.allow(now_ms_))
        log::warning(log::cat(std::exchange(dead_unsaid_, 0), " entries more in the dead-letter file ",
                              dead_letters_.path(), ", the last: ", dead_.back().reason));
    if (std::exchange(dead_said_, false)) log::info("the dead-letter file can be written again");
    dead_.clear();
}

void Bridge::save_mark() {
    if (!mark_ || now_ms_ < save_at_ms_) return;
    save_at_ms_ = now_ms_ + kSaveEveryMs;
    if (const Status saved = save_files(); !saved) {
        if (!std::exchange(save_said_, true))
            log::error(saved.error().text() + "; points are stored meanwhile, the broker keeps them too");
        save_at_ms_ = now_ms_ + kFileRetryMs;
        return;
    }
    if (std::exchange(save_said_, false)) log::info("the cursor can be saved again");
    if (mark_->journal == journal_) subscriber_.advance(mark_->resume);
    mark_.reset();
    const std::uint64_t head = subscriber_.head();
    const DeliveryFigures& figures = pipeline_.delivery().figures();
    notifier_.status(log::cat(figures.lines_stored, " points stored, ", figures.lines_refused, " refused, ",
                              head - std::min(head, pipeline_.position()), " events behind"));
}

Status Bridge::save_files() {
    tag_changes_.add(pipeline_.take_tag_changes());
    if (Status written = tags_file_.write(tag_changes_); !written) return written;
    tag_changes_ = {};
    if (Status saved = save_cursor(config_.cursor_file, *mark_); !saved) return saved;
    return tags_file_.tidy(mark_->resume);
}

void Bridge::say_all() {
    for (const Saying& saying : pipeline_.take_sayings()) log::write(saying.level, saying.text);
}

void Bridge::tell_systemd() {
    if (!watchdog_ms_ || now_ms_ < watchdog_at_ms_) return;
    notifier_.watchdog();
    watchdog_at_ms_ = now_ms_ + *watchdog_ms_;
}

std::int64_t Bridge::wait_ms() const {
    std::int64_t at = subscriber_.wake_at_ms();
    at = std::min(at, dead_.empty() ? pipeline_.wake_at_ms() : dead_retry_at_ms_);
    if (mark_) at = std::min(at, save_at_ms_);
    if (stop_by_ms_) at = std::min(at, *stop_by_ms_);
    if (watchdog_ms_) at = std::min(at, watchdog_at_ms_);
    constexpr std::int64_t longest = 60'000;
    return std::clamp(at, now_ms_, now_ms_ + longest) - now_ms_;
}

}  // namespace pncp::influx
