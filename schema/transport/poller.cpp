#include "schema/transport/poller.hpp"

#include <algorithm>
#include <cerrno>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>
#include <zmq.hpp>

namespace pncp::transport {

/// `polled[i]` belongs to `tags[i]`; `ready` has room for all of them, so that wait() allocates nothing.
struct Poller::Items {
    std::vector<zmq_pollitem_t> polled;
    std::vector<std::uint64_t> tags;
    std::vector<Ready> ready;

    // libzmq looks at the descriptor only when there is no socket.
    std::size_t find(void* socket, int fd) const {
        const auto same = [&](const zmq_pollitem_t& item) { return item.socket == socket && item.fd == fd; };
        return static_cast<std::size_t>(std::find_if(polled.begin(), polled.end(), same) - polled.begin());
    }

    void add(void* socket, int fd, std::uint64_t tag, Want want) {
        int events = 0;
        if (want != Want::writable) events |= ZMQ_POLLIN;
        if (want != Want::readable) events |= ZMQ_POLLOUT;
        const std::size_t at = find(socket, fd);
        if (at == polled.size()) {
            polled.emplace_back();
            tags.emplace_back();
            ready.reserve(polled.size());
        }
        polled[at] = {socket, fd, static_cast<short>(events), 0};
        tags[at] = tag;
    }

    void remove(void* socket, int fd) {
        const std::size_t at = find(socket, fd);
        if (at == polled.size()) return;
        polled.erase(polled.begin() + static_cast<std::ptrdiff_t>(at));
        tags.erase(tags.begin() + static_cast<std::ptrdiff_t>(at));
    }
};

Poller::Poller() : items_(std::make_unique<Items>()) {}
Poller::~Poller() = default;
Poller::Poller(Poller&&) noexcept = default;
Poller& Poller::operator=(Poller&&) noexcept = default;

void Poller::add(const Socket& socket, std::uint64_t tag, Want want) {
    items_->add(socket.handle(), -1, tag, want);
}
void Poller::add_fd(int fd, std::uint64_t tag, Want want) { items_->add(nullptr, fd, tag, want); }
void Poller::remove(const Socket& socket) { items_->remove(socket.handle(), -1); }
void Poller::remove_fd(int fd) { items_->remove(nullptr, fd); }

std::span<const Ready> Poller::wait(std::int64_t timeout_ms) {
    // zmq_poll turns the time into an int for poll(2).
    const auto bounded = std::clamp<std::int64_t>(timeout_ms, -1, std::numeric_limits<int>::max());
    items_->ready.clear();
    auto& polled = items_->polled;
    if (zmq_poll(polled.data(), static_cast<int>(polled.size()), static_cast<long>(bounded)) < 0) {
        if (errno == EINTR) return {};
        throw std::logic_error(std::string("cannot wait for sockets: ") + zmq_strerror(errno));
    }
    for (std::size_t i = 0; i < polled.size(); ++i) {
        const int events = polled[i].revents;
        if (events == 0) continue;
        const bool broken = (events & ZMQ_POLLERR) != 0;  // hung up or failed: let the owner find out
        const bool wants_in = (polled[i].events & ZMQ_POLLIN) != 0;
        const bool wants_out = (polled[i].events & ZMQ_POLLOUT) != 0;
        items_->ready.push_back({items_->tags[i], (events & ZMQ_POLLIN) != 0 || (broken && wants_in),
                                 (events & ZMQ_POLLOUT) != 0 || (broken && wants_out)});
    }
    return items_->ready;
}

}  // namespace pncp::transport
