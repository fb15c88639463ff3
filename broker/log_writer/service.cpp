#include "broker/log_writer/service.hpp"

#include <algorithm>
#include <csignal>
#include <utility>

#include "schema/program/clock.hpp"
#include "schema/program/log.hpp"

namespace pncp::log_writer {

namespace {

constexpr std::uint64_t kSignalTag = 1;
/// The key file appears when the broker starts. While there is no session it is read again now and then,
/// since a broker set up anew writes a new one.
constexpr std::int64_t kFirstLookMs = 250;
constexpr std::int64_t kLastLookMs = 10'000;
constexpr std::int64_t kStatusMs = 5'000;
/// At the end the broker is told the cursor, and anchors the last lines, if it answers in this time; the file
/// is the truth anyway.
constexpr std::int64_t kFarewellMs = 1'000;
constexpr std::int64_t kLongestWaitMs = 60'000;
/// An anchor waits for its commit; a broker that takes longer is in trouble.
constexpr std::int64_t kAnchorMs = 10'000;

class LogTeller : public Teller {
  public:
    void info(const std::string& text) override { log::info(text); }
    void warning(const std::string& text) override { log::warning(text); }
    void error(const std::string& text) override { log::error(text); }
};

LogTeller& teller() {
    static LogTeller instance;
    return instance;
}

}  // namespace

Service::Service(LogConfig config, LogFile file, Signals& signals)
    : config_(std::move(config)),
      file_(std::move(file)),
      signals_(signals),
      writer_(file_, teller(), config_.rotation),
      notifier_(Notifier::from_environment()),
      look_pause_ms_(kFirstLookMs),
      watchdog_ms_(watchdog_interval_ms()) {
    poller_.add_fd(signals_.fd(), kSignalTag);
}

Service::~Service() { poller_.remove_fd(signals_.fd()); }

void Service::run() {
    notifier_.ready();
    while (!stopping_) {
        now_ms_ = boottime_ms();
        take_signals();
        if (stopping_) break;
        look_at_key();
        step();
        anchor();
        tell_systemd();
        (void)poller_.wait(wait_ms());
    }
    stop();
}

void Service::step() {
    writer_.set_time(now_ms_, wall_us());
    writer_.compress();
    if (!subscriber_) return;
    subscriber_->step(now_ms_, writer_);
    if (const auto durable = writer_.settle(false)) subscriber_->advance(*durable);
    subscriber_->report(writer_.failure(), 0);
}

void Service::look_at_key() {
    if (subscriber_ && subscriber_->connected()) {
        look_pause_ms_ = kFirstLookMs;
        return;
    }
    if (now_ms_ < look_at_key_ms_) return;
    look_at_key_ms_ = now_ms_ + look_pause_ms_;
    look_pause_ms_ = std::min(look_pause_ms_ * 2, kLastLookMs);
    auto key = load_key(config_);
    if (!key.ok()) {
        // With a key at hand, a file that is gone for a moment is no news: the broker may be restarting.
        if (!subscriber_ && std::exchange(key_problem_, key.error().text()) != key.error().text())
            log::warning(
                log::cat("waiting for a key file, which the broker writes when it starts: ", key_problem_));
        return;
    }
    if (key_ == *key) return;
    if (key_) log::info(log::cat("reading the new key in ", config_.key_file));
    // What was handed over and is not synced would be handed over again.
    writer_.set_time(now_ms_, wall_us());
    (void)writer_.settle(true);
    if (writer_.failing()) return;
    follow(*key);
}

void Service::follow(const KeyFile& key) {
    key_ = key;
    writer_.set_consumer(key.peer.id);
    SubscriberOptions options;
    options.key = key;
    options.control = key.control;
    options.feed = key.feed;
    options.durable = true;
    options.start = file_.chain().cursor;
    subscriber_.reset();
    subscriber_.emplace(context_, poller_, std::move(options));
    writer_.anchors().answered(false, now_ms_);
    anchor_link_.reset();
}

void Service::anchor() {
    AnchorClock& clock = writer_.anchors();
    if (clock.asked() && now_ms_ >= anchor_by_ms_) {
        // Its late answer must not be taken for another's.
        anchor_link_.reset();
        clock.answered(false, now_ms_);
    }
    const bool connected = subscriber_ && subscriber_->connected();
    // Without the feed there is no hurry; the link would dial beside the subscriber.
    if (!connected && !clock.asked()) anchor_link_.reset();
    const auto request = !connected ? std::nullopt : stopping_ ? clock.last(now_ms_) : clock.next(now_ms_);
    if (request) {
        if (!anchor_link_) anchor_link_.emplace(context_, poller_, *key_, key_->control);
        anchor_link_->start(*request, now_ms_);
        anchor_by_ms_ = now_ms_ + kAnchorMs;
    }
    if (!anchor_link_) return;
    anchor_link_->step(now_ms_);
    while (auto news = anchor_link_->next_news()) {
        const auto* replied = std::get_if<Replied>(&*news);
        if (replied == nullptr) continue;
        const auto* refusal = std::get_if<ErrorReply>(&replied->reply);
        clock.answered(refusal == nullptr, now_ms_);
        const std::string problem = refusal == nullptr ? std::string() : refusal->message;
        if (std::exchange(anchor_problem_, problem) != problem && refusal != nullptr)
            log::warning(log::cat("the broker does not anchor the log, it is asked again: ", problem));
    }
    // Its session is lost, and the request with it.
    if (clock.asked() && !anchor_link_->busy()) clock.answered(false, now_ms_);
}

void Service::take_signals() {
    while (const auto signal = signals_.next()) {
        if (*signal == SIGHUP) {
            writer_.set_time(now_ms_, wall_us());
            const auto durable = writer_.reopen();
            if (durable && subscriber_) subscriber_->advance(*durable);
        } else {
            stopping_ = true;
        }
    }
}

void Service::stop() {
    notifier_.stopping();
    writer_.set_time(now_ms_, wall_us());
    const auto durable = writer_.settle(true);
    if (writer_.failing())
        log::warning("stopping with lines unwritten; the broker keeps their events for the next start");
    if (!subscriber_ || !subscriber_->connected()) return;
    if (durable) subscriber_->advance(*durable, true);
    // Nothing more is taken: what is offered now is offered again at the next start.
    class Closed : public FeedHandler {
      public:
        bool on_event(const FeedEvent&) override { return false; }
        void on_gap(const FeedGap&) override {}
        void on_journal(const Id16&) override {}
        void on_state(const std::string&) override {}
    } closed;
    now_ms_ = boottime_ms();
    const std::int64_t deadline = now_ms_ + kFarewellMs;
    const auto done = [&] { return subscriber_->cursor_sent() && writer_.anchors().all_anchored(); };
    while (!done() && subscriber_->connected() && now_ms_ < deadline) {
        now_ms_ = boottime_ms();
        subscriber_->step(now_ms_, closed);
        anchor();
        (void)poller_.wait(10);
    }
}

void Service::tell_systemd() {
    if (watchdog_ms_ && now_ms_ >= watchdog_at_ms_) {
        notifier_.watchdog();
        watchdog_at_ms_ = now_ms_ + *watchdog_ms_;
    }
    if (now_ms_ < status_at_ms_) return;
    status_at_ms_ = now_ms_ + kStatusMs;
    const std::uint64_t at = file_.chain().cursor.sequence;
    const std::uint64_t head = subscriber_ ? subscriber_->head() : 0;
    notifier_.status(log::cat(writer_.lines(), " lines written, ", head - std::min(head, at),
                              " events behind",
                              subscriber_ && subscriber_->connected() ? "" : ", no broker"));
}

std::int64_t Service::wait_ms() const {
    std::int64_t at = std::min(writer_.wake_at_ms(), now_ms_ + kLongestWaitMs);
    if (!subscriber_ || !subscriber_->connected()) at = std::min(at, look_at_key_ms_);
    if (subscriber_) at = std::min(at, subscriber_->wake_at_ms());
    if (subscriber_ && subscriber_->connected()) at = std::min(at, writer_.anchors().wake_at_ms());
    if (anchor_link_) at = std::min(at, anchor_link_->wake_at_ms());
    if (writer_.anchors().asked()) at = std::min(at, anchor_by_ms_);
    if (watchdog_ms_) at = std::min(at, watchdog_at_ms_);
    return std::max<std::int64_t>(at - now_ms_, 0);
}

}  // namespace pncp::log_writer
