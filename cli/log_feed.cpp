// pncp-cli log replay --feed: a PUB on a Unix socket that hands a recorded log to subscribers under test.
#include <algorithm>
#include <array>

#include "broker/log_writer/log_reader.hpp"
#include "broker/log_writer/log_record.hpp"
#include "broker/log_writer/logged_event.hpp"
#include "cli/log_verb.hpp"
#include "schema/codec.hpp"
#include "schema/transport/poller.hpp"
#include "schema/transport/socket.hpp"
#include "schema/transport/zap.hpp"

namespace pncp::cli {

namespace {

constexpr std::string_view kIpc = "ipc://";
/// What a subscriber may be behind before it loses events, as with a broker.
constexpr int kQueued = limits::kFeedSendHwm;
/// How long the last events may take to be fetched by a subscriber that is slow.
constexpr int kLingerMs = 10'000;
constexpr std::int64_t kTurnMs = 20;

class Publisher {
  public:
    explicit Publisher(std::int64_t rate)
        : per_turn_(std::max<std::int64_t>(1, rate * kTurnMs / 1'000)), zap_(context_) {
        transport::SocketOptions options;
        options.zap_domain = "feed";
        options.send_hwm = kQueued;
        options.linger_ms = kLingerMs;
        socket_.emplace(transport::Socket::xpub(context_, options));
    }
    Status bind(const std::string& endpoint) {
        if (Status bound = socket_->bind(endpoint); !bound.ok()) return bound;
        poller_.add(*socket_, 1);
        poller_.add(zap_.socket(), 2);
        return Done{};
    }
    /// Publishing before anybody listens would be for nobody.
    void wait_for_subscriber() {
        while (!subscribed_) turn(-1);
        // More subscriptions of the same program come right after the first.
        turn(10 * kTurnMs);
    }
    void publish(const log_writer::LoggedEvent& logged) {
        const FeedEvent& event = logged.event;
        const Header header{FrameType::event, Direction::feed, 0, logged.journal, event.seq};
        (void)socket_->send(view(event.event.topic),
                            transport::Message::copy_of(make_frame(header, key_, event.event)));
        if (++sent_ % static_cast<std::uint64_t>(per_turn_) == 0) turn(kTurnMs);
    }
    [[nodiscard]] std::uint64_t sent() const { return sent_; }

  private:
    void turn(std::int64_t timeout_ms) {
        (void)poller_.wait(timeout_ms);
        zap_.answer_pending([](std::string_view, const Key32&, std::string_view) { return std::nullopt; });
        std::array<transport::Message, 1> part;
        while (socket_->receive(part).status == transport::Received::message)
            if (!part[0].bytes().empty() && part[0].bytes()[0] == 1) subscribed_ = true;
    }

    std::int64_t per_turn_;
    transport::Context context_;
    transport::ZapHandler zap_;
    transport::Poller poller_;
    std::optional<transport::Socket> socket_;
    SigningKey key_{Key32{}};
    bool subscribed_ = false;
    std::uint64_t sent_ = 0;
};

/// A line that somebody has changed is counted instead.
void publish(Publisher& publisher, std::string_view line, std::uint64_t& altered) {
    const auto record = log_writer::read_record(line);
    if (!record || !record->intact) {
        ++altered;
        return;
    }
    if (const auto event = log_writer::read_event(line)) publisher.publish(*event);
}

}  // namespace

ExitCode replay_to_feed(const Call& call, const std::vector<std::string>& files,
                        const std::string& endpoint) {
    if (endpoint.find("://") != std::string::npos && !endpoint.starts_with(kIpc))
        return usage_error(call, "log",
                           "--feed takes the path of a Unix socket: a replay is for this machine alone");
    const std::string address = endpoint.starts_with(kIpc) ? endpoint : std::string(kIpc) + endpoint;
    Publisher publisher(call.settings.integer("rate"));
    if (const Status bound = publisher.bind(address); !bound.ok())
        return report(call, ExitCode::unavailable, bound.error());
    call.world.console.err("waiting for a subscriber at " + address + "\n");
    publisher.wait_for_subscriber();
    std::uint64_t altered = 0;
    for (const std::string& path : files) {
        auto reader = log_writer::LogReader::open(path);
        if (!reader.ok()) return report(call, ExitCode::unavailable, reader.error());
        auto line = reader->next();
        for (; line.ok() && *line; line = reader->next()) publish(publisher, **line, altered);
        if (!line.ok()) return report(call, ExitCode::unavailable, line.error());
    }
    call.world.console.err(std::to_string(publisher.sent()) + " events published\n");
    if (altered == 0) return ExitCode::ok;
    return report(
        call, ExitCode::log_altered,
        {std::to_string(altered) + " lines are not as the log writer wrote them, and were passed over",
         "see: pncp-cli log verify"});
}

}  // namespace pncp::cli
