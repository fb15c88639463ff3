#include "broker/app/broker_loop.hpp"

#include <csignal>

#include "schema/program/clock.hpp"
#include "schema/program/files.hpp"
#include "schema/program/log.hpp"

namespace pncp::broker {

namespace {

enum Tag : std::uint64_t { kSignals, kZap, kAgents, kControl, kJournal };

/// Frames taken from one ROUTER before the others have their turn.
constexpr int kFramesPerTurn = 256;
/// What has been accepted is committed at stop; a journal that hangs longer than this keeps it back (agents
/// resend).
constexpr std::int64_t kStopMs = 5'000;

Key32 fresh_nonce() {
    Key32 nonce;
    random_bytes(nonce);
    return nonce;
}

}  // namespace

BrokerLoop::BrokerLoop(Endpoints& endpoints, BrokerCore& core, PeerDirectory& peers,
                       journal::JournalThread& journal, Signals& signals, std::string peers_file)
    : endpoints_(endpoints),
      core_(core),
      peers_(peers),
      journal_(journal),
      signals_(signals),
      peers_file_(std::move(peers_file)),
      notifier_(Notifier::from_environment()) {
    poller_.add_fd(signals_.fd(), kSignals);
    poller_.add(endpoints_.zap.socket(), kZap);
    poller_.add(endpoints_.agents, kAgents);
    poller_.add(endpoints_.control, kControl);
    poller_.add_fd(journal_.completion_fd(), kJournal);
}

Now BrokerLoop::read_clocks() { return {boottime_ms(), wall_us()}; }

void BrokerLoop::run() {
    notifier_.ready();
    perform(read_clocks());
    while (!stopping_) {
        const std::int64_t wait_ms = std::max<std::int64_t>(0, core_.wake_at_ms() - boottime_ms());
        const auto ready = poller_.wait(wait_ms);
        const Now now = read_clocks();
        for (const transport::Ready& one : ready) {
            switch (static_cast<Tag>(one.tag)) {
                case kSignals:
                    while (const auto signal = signals_.next())
                        if (*signal != SIGHUP) stopping_ = true;
                    break;
                case kZap:
                    endpoints_.zap.answer_pending(
                        [this](std::string_view domain, const Key32& key, std::string_view) {
                            return admit(peers_, domain, key);
                        });
                    break;
                case kAgents:
                    receive(endpoints_.agents, Port::agents, now);
                    break;
                case kControl:
                    receive(endpoints_.control, Port::control, now);
                    break;
                case kJournal:
                    take_completions(now);
                    break;
            }
        }
        core_.on_time(now);
        perform(now);
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
        core_.on_frame(from, parts.back().user_id(), frame, hello ? fresh_nonce() : Key32{}, now);
    }
}

void BrokerLoop::take_completions(const Now& now) {
    completions_.clear();
    journal_.take_completions(completions_);
    for (journal::Completion& completion : completions_) {
        if (auto* done = std::get_if<journal::Committed>(&completion))
            core_.on_committed(done->token, done->status, now);
        else if (auto* page = std::get_if<journal::PageRead>(&completion))
            core_.on_page(page->token, page->page, now);
        else if (auto* rows = std::get_if<journal::RowsRead>(&completion))
            core_.on_rows(rows->token, rows->rows, now);
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
        // PUB is the fast path: what it drops for a slow subscriber, that one fetches from the journal.
        (void)endpoints_.feed.send(view(publish->topic), transport::Message::copy_of(publish->frame));
    } else if (auto* commit = std::get_if<Commit>(&action)) {
        journal_.submit(commit->token, std::move(commit->group));
    } else if (auto* page = std::get_if<ReadPage>(&action)) {
        journal_.read(page->token, page->after, page->prefix, page->limit, limits::kPageBytes);
    } else if (auto* rows = std::get_if<ReadRows>(&action)) {
        journal_.read_some(rows->token, std::move(rows->sequences), limits::kPageBytes);
    } else if (auto* save = std::get_if<SavePeers>(&action)) {
        core_.on_peers_saved(save->token,
                             write_atomically(peers_file_, view(format_peers(save->peers)), 0600), now);
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

void BrokerLoop::tell_systemd(const Now& now) {
    if (now.boot_ms - told_ms_ < 1'000) return;
    told_ms_ = now.boot_ms;
    notifier_.watchdog();
    notifier_.status(log::cat(core_.agents_online(), " online"));
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
