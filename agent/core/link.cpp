#include "agent/core/link.hpp"

#include <algorithm>
#include <utility>

#include "schema/limits.hpp"

namespace pncp::agent {
namespace {

/// One line a minute about refused frames, however many come.
constexpr std::int64_t kRefusalLogMs = 60'000;

}  // namespace

Link::Link(const PeerName& self, const Key32& key, const Key32& broker, std::string endpoint,
           std::uint64_t seed)
    : session_(self, key, broker),
      endpoint_(std::move(endpoint)),
      backoff_(seed),
      refusals_logged_(kRefusalLogMs) {}

void Link::start(std::int64_t now_ms, Actions& actions) {
    phase_ = Phase::connecting;
    deadline_ms_ = now_ms + kConnectTimeoutMs;
    hellos_ = 0;
    actions.emplace_back(OpenSocket{});
}

void Link::stop(Actions& actions) {
    if (phase_ != Phase::closed && phase_ != Phase::pausing) actions.emplace_back(CloseSocket{});
    session_.reset();
    phase_ = Phase::closed;
}

void Link::change_key(const PeerName& self, const Key32& key, const Key32& broker, std::int64_t now_ms,
                      Actions& actions) {
    const bool open = phase_ != Phase::closed;
    stop(actions);
    session_ = ClientSession(self, key, broker);
    if (open) start(now_ms, actions);
}

void Link::greet_again(std::int64_t now_ms) {
    session_.reset();
    phase_ = Phase::greeting;
    deadline_ms_ = now_ms;
    hellos_ = 0;
}

void Link::on_connection(ConnectionEvent event, std::int64_t now_ms, Actions& actions) {
    if (phase_ == Phase::closed || phase_ == Phase::pausing)
        return;  // the last word of a socket already closed
    switch (event) {
        case ConnectionEvent::connected:
            if (phase_ != Phase::connecting) return;
            phase_ = Phase::greeting;
            deadline_ms_ = now_ms;
            cut_short_ = 0;
            return;
        case ConnectionEvent::disconnected:
            return begin_again(phase_ == Phase::connecting ? Trouble::unreachable : Trouble::lost, "", now_ms,
                               actions);
        case ConnectionEvent::unreachable:
            return begin_again(Trouble::unreachable, "", now_ms, actions);
        case ConnectionEvent::refused_key:
            return begin_again(Trouble::refused_key, "", now_ms, actions);
        case ConnectionEvent::wrong_broker:
            // A broker that was killed in mid-handshake looks the same, once.
            return begin_again(++cut_short_ > 1 ? Trouble::wrong_broker : Trouble::cut_short, "", now_ms,
                               actions);
    }
}

bool Link::hello_due(std::int64_t now_ms) const {
    return phase_ == Phase::greeting && hellos_ < kHellosPerSocket && now_ms >= deadline_ms_;
}

void Link::say_hello(Hello hello, std::int64_t now_ms, Actions& actions) {
    ++hellos_;
    deadline_ms_ = now_ms + kHelloAgainMs;
    actions.emplace_back(Send{session_.hello(std::move(hello))});
}

Link::Inbound Link::on_frame(ByteView frame, std::int64_t now_ms, Actions& actions) {
    if (phase_ != Phase::greeting && phase_ != Phase::proving && phase_ != Phase::ready) return {};
    auto input = session_.on_frame(frame);
    if (const auto* refusal = std::get_if<Refusal>(&input)) {
        refuse(*refusal, now_ms, actions);
        return {};
    }
    heard_ms_ = now_ms;
    if (auto* auth = std::get_if<ClientSession::SendAuth>(&input)) {
        phase_ = Phase::proving;
        deadline_ms_ = now_ms + limits::kHandshakeTimeoutMs;
        actions.emplace_back(Send{std::move(auth->frame)});
        return {};
    }
    if (auto* begun = std::get_if<ClientSession::Established>(&input)) {
        established(now_ms, actions);
        return begun->ready;
    }
    if (const auto* lost = std::get_if<ClientSession::Lost>(&input)) {
        begin_again(Trouble::no_session, lost->reason, now_ms, actions);
        return {};
    }
    return std::get<Verified>(input);
}

void Link::established(std::int64_t now_ms, Actions& actions) {
    phase_ = Phase::ready;
    ready_since_ms_ = now_ms;
    said_ms_ = now_ms;
    heartbeat_ms_ = now_ms;
    actions.emplace_back(Log{log::Level::info, log::cat(told_ == 0 ? "in session with the broker at "
                                                                   : "back in session with the broker at ",
                                                        endpoint_)});
    told_ = 0;
}

void Link::on_timer(std::int64_t now_ms, Actions& actions) {
    switch (phase_) {
        case Phase::closed:
            return;
        case Phase::pausing:
            if (now_ms >= deadline_ms_) start(now_ms, actions);
            return;
        case Phase::connecting:
            if (now_ms >= deadline_ms_) begin_again(Trouble::unreachable, "", now_ms, actions);
            return;
        case Phase::greeting:
            if (hellos_ >= kHellosPerSocket && now_ms >= deadline_ms_)
                begin_again(Trouble::no_answer, "", now_ms, actions);
            return;
        case Phase::proving:
            if (now_ms >= deadline_ms_) begin_again(Trouble::no_answer, "", now_ms, actions);
            return;
        case Phase::ready:
            if (now_ms >= heard_ms_ + limits::kBrokerSilentMs)
                begin_again(Trouble::silent, "", now_ms, actions);
            return;
    }
}

std::optional<std::int64_t> Link::wake_at_ms() const {
    if (phase_ == Phase::closed) return std::nullopt;
    if (phase_ != Phase::ready) return deadline_ms_;
    return std::min(heard_ms_ + limits::kBrokerSilentMs, heartbeat_at_ms());
}

// The broker answers a heartbeat, so one is also due when we speak and hear nothing: it may hold up what we
// sent.
std::int64_t Link::heartbeat_at_ms() const {
    return std::max(heartbeat_ms_, std::min(said_ms_, heard_ms_)) + limits::kHeartbeatMs;
}

bool Link::heartbeat_due(std::int64_t now_ms) const { return ready() && now_ms >= heartbeat_at_ms(); }

void Link::say_heartbeat(const Clock& now, Actions& actions) {
    heartbeat_ms_ = now.boot_ms;
    say(FrameType::heartbeat, Heartbeat{now.wall_us, now.synced}, now.boot_ms, actions);
}

void Link::begin_again(Trouble trouble, std::string_view detail, std::int64_t now_ms, Actions& actions) {
    if (ready() && now_ms >= ready_since_ms_ + kLastingMs) backoff_.reset();
    session_.reset();
    actions.emplace_back(CloseSocket{});
    phase_ = Phase::pausing;
    deadline_ms_ = now_ms + backoff_.next_pause_ms();
    tell(trouble, detail, actions);
}

void Link::tell(Trouble trouble, std::string_view detail, Actions& actions) {
    if (trouble == Trouble::cut_short) return;
    const unsigned bit = 1U << static_cast<unsigned>(trouble);
    if ((told_ & bit) != 0) return;
    // A broker that restarts is first lost, then unreachable: one line is enough for that.
    const bool follows = trouble == Trouble::unreachable && told_ != 0;
    told_ |= bit;
    if (!follows) actions.emplace_back(Log{log::Level::warning, explain(trouble, detail)});
}

std::string Link::explain(Trouble trouble, std::string_view detail) const {
    const std::string name = session_.self().text();
    constexpr std::string_view kRetrying = "; retrying with growing pauses";
    switch (trouble) {
        case Trouble::unreachable:
            return log::cat("cannot reach the broker at ", endpoint_, kRetrying);
        case Trouble::lost:
            return log::cat("lost the connection to the broker at ", endpoint_, kRetrying);
        case Trouble::silent:
            return log::cat("heard nothing from the broker at ", endpoint_, " for ",
                            limits::kBrokerSilentMs / 1000, " s", kRetrying);
        case Trouble::refused_key:
            return log::cat(
                "the broker at ", endpoint_, " does not accept the key of ", name,
                ": it is unknown there, revoked or replaced; look with `pncp-cli key list`, give this device"
                " a new one with `pncp-cli enroll --again ",
                session_.self().id, "`", kRetrying);
        case Trouble::wrong_broker:
            return log::cat(
                "what answers at ", endpoint_,
                " is not the broker that issued this key file, or no broker at all; check the address, or"
                " issue a new key there",
                kRetrying);
        case Trouble::cut_short:
            return log::cat("the broker at ", endpoint_, " broke off the handshake", kRetrying);
        case Trouble::no_answer:
            return log::cat("the broker at ", endpoint_, " does not answer the greeting of ", name,
                            "; its log says why when it refuses", kRetrying);
        case Trouble::no_session:
            return log::cat("the broker at ", endpoint_, " ended the session (", detail, ")", kRetrying);
    }
    return {};
}

void Link::refuse(Refusal refusal, std::int64_t now_ms, Actions& actions) {
    ++refused_[static_cast<std::size_t>(refusal)];
    // Frames of a session that has ended are normal after a reconnect.
    if (refusal == Refusal::no_session) return;
    const auto held_back = refusals_logged_.allow(now_ms);
    if (!held_back) return;
    actions.emplace_back(Log{log::Level::warning, log::cat("refused a frame from the broker at ", endpoint_,
                                                           ": ", refusal_name(refusal), " (", *held_back,
                                                           " more since the last such line)")});
}

}  // namespace pncp::agent
