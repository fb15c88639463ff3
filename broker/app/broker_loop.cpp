#include "broker/app/broker_loop.hpp"

#include <csignal>

#include "schema/program/clock.hpp"
#include "schema/program/files.hpp"
#include "schema/program/log.hpp"

namespace pncp::broker {

namespace {

enum Tag : std::uint64_t { kSignals, kZap, kAgents, kControl, kFeed, kJournal };

/// Frames taken from one ROUTER before the others have their turn.
constexpr int kFramesPerTurn = 256;
/// While the feed's port is not free yet, it is tried again this often.
constexpr std::int64_t kReopenMs = 2;
/// A port that is not free for so long was taken by somebody else: said once.
constexpr std::int64_t kReopenSayMs = 5'000;
/// The journal is told anew what it may delete.
constexpr std::int64_t kRetainMs = 1'000;
/// What has been accepted is committed at stop; a journal that hangs longer than this keeps it back (agents
/// resend).
constexpr std::int64_t kStopMs = 5'000;

Key32 fresh_nonce() {
    Key32 nonce;
    random_bytes(nonce);
    return nonce;
}

}  // namespace

BrokerLoop::BrokerLoop(Endpoints& endpoints, BrokerCore& core, journal::JournalThread& journal,
                       Signals& signals, BrokerFiles files)
    : endpoints_(endpoints),
      core_(core),
      journal_(journal),
      signals_(signals),
      files_(std::move(files)),
      notifier_(Notifier::from_environment()) {
    poller_.add_fd(signals_.fd(), kSignals);
    poller_.add(endpoints_.zap.socket(), kZap);
    poller_.add(endpoints_.agents, kAgents);
    poller_.add(endpoints_.control, kControl);
    poller_.add(*endpoints_.feed, kFeed);
    poller_.add_fd(journal_.completion_fd(), kJournal);
}

Now BrokerLoop::read_clocks() { return {boottime_ms(), wall_us()}; }

void BrokerLoop::run() {
    notifier_.ready();
    perform(read_clocks());
    while (!stopping_) {
        std::int64_t wait_ms = std::max<std::int64_t>(0, core_.wake_at_ms() - boottime_ms());
        if (!endpoints_.feed) wait_ms = std::min(wait_ms, kReopenMs);
        const auto ready = poller_.wait(wait_ms);
        const Now now = read_clocks();
        for (const transport::Ready& one : ready) {
            switch (static_cast<Tag>(one.tag)) {
                case kSignals:
                    while (const auto signal = signals_.next()) {
                        if (*signal == SIGHUP)
                            core_.reload(now);
                        else
                            stopping_ = true;
                    }
                    break;
                case kZap:
                    endpoints_.zap.answer_pending(
                        [&](std::string_view domain, const Key32& key, std::string_view) {
                            Admitted admitted = core_.admit(domain, key, now);
                            return admitted.later ? transport::ZapVerdict::later()
                                                  : transport::ZapVerdict(std::move(admitted.user_id));
                        });
                    break;
                case kAgents:
                    receive(endpoints_.agents, Port::agents, now);
                    break;
                case kControl:
                    receive(endpoints_.control, Port::control, now);
                    break;
                case kFeed:
                    take_subscriptions(now);
                    break;
                case kJournal:
                    take_completions(now);
                    break;
            }
        }
        core_.on_time(now);
        retain(now);
        perform(now);
        if (!endpoints_.feed) reopen_feed(now.boot_ms);
        tell_systemd(now);
    }
    stop();
}

void BrokerLoop::receive(transport::Socket& socket, Port port, const Now& now) {
    const std::size_t count = port == Port::agents ? limits::kAgentParts : limits::kControlParts;
    const std::span<transport::Message> parts(parts_.data(), count);
    for (int i = 0; i < kFramesPerTurn; ++i) {
        const auto received = socket.receive(parts);
        if (received.status == transport::Received::none || received.status == transport::Received::failed)
            return;
        // Nothing of a message with other parts is kept, not even who sent it: it is counted, and that is
        // all.
        if (received.status == transport::Received::refused) {
            core_.on_wrong_parts({port, {}}, now);
            continue;
        }
        const Address from{port, std::string(text_view(parts[0].bytes()))};
        if (port == Port::control && !parts[1].empty()) {
            core_.on_wrong_parts(from, now);
            continue;
        }
        const ByteView frame = parts.back().bytes();
        // Only a HELLO needs a nonce; drawing one for every frame would double the cost of a sample.
        const bool hello = frame.size() > 4 && frame[4] == static_cast<std::uint8_t>(FrameType::hello);
        core_.on_frame(from, parts.back().user_id(), frame, hello ? fresh_nonce() : Key32{}, now,
                       parts.back().peer_address());
    }
}

void BrokerLoop::take_subscriptions(const Now& now) {
    const std::span<transport::Message> part(parts_.data(), 1);
    for (int i = 0; i < kFramesPerTurn && endpoints_.feed; ++i) {
        const auto received = endpoints_.feed->receive(part);
        if (received.status == transport::Received::none || received.status == transport::Received::failed)
            return;
        if (received.status != transport::Received::message) continue;
        core_.on_subscription(parts_[0].user_id(), parts_[0].bytes(), now);
    }
}

void BrokerLoop::take_completions(const Now& now) {
    completions_.clear();
    journal_.take_completions(completions_);
    for (journal::Completion& completion : completions_) {
        if (auto* done = std::get_if<journal::Committed>(&completion)) {
            core_.on_store_state(done->state, now);
            core_.on_committed(done->token, done->status, now, done->full);
        } else if (auto* retained = std::get_if<journal::Retained>(&completion)) {
            core_.on_store_state(retained->state, now);
            core_.on_retained(retained->trimmed, now);
        } else if (auto* page = std::get_if<journal::PageRead>(&completion)) {
            core_.on_page(page->token, page->page, now);
        } else if (auto* rows = std::get_if<journal::RowsRead>(&completion)) {
            core_.on_rows(rows->token, rows->rows, now);
        }
    }
}

void BrokerLoop::perform(const Now& now) {
    // Performing may feed the core again (a send that failed, a list that was saved), until it has nothing
    // more to say.
    while (true) {
        Actions actions = core_.take_actions(now);
        if (actions.empty()) return;
        for (Action& action : actions) perform_one(action, now);
    }
}

void BrokerLoop::perform_one(Action& action, const Now& now) {
    if (auto* message = std::get_if<SendTo>(&action)) {
        send(*message, now);
    } else if (auto* publish = std::get_if<Publish>(&action)) {
        this->publish(*publish);
    } else if (auto* commit = std::get_if<Commit>(&action)) {
        journal_.submit(commit->token, std::move(commit->group));
    } else if (auto* page = std::get_if<ReadPage>(&action)) {
        journal_.read(page->token, page->after, page->prefix, page->limit, limits::kPageBytes);
    } else if (auto* rows = std::get_if<ReadRows>(&action)) {
        journal_.read_some(rows->token, std::move(rows->sequences), limits::kPageBytes);
    } else if (auto* save = std::get_if<SavePeers>(&action)) {
        core_.on_peers_saved(save->token,
                             write_atomically(files_.peers, view(format_peers(save->file)), 0600), now);
    } else if (auto* reload = std::get_if<Reload>(&action)) {
        core_.on_reloaded(reload->token, read_again(files_), now);
    } else if (std::holds_alternative<RebindFeed>(action)) {
        close_feed();
    } else if (auto* line = std::get_if<Log>(&action)) {
        switch (line->level) {
            case LogLevel::info:
                log::info(line->text);
                break;
            case LogLevel::warning:
                log::warning(line->text);
                break;
            case LogLevel::error:
                log::error(line->text);
                break;
        }
    }
}

void BrokerLoop::send(const SendTo& message, const Now& now) {
    const bool agents = message.to.port == Port::agents;
    transport::Socket& socket = agents ? endpoints_.agents : endpoints_.control;
    const ByteView to = view(message.to.routing_id);
    transport::Message frame = transport::Message::copy_of(message.frame);
    const auto sent = agents ? socket.send(to, std::move(frame)) : socket.send_reply(to, std::move(frame));
    if (sent != transport::Sent::ok) core_.on_unreachable(message.to, now);
}

void BrokerLoop::publish(const Publish& event) {
    // PUB is the fast path: what it drops for a slow subscriber, that one fetches from the journal.
    transport::Message frame = transport::Message::copy_of(event.frame);
    transport::Message same = frame.share();
    (void)endpoints_.local_feed.send(view(event.topic), std::move(frame));
    if (endpoints_.feed) (void)endpoints_.feed->send(view(event.topic), std::move(same));
}

void BrokerLoop::close_feed() {
    if (!endpoints_.feed) return;
    poller_.remove(*endpoints_.feed);
    endpoints_.close_feed();
    feed_closed_ms_ = boottime_ms();
}

void BrokerLoop::reopen_feed(std::int64_t now_ms) {
    const Status opened = endpoints_.reopen_feed();
    if (opened) {
        poller_.add(*endpoints_.feed, kFeed);
        log::info(log::cat("the feed was closed and is open again on ", endpoints_.feed_bound));
    } else if (now_ms - feed_closed_ms_ > kReopenSayMs) {
        feed_closed_ms_ = now_ms + 60'000;
        log::error(log::cat("the feed can't be opened again yet: ", opened.error().text()));
    }
}

void BrokerLoop::retain(const Now& now) {
    if (now.boot_ms - retained_ms_ < kRetainMs) return;
    retained_ms_ = now.boot_ms;
    journal_.retain(core_.retention(now));
}

void BrokerLoop::tell_systemd(const Now& now) {
    if (now.boot_ms - told_ms_ < 1'000) return;
    told_ms_ = now.boot_ms;
    notifier_.watchdog();
    const std::size_t stale = core_.agents_stale();
    notifier_.status(log::cat(core_.agents_online() - std::min(stale, core_.agents_online()), " online, ",
                              stale, " stale"));
}

void BrokerLoop::stop() {
    notifier_.stopping();
    const std::int64_t until_ms = boottime_ms() + kStopMs;
    core_.on_stop(read_clocks());
    perform(read_clocks());
    while (core_.waiting_rows() > 0 && boottime_ms() < until_ms) {
        (void)poller_.wait(50);
        take_completions(read_clocks());
        perform(read_clocks());
    }
}

}  // namespace pncp::broker
