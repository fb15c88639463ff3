#include "schema/subscriber/subscriber.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <random>
#include <utility>

#include "schema/codec.hpp"
#include "schema/program/clock.hpp"
#include "schema/subscriber/control_client.hpp"
#include "schema/subscriber/feed_core.hpp"

namespace pncp {

namespace {

constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
/// Frames taken from the feed in one step, so that replies, cursors and the caller's own work get their turn.
constexpr int kFramesPerStep = 1'000;
/// Waiting in libzmq: 4,096 events of 1 KB are 4 MB. What a slow consumer leaves there is dropped by PUB and
/// fetched.
constexpr int kReceiveHwm = 4'096;
/// A tag that is wrong, or another journal, usually means a new feed epoch: shake hands for its key, but not
/// for ever.
constexpr std::int64_t kRenewMs = 5'000;
/// Pauses before a feed socket that was refused is opened anew.
constexpr std::int64_t kFirstPauseMs = 500;
constexpr std::int64_t kLastPauseMs = 30'000;

std::minstd_rand seeded_jitter() {
    ByteArray<4> seed;
    random_bytes(seed);
    return std::minstd_rand(load_be<std::uint32_t>(seed.data()));
}

FeedOptions feed_options(const SubscriberOptions& options) {
    return {options.durable, options.from_broker_cursor, options.from_now, options.start};
}

}  // namespace

struct Subscriber::State {
    State(transport::Context& ctx, transport::Poller& poll, SubscriberOptions opts)
        : context(ctx),
          poller(poll),
          options(std::move(opts)),
          core(feed_options(options)),
          control(context, poller, options.key, options.control),
          jitter(seeded_jitter()) {}
    ~State() { close_feed(); }

    void open_feed(std::int64_t now_ms);
    void close_feed();
    void feed_failed(const std::string& text, std::int64_t now_ms);
    void read_feed_monitor(std::int64_t now_ms);
    void read_feed(std::int64_t now_ms);
    [[nodiscard]] bool take_frame(std::string_view topic, ByteView bytes);
    void renew(std::int64_t now_ms);
    void read_control(std::int64_t now_ms);
    void say(std::string text) { state_text = std::move(text); }

    transport::Context& context;
    transport::Poller& poller;
    SubscriberOptions options;
    FeedCore core;
    ControlClient control;

    std::optional<transport::Socket> feed;
    std::optional<transport::Monitor> feed_monitor;
    std::optional<SigningKey> feed_key;
    std::array<transport::Message, 2> parts;
    std::minstd_rand jitter;
    std::uint32_t feed_failures = 0;
    std::int64_t feed_open_at_ms = 0;
    std::int64_t renew_at_ms = 0;
    bool was_established = false;
    bool more = false;  ///< step() stopped before all was done

