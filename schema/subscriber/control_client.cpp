#include "schema/subscriber/control_client.hpp"

#include <algorithm>
#include <type_traits>
#include <utility>

#include "schema/crypto.hpp"
#include "schema/keys.hpp"
#include "schema/program/clock.hpp"
#include "schema/program/version.hpp"

namespace pncp {

namespace {

/// libzmq's own reconnecting, on top of ours: a local socket may be asked for often.
constexpr int kLocalReconnectMaxMs = 500;

std::uint64_t random_seed() {
    ByteArray<8> bytes;
    random_bytes(bytes);
    return load_be<std::uint64_t>(bytes.data());
}

Hello fresh_hello() {
    Hello hello;
    random_bytes(hello.na);
    hello.boot_id = boot_id();
    hello.wall_us = wall_us();
    hello.clock_synced = clock_synced();
    hello.version = kVersion;
    return hello;
}

}  // namespace

transport::SocketOptions dial_options(const KeyFile& key, const std::string& endpoint) {
    transport::SocketOptions options;
    if (endpoint.starts_with("ipc://")) {
        options.reconnect_ivl_max_ms = kLocalReconnectMaxMs;
    } else {
        const Key32 secret = peer_curve_secret(key.key);
        options.curve = transport::CurveClient{secret, curve_public_key(secret), key.broker};
    }
    return options;
}

ControlClient::ControlClient(transport::Context& context, const KeyFile& key, std::string endpoint)
    : context_(context),
      own_poller_(std::make_unique<transport::Poller>()),
      poller_(*own_poller_),
      key_(key),
      endpoint_(std::move(endpoint)),
      core_(key_, endpoint_, random_seed(), ControlCore::OnLoss::resend) {}

ControlClient::ControlClient(transport::Context& context, transport::Poller& poller, const KeyFile& key,
                             std::string endpoint)
    : context_(context),
      poller_(poller),
      key_(key),
      endpoint_(std::move(endpoint)),
      core_(key_, endpoint_, random_seed(), ControlCore::OnLoss::forget) {}

ControlClient::~ControlClient() { close(); }

// --- the blocking form ---------------------------------------------------------------------------------

Result<Reply> ControlClient::call(const Request& request, int timeout_ms) {
    last_failure_.reset();
    news_.clear();
    std::int64_t now = boottime_ms();
    const std::int64_t deadline = now + timeout_ms;
    const auto give_up = [&](const ControlProblem& problem) -> Result<Reply> {
        last_failure_ = problem.failure;
        ControlActions actions;
        core_.cancel(boottime_ms(), actions);
        perform(std::move(actions), now);
        return problem.error;
    };
    start(request, now);
    for (;; now = boottime_ms()) {
        step(now);
        while (auto news = next_news()) {
            if (auto* replied = std::get_if<Replied>(&*news)) return std::move(replied->reply);
            const auto* trouble = std::get_if<Trouble>(&*news);
            if (trouble == nullptr) continue;
            switch (trouble->problem.failure) {
                case ControlFailure::refused:
                case ControlFailure::wrong_broker:
                case ControlFailure::protocol:
                    return give_up(trouble->problem);
                case ControlFailure::unreachable:
                case ControlFailure::timeout:
                    break;
            }
        }
        if (now >= deadline) return give_up(core_.problem_now());
        (void)poller_.wait(std::clamp<std::int64_t>(std::min(deadline, wake_at_ms()) - now, 0, 60'000));
    }
}

// --- the form for loops --------------------------------------------------------------------------------

void ControlClient::start(Request request, std::int64_t now_ms) {
    ControlActions actions;
    core_.start(std::move(request), now_ms, actions);
    perform(std::move(actions), now_ms);
}

void ControlClient::renew(std::int64_t now_ms) {
    ControlActions actions;
    core_.renew(now_ms, actions);
    perform(std::move(actions), now_ms);
}

std::optional<ControlClient::News> ControlClient::next_news() {
    if (news_.empty()) return std::nullopt;
    std::optional<News> first(std::move(news_.front()));
    news_.pop_front();
    return first;
}

void ControlClient::step(std::int64_t now_ms) {
    // Frames before the monitor: a reply that came before the connection ended still counts.
    receive(now_ms);
    read_monitor(now_ms);
    ControlActions actions;
    core_.tick(now_ms, actions);
    perform(std::move(actions), now_ms);
}

void ControlClient::receive(std::int64_t now_ms) {
    transport::Message part;
    while (socket_) {
        const auto received = socket_->receive(std::span(&part, 1));
        if (received.status != transport::Received::message) return;
        ControlActions actions;
        core_.on_frame(part.bytes(), now_ms, actions);
        perform(std::move(actions), now_ms);
    }
}

void ControlClient::read_monitor(std::int64_t now_ms) {
    while (monitor_) {
        const auto seen = monitor_->next();
        if (!seen) return;
        std::optional<ControlFailure> failure;
        switch (seen->event) {
            case transport::MonitorEvent::handshake_ok:
                cut_short_ = 0;
                core_.on_connected();
                break;
            case transport::MonitorEvent::handshake_failed_auth:
                failure = ControlFailure::refused;
                break;
            case transport::MonitorEvent::handshake_failed_no_detail:
                // So ends a connection to a broker with another key; and one to the right broker that was
                // stopped in the middle of the handshake. That does not happen twice in a row.
                failure = ++cut_short_ > 1 ? ControlFailure::wrong_broker : ControlFailure::unreachable;
                break;
            case transport::MonitorEvent::handshake_failed_protocol:
                failure = ControlFailure::wrong_broker;
                break;
            case transport::MonitorEvent::disconnected:
                failure = ControlFailure::unreachable;
                break;
            case transport::MonitorEvent::connected:
            case transport::MonitorEvent::accepted:
            case transport::MonitorEvent::accept_failed:
            case transport::MonitorEvent::closed:
            case transport::MonitorEvent::retried:
                break;
        }
        if (!failure) continue;
        ControlActions actions;
        core_.on_connection_failed(*failure, now_ms, actions);
        perform(std::move(actions), now_ms);
    }
}

void ControlClient::perform(ControlActions actions, std::int64_t now_ms) {
    // Performing one may bring others: opening gives the HELLO, a failed send closes.
    for (std::size_t i = 0; i < actions.size(); ++i) {
        ControlAction action = std::move(actions[i]);
        std::visit(
            [&](auto& each) {
                using Kind = std::remove_cvref_t<decltype(each)>;
                if constexpr (std::is_same_v<Kind, OpenSocket>) {
                    open(now_ms, actions);
                } else if constexpr (std::is_same_v<Kind, CloseSocket>) {
                    close();
                } else if constexpr (std::is_same_v<Kind, SendFrame>) {
                    const bool sent = socket_ && socket_->send(transport::Message::copy_of(each.frame)) ==
                                                     transport::Sent::ok;
                    if (!sent) core_.on_connection_failed(ControlFailure::unreachable, now_ms, actions);
                } else {
                    if constexpr (std::is_same_v<Kind, SessionReady>) ready_ = each.ready;
                    news_.emplace_back(std::move(each));
                }
            },
            action);
    }
}

void ControlClient::open(std::int64_t now_ms, ControlActions& out) {
    transport::SocketOptions options = dial_options(key_, endpoint_);
    // REQ has one frame on its way at most, and a socket that fails is thrown away: it may wait in the queue.
    options.immediate = false;
    socket_.emplace(transport::Socket::req(context_, options));
    monitor_.emplace(context_, *socket_);
    if (const Status connected = socket_->connect(endpoint_); !connected.ok()) {
        core_.on_open_failed(connected.error(), now_ms, out);
        return;
    }
    poller_.add(*socket_, kSubscriberPollTag);
    poller_.add(monitor_->socket(), kSubscriberPollTag);
    core_.on_open(fresh_hello(), now_ms, out);
}

void ControlClient::close() {
    if (monitor_) poller_.remove(monitor_->socket());
    if (socket_) poller_.remove(*socket_);
    monitor_.reset();
    socket_.reset();
}

}  // namespace pncp
