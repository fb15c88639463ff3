#include "agent/swarm/device.hpp"

#include <iterator>
#include <limits>
#include <stdexcept>
#include <type_traits>
#include <variant>

#include "agent/builtin/builtin.hpp"
#include "schema/crypto.hpp"
#include "schema/keys.hpp"
#include "schema/program/clock.hpp"
#include "schema/program/version.hpp"

namespace pncp::swarm {

namespace {

constexpr int kHwm = 64;
/// Without a monitor nobody tells the core that nothing listens yet, so libzmq tries again on the same
/// socket, with the pauses that the core would make.
constexpr int kReconnectMs = 500;
constexpr int kReconnectMaxMs = 30'000;

Key32 fresh_nonce() {
    Key32 nonce;
    random_bytes(nonce);
    return nonce;
}

transport::SocketOptions options_of(const KeyFile& key) {
    const Key32 secret = peer_curve_secret(key.key);
    transport::SocketOptions options;
    options.curve = transport::CurveClient{secret, curve_public_key(secret), key.broker};
    options.send_hwm = kHwm;
    options.receive_hwm = kHwm;
    options.reconnect_ivl_ms = kReconnectMs;
    options.reconnect_ivl_max_ms = kReconnectMaxMs;
    return options;
}

}  // namespace

Device::Device(KeyFile key, const Behaviour& behaviour, std::uint64_t seed, transport::Context& context,
               Ledger& ledger)
    : key_(std::move(key)),
      behaviour_(behaviour),
      context_(context),
      ledger_(ledger),
      draw_(seed),
      readings_(draw_.next()) {}

agent::Clock Device::clock(std::int64_t now_ms) const {
    if (behaviour_.unset_clock) return {now_ms, (now_ms - power_on_ms_) * 1000, false};
    return {now_ms, wall_us(), true};
}

void Device::start(std::int64_t now_ms) { power_on(now_ms); }

void Device::power_on(std::int64_t now_ms) {
    socket_.reset();
    connected_ = false;
    waiting_.clear();
    agent::AgentConfig config;
    config.self = key_.peer;
    config.key = key_.key;
    config.broker = key_.broker;
    config.endpoint = key_.agents;
    config.boot_id = "swarm-" + std::to_string(draw_.next());
    random_bytes(config.spool);
    config.version = kVersion;
    config.model = "simulated";
    for (const auto& command : builtin_commands()) {
        config.catalogue.push_back({std::string(command.name), std::string(command.help), {}});
        config.at_once.emplace_back(command.name);
    }
    config.sample_interval_ms = behaviour_.sample_interval_ms;
    config.spool_bytes = behaviour_.spool_bytes;
    config.seed = draw_.next();
    disk_.close();
    if (!behaviour_.spool_path.empty())
        disk_.open(behaviour_.spool_path + "/" + key_.peer.id,
                   {behaviour_.spool_max, behaviour_.spill_after_ms}, config);
    spool_ = config.spool;
    acknowledged_ = 0;
    power_on_ms_ = now_ms;
    power_off_ms_ = std::numeric_limits<std::int64_t>::max();
    if (behaviour_.restart_every_ms > 0)
        power_off_ms_ = now_ms + static_cast<std::int64_t>(2 * draw_.share() *
                                                           static_cast<double>(behaviour_.restart_every_ms));
    core_.emplace(std::move(config));
    perform(core_->start(clock(now_ms)), now_ms);
}

int Device::descriptor() const { return socket_ ? socket_->descriptor() : -1; }

std::int64_t Device::wake_at_ms() const {
    return core_ ? std::min(core_->wake_at_ms(), power_off_ms_) : std::numeric_limits<std::int64_t>::max();
}

void Device::on_timer(std::int64_t now_ms) {
    if (now_ms >= power_off_ms_) {
        ++counters_.restarts;
        return power_on(now_ms);
    }
    perform(core_->on_timer(clock(now_ms), fresh_nonce()), now_ms);
}

void Device::on_socket(std::int64_t now_ms) {
    notice_connection(now_ms);
    // Any frame may close the socket, so it is looked at anew each time.
    while (socket_) {
        const auto received = socket_->receive({&message_, 1});
        if (received.status == transport::Received::none || received.status == transport::Received::failed)
            break;
        if (received.status == transport::Received::refused || lost()) continue;
        perform(core_->on_frame(message_.bytes(), clock(now_ms)), now_ms);
    }
    notice_connection(now_ms);
    if (const std::uint64_t head = core_->spool().acknowledged().metrics; head != acknowledged_) {
        acknowledged_ = head;
        ledger_.acknowledged(key_.peer.id, spool_, head);
    }
}

// With `immediate`, a DEALER can be written to exactly while it is connected: that takes no monitor, whose
// two sockets would cost two descriptors a device.
void Device::notice_connection(std::int64_t now_ms) {
    if (!socket_) return;
    const bool connected = socket_->readiness().writable;
    if (connected == connected_) return;
    connected_ = connected;
    const auto event = connected ? agent::ConnectionEvent::connected : agent::ConnectionEvent::disconnected;
    perform(core_->on_connection(event, clock(now_ms), fresh_nonce()), now_ms);
}

void Device::stop(std::int64_t now_ms) {
    perform(core_->stop(clock(now_ms), "the swarm was stopped"), now_ms);
}

void Device::perform(agent::Actions actions, std::int64_t now_ms) {
    for (auto& action : actions) waiting_.push_back(std::move(action));
    if (performing_) return;
    performing_ = true;
    while (!waiting_.empty()) {
        agent::Action action = std::move(waiting_.front());
        waiting_.pop_front();
        for (auto& next : perform_one(action, now_ms)) waiting_.push_back(std::move(next));
    }
    performing_ = false;
}

agent::Actions Device::perform_one(agent::Action& action, std::int64_t now_ms) {
    if (const auto* send = std::get_if<agent::Send>(&action)) {
        if (socket_ && !lost()) (void)socket_->send(transport::Message::copy_of(send->frame));
    } else if (std::holds_alternative<agent::OpenSocket>(action)) {
        return open(now_ms);
    } else if (std::holds_alternative<agent::CloseSocket>(action)) {
        socket_.reset();
        connected_ = false;
    } else if (std::holds_alternative<agent::TakeSample>(action)) {
        const std::uint64_t number = core_->spool().heads().metrics + 1;
        ++counters_.samples;
        ledger_.sample(key_.peer.id, spool_, number);
        auto points = readings_.sample(spool_, number, now_ms - power_on_ms_);
        if (!behaviour_.short_readings) {
            auto rest = readings_.rest();
            points.insert(points.end(), std::make_move_iterator(rest.begin()),
                          std::make_move_iterator(rest.end()));
        }
        return core_->on_sample(points, clock(now_ms));
    } else if (const auto* command = std::get_if<agent::RunCommand>(&action)) {
        return run(*command, now_ms);
    } else if (const auto* save = std::get_if<agent::SaveKey>(&action)) {
        // A swarm keeps no key files: it comes over in memory, and asks again after it was stopped.
        key_.peer.generation = save->generation;
        key_.key = save->key;
        return core_->on_key_saved(*save, Done{}, clock(now_ms));
    }
    return std::visit(
        [&](const auto& other) -> agent::Actions {
            if constexpr (agent::DiskAction<std::remove_cvref_t<decltype(other)>>)
                return disk_.perform(other, *core_, clock(now_ms));
            return {};
        },
        action);
}

agent::Actions Device::open(std::int64_t now_ms) {
    connected_ = false;
    try {
        socket_.emplace(transport::Socket::dealer(context_, options_of(key_)));
    } catch (const std::runtime_error&) {
        // Too many are open, because libzmq has not closed all yet that were given up: try again later.
        return core_->on_connection(agent::ConnectionEvent::unreachable, clock(now_ms), fresh_nonce());
    }
    ++opened_;
    (void)socket_->connect(key_.agents);
    return {};
}

agent::Actions Device::run(const agent::RunCommand& command, std::int64_t now_ms) {
    ++counters_.commands;
    ledger_.ran(key_.peer.id, command.command);
    agent::CommandFinished finished;
    finished.command = command.command;
    finished.out = command.name == "hostname" ? key_.peer.id + "\n" : "";
    if (finished.out.size() < behaviour_.result_bytes)
        finished.out.append(behaviour_.result_bytes - finished.out.size(), '.');
    return core_->on_command_finished(std::move(finished), clock(now_ms));
}

}  // namespace pncp::swarm