    std::string state_text;
    std::string said;
    SubscriberCounters counters;
};

// --- the feed's socket ---------------------------------------------------------------------------------

void Subscriber::State::open_feed(std::int64_t now_ms) {
    transport::SocketOptions dial = dial_options(options.key, options.feed);
    dial.receive_hwm = kReceiveHwm;
    feed.emplace(transport::Socket::sub(context, dial));
    feed_monitor.emplace(context, *feed);
    Status status = feed->subscribe("");
    if (status.ok()) status = feed->connect(options.feed);
    if (!status.ok()) {
        feed_failed(status.error().text(), now_ms);
        return;
    }
    feed_open_at_ms = kNever;
    poller.add(*feed, kSubscriberPollTag);
    poller.add(feed_monitor->socket(), kSubscriberPollTag);
}

void Subscriber::State::close_feed() {
    if (feed_monitor) poller.remove(feed_monitor->socket());
    if (feed) poller.remove(*feed);
    feed_monitor.reset();
    feed.reset();
}

void Subscriber::State::feed_failed(const std::string& text, std::int64_t now_ms) {
    close_feed();
    say(text);
    const std::int64_t full = std::min(kLastPauseMs, kFirstPauseMs << std::min(feed_failures++, 8U));
    feed_open_at_ms = now_ms + std::uniform_int_distribution<std::int64_t>(full / 2, full)(jitter);
}

void Subscriber::State::read_feed_monitor(std::int64_t now_ms) {
    while (feed_monitor) {
        const auto seen = feed_monitor->next();
        if (!seen) return;
        switch (seen->event) {
            case transport::MonitorEvent::handshake_ok:
                feed_failures = 0;
                break;
            // libzmq never tries again by itself after these.
            case transport::MonitorEvent::handshake_failed_auth:
                feed_failed("the feed at " + options.feed + " does not accept the key of " +
                                options.key.peer.id +
                                "; it may be revoked or out of date: compare `pncp-cli key list`",
                            now_ms);
                break;
            case transport::MonitorEvent::handshake_failed_no_detail:
            case transport::MonitorEvent::handshake_failed_protocol:
                feed_failed("what answers at " + options.feed +
                                " is not the feed of the broker that issued the key of " +
                                options.key.peer.id + "; check the endpoint",
                            now_ms);
                break;
            // From a lost connection libzmq comes back by itself, and what was missed is fetched.
            case transport::MonitorEvent::disconnected:
            case transport::MonitorEvent::connected:
            case transport::MonitorEvent::accepted:
            case transport::MonitorEvent::accept_failed:
            case transport::MonitorEvent::closed:
            case transport::MonitorEvent::retried:
                break;
        }
    }
}

void Subscriber::State::read_feed(std::int64_t now_ms) {
    for (int i = 0; feed; ++i) {
        if (i == kFramesPerStep) {
            more = true;
            return;
        }
        const auto received = feed->receive(parts);
        if (received.status == transport::Received::none || received.status == transport::Received::failed)
            return;
        if (received.status == transport::Received::refused) {
            ++counters.refused;
            continue;
        }
        // Without a session there is no key to check it with; it will be fetched.
        if (feed_key && !take_frame(text_view(parts[0].bytes()), parts[1].bytes())) renew(now_ms);
    }
}

/// False when a new handshake may help: wrong tag or another journal.
bool Subscriber::State::take_frame(std::string_view topic, ByteView bytes) {
    const auto parsed = parse_frame(bytes);
    const auto* frame = std::get_if<UnverifiedFrame>(&parsed);
    if (frame == nullptr || frame->header.type != FrameType::event ||
        frame->header.direction != Direction::feed) {
        ++counters.refused;
        return true;
    }
    if (!frame->verify(*feed_key)) {
        ++counters.refused;
        return false;
    }
    if (topic == kHeartbeatTopic) {
        const auto beat = decode<FeedHeartbeat>(frame->payload);
        if (beat && beat->journal == frame->header.session)
            return core.on_heartbeat(beat->journal, beat->head);
    } else if (auto event = decode<Event>(frame->payload); event && event->topic == topic) {
        ++counters.live;
        return core.on_live(frame->header.session, frame->header.counter, std::move(*event));
    }
    ++counters.refused;
    return true;
}

void Subscriber::State::renew(std::int64_t now_ms) {
    if (now_ms < renew_at_ms || !control.established()) return;
    renew_at_ms = now_ms + kRenewMs;
    control.renew(now_ms);
}

// --- the conversation ----------------------------------------------------------------------------------

void Subscriber::State::read_control(std::int64_t now_ms) {
    control.step(now_ms);
    if (was_established && !control.established()) core.on_session_lost();
    while (auto news = control.next_news()) {
        if (auto* ready = std::get_if<SessionReady>(&*news)) {
            feed_key.reset();
            if (ready->ready.feed_key) feed_key.emplace(*ready->ready.feed_key);
            core.on_session(ready->ready.journal);
            say("connected to the broker at " + options.control);
        } else if (auto* replied = std::get_if<Replied>(&*news)) {
            if (const auto* page = std::get_if<FetchReply>(&replied->reply))
                counters.fetched += page->rows.size();
            core.on_reply(replied->reply, now_ms);
        } else {
            say(std::get<Trouble>(*news).problem.error.text());
        }
    }
    was_established = control.established();
    if (!was_established || control.busy()) return;
    if (auto request = core.next_request(now_ms)) control.start(std::move(*request), now_ms);
}

// --- public --------------------------------------------------------------------------------------------

Subscriber::Subscriber(transport::Context& context, transport::Poller& poller, SubscriberOptions options)
    : state_(std::make_unique<State>(context, poller, std::move(options))) {}
Subscriber::~Subscriber() = default;

namespace {

/// Counts what passes through.
class Counting : public FeedHandler {
  public:
    Counting(FeedHandler& handler, SubscriberCounters& counters) : handler_(handler), counters_(counters) {}
    bool on_event(const FeedEvent& event) override {
        if (!handler_.on_event(event)) return false;
        ++counters_.delivered;
        return true;
    }
    void on_gap(const FeedGap& gap) override {
        ++counters_.gaps;
        handler_.on_gap(gap);
    }
    void on_journal(const Id16& journal) override { handler_.on_journal(journal); }
    void on_state(const std::string& text) override { handler_.on_state(text); }

  private:
    FeedHandler& handler_;
    SubscriberCounters& counters_;
};

}  // namespace

void Subscriber::step(std::int64_t now_ms, FeedHandler& handler) {
    State& s = *state_;
    Counting counting(handler, s.counters);
    s.more = false;
    if (!s.feed && now_ms >= s.feed_open_at_ms) s.open_feed(now_ms);
    s.read_feed_monitor(now_ms);
    s.read_feed(now_ms);
    s.read_control(now_ms);
    if (s.state_text != s.said) {
        s.said = s.state_text;
        handler.on_state(s.said);
    }
    (void)s.core.deliver(counting);
    // Delivering makes room, and the handler may have advanced: the next request need not wait for the next
    // step.
    if (s.control.established() && !s.control.busy())
        if (auto request = s.core.next_request(now_ms)) s.control.start(std::move(*request), now_ms);
}

std::int64_t Subscriber::wake_at_ms() const {
    if (state_->more) return 0;
    return std::min({state_->control.wake_at_ms(), state_->core.wake_at_ms(),
                     state_->feed ? kNever : state_->feed_open_at_ms});
}

void Subscriber::advance(std::uint64_t sequence, bool at_once) { state_->core.advance(sequence, at_once); }
void Subscriber::report(std::string error, std::uint64_t dead_letters) {
    state_->core.report(std::move(error), dead_letters);
}
std::uint64_t Subscriber::head() const { return state_->core.head(); }
bool Subscriber::connected() const { return state_->control.established(); }
bool Subscriber::cursor_sent() const { return !state_->core.cursor_waits(); }
const SubscriberCounters& Subscriber::counters() const { return state_->counters; }

}  // namespace pncp
