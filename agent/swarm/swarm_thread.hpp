// Thousands of devices on one thread: an epoll over their sockets and a heap of their timers. The thread that
// calls run() owns everything in it.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <queue>
#include <vector>

#include "agent/swarm/device.hpp"

namespace pncp::swarm {

class SwarmThread {
  public:
    /// Throws std::runtime_error when the kernel gives no epoll.
    SwarmThread();
    ~SwarmThread();
    SwarmThread(const SwarmThread&) = delete;
    SwarmThread& operator=(const SwarmThread&) = delete;

    void add(std::unique_ptr<Device> device) { devices_.push_back({std::move(device)}); }

    /// Until stop(), then until every device has said goodbye. `start_over_ms`: the devices are switched on
    /// evenly over this time.
    void run(std::int64_t start_over_ms);
    /// From any thread.
    void stop() { stopping_ = true; }

    // From any thread; a moment old.
    [[nodiscard]] std::size_t in_session() const { return in_session_; }
    [[nodiscard]] Counters counters() const;

  private:
    struct Entry {
        std::unique_ptr<Device> device;
        std::uint64_t watched = 0;  ///< the socket, as Device::opened() counts them
        int descriptor = -1;
        std::int64_t wake_ms = 0;  ///< of its newest entry in the heap
        bool started = false;
        Counters counted{};  ///< of the device, as far as the thread has them
        bool in_session = false;
    };
    using Timer = std::pair<std::int64_t, std::size_t>;

    void settle(std::size_t index);
    void run_timers(std::int64_t now_ms);
    void stop_devices(std::int64_t now_ms);

    std::vector<Entry> devices_;
    std::priority_queue<Timer, std::vector<Timer>, std::greater<>> timers_;
    int epoll_ = -1;
    std::atomic<bool> stopping_ = false;
    std::atomic<std::size_t> in_session_ = 0;
    std::atomic<std::uint64_t> samples_ = 0;
    std::atomic<std::uint64_t> commands_ = 0;
    std::atomic<std::uint64_t> restarts_ = 0;
};

}  // namespace pncp::swarm
