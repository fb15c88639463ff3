#include "schema/program/notify.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace pncp {
namespace {

std::optional<std::int64_t> parse_positive(const char* text) {
    if (text == nullptr) return std::nullopt;
    std::int64_t value = 0;
    const char* end = text + std::strlen(text);
    const auto [stop, problem] = std::from_chars(text, end, value);
    if (problem != std::errc{} || stop != end || value <= 0) return std::nullopt;
    return value;
}

}  // namespace

Notifier::Notifier(std::string socket) : socket_(std::move(socket)) {
    if (!socket_.empty()) fd_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

Notifier Notifier::from_environment() {
    const char* socket = std::getenv("NOTIFY_SOCKET");
    return Notifier(socket == nullptr ? "" : socket);
}

Notifier::Notifier(Notifier&& other) noexcept
    : socket_(std::move(other.socket_)), fd_(std::exchange(other.fd_, -1)) {}

Notifier::~Notifier() {
    if (fd_ >= 0) close(fd_);
}

bool Notifier::status(std::string_view text) {
    std::string message = "STATUS=";
    message += text;
    std::replace(message.begin(), message.end(), '\n', ' ');
    return send(message);
}

bool Notifier::send(std::string_view message) {
    sockaddr_un address{};
    if (fd_ < 0 || socket_.size() >= sizeof address.sun_path) return false;
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, socket_.data(), socket_.size());
    if (socket_[0] == '@') address.sun_path[0] = '\0';
    // An abstract name has no terminator: the length says where it ends. A path is fine without one too.
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
    return sendto(fd_, message.data(), message.size(), MSG_NOSIGNAL,
                  reinterpret_cast<const sockaddr*>(&address),
                  length) == static_cast<ssize_t>(message.size());
}

std::optional<std::int64_t> watchdog_interval_ms(const char* watchdog_usec, const char* watchdog_pid,
                                                 std::int64_t own_pid) {
    const auto usec = parse_positive(watchdog_usec);
    if (!usec) return std::nullopt;
    if (watchdog_pid != nullptr && parse_positive(watchdog_pid) != own_pid) return std::nullopt;
    return std::max<std::int64_t>(1, *usec / 2000);
}

std::optional<std::int64_t> watchdog_interval_ms() {
    return watchdog_interval_ms(std::getenv("WATCHDOG_USEC"), std::getenv("WATCHDOG_PID"), getpid());
}

}  // namespace pncp
