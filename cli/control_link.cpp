#include "cli/control_link.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include "schema/program/clock.hpp"

namespace pncp::cli {
namespace {

constexpr std::uint64_t kSignalTag = 1;
/// A local broker answers within milliseconds. One that has not by now may not be there at all, which a look
/// at its socket tells at once; libzmq would go on dialling until the time is up.
constexpr std::int64_t kProbeAfterMs = 300;
constexpr std::string_view kIpc = "ipc://";

}  // namespace

ControlLink::ControlLink(Route route, Signals signals)
    : endpoint_(route.endpoint),
      signals_(std::move(signals)),
      client_(context_, poller_, route.key, std::move(route.endpoint)) {
    poller_.add_fd(signals_.fd(), kSignalTag);
    // Signals::open ignores SIGPIPE, for daemons. `pncp-cli agents | head` should end quietly.
    std::signal(SIGPIPE, SIG_DFL);
}

ControlLink::~ControlLink() { poller_.remove_fd(signals_.fd()); }

std::variant<Reply, Failure> ControlLink::call(const Request& request, std::int64_t timeout_ms) {
    std::int64_t now_ms = boottime_ms();
    const std::int64_t deadline_ms = now_ms + timeout_ms;
    const std::int64_t probe_at_ms = now_ms + kProbeAfterMs;
    bool maybe_sent = false;
    const auto failed = [&](Failure failure) {
        failure.maybe_sent = maybe_sent;
        return failure;
    };
    last_trouble_.reset();
    // A reply that comes after all to a request which was given up must not be taken for this one's.
    if (client_.busy()) client_.renew(now_ms);
    for (;; now_ms = boottime_ms()) {
        // A lost session takes the request with it; every request may be sent again.
        if (!client_.busy()) client_.start(request, now_ms);
        client_.step(now_ms);
        maybe_sent = maybe_sent || client_.established();
        while (auto news = client_.next_news()) {
            if (auto* replied = std::get_if<Replied>(&*news)) {
                // From now on its absence is a restart, which is waited for.
                probed_ = true;
                return std::move(replied->reply);
            }
            const auto* trouble = std::get_if<Trouble>(&*news);
            if (trouble == nullptr) continue;
            if (auto failure = take_trouble(trouble->problem)) return failed(std::move(*failure));
        }
        if (signals_.next()) return failed({ExitCode::interrupted, {"interrupted", {}}});
        if (now_ms >= deadline_ms) return failed(unreachable());
        std::int64_t wake_ms = std::min(deadline_ms, client_.wake_at_ms());
        if (!probed_ && !client_.established()) {
            probed_ = now_ms >= probe_at_ms;
            if (probed_ && nobody_listens()) return failed(unreachable());
            if (!probed_) wake_ms = std::min(wake_ms, probe_at_ms);
        }
        static_cast<void>(poller_.wait(std::max<std::int64_t>(wake_ms - now_ms, 0)));
    }
}

std::optional<Failure> ControlLink::take_trouble(const ControlProblem& problem) {
    switch (problem.failure) {
        case ControlFailure::refused:
        case ControlFailure::wrong_broker:
            return Failure{ExitCode::configuration, problem.error};
        case ControlFailure::protocol:
            return Failure{ExitCode::internal, problem.error};
        case ControlFailure::timeout:
            last_trouble_ = problem.error;
            return std::nullopt;
        case ControlFailure::unreachable:
            return std::nullopt;
    }
    return std::nullopt;
}

bool ControlLink::nobody_listens() const {
    if (!endpoint_.starts_with(kIpc)) return false;
    const std::string_view path = std::string_view(endpoint_).substr(kIpc.size());
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) return false;
    std::memcpy(address.sun_path, path.data(), path.size());
    const int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (probe < 0) return false;
    const int result = ::connect(probe, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    const int error = result == 0 ? 0 : errno;
    close(probe);
    return error == ECONNREFUSED || error == ENOENT;
}

Failure ControlLink::unreachable() const {
    if (last_trouble_) return {ExitCode::broker_unreachable, *last_trouble_};
    const std::string how = endpoint_.starts_with(kIpc)
                                ? "Start it with: systemctl start pncp-broker (or pncp-broker)"
                                : "On its machine, see: systemctl status pncp-broker";
    return {ExitCode::broker_unreachable,
            {"cannot reach the broker at " + endpoint_, "is pncp-broker running? " + how}};
}

std::variant<std::unique_ptr<BrokerLink>, Failure> connect(const Settings& settings, const Place& place) {
    auto route = choose_route(settings, place);
    if (auto* failure = std::get_if<Failure>(&route)) return std::move(*failure);
    auto signals = Signals::open();
    if (!signals) return Failure{ExitCode::internal, signals.error()};
    return std::make_unique<ControlLink>(std::move(std::get<Route>(route)), std::move(*signals));
}

}  // namespace pncp::cli
