#include "agent/swarm/swarm_thread.hpp"

#include <sys/epoll.h>
#include <unistd.h>

#include <array>
#include <stdexcept>

#include "schema/program/clock.hpp"

namespace pncp::swarm {

namespace {
/// stop() is noticed within this.
constexpr std::int64_t kLongestWaitMs = 100;
}  // namespace

SwarmThread::SwarmThread() : epoll_(epoll_create1(EPOLL_CLOEXEC)) {
    if (epoll_ < 0) throw std::runtime_error("the kernel gives no epoll: too many files are open");
}
SwarmThread::~SwarmThread() { close(epoll_); }

Counters SwarmThread::counters() const { return {samples_, commands_, restarts_}; }

void SwarmThread::run(std::int64_t start_over_ms) {
    const std::int64_t begin_ms = boottime_ms();
    const auto count = static_cast<std::int64_t>(devices_.size());
    for (std::int64_t i = 0; i < count; ++i) {
        const auto index = static_cast<std::size_t>(i);
        devices_[index].wake_ms = begin_ms + start_over_ms * i / count;
        timers_.emplace(devices_[index].wake_ms, index);
    }
    bool told = false;
    std::array<epoll_event, 256> events{};
    while (true) {
        std::int64_t now_ms = boottime_ms();
        run_timers(now_ms);
        if (stopping_ && !told) {
            told = true;
            stop_devices(now_ms);
        }
        if (told) {
            bool done = true;
            for (const Entry& entry : devices_) done = done && (!entry.started || entry.device->stopped());
            if (done) return;
        }
        const std::int64_t next_ms = timers_.empty() ? now_ms + kLongestWaitMs : timers_.top().first;
        const int wait_ms = static_cast<int>(std::clamp<std::int64_t>(next_ms - now_ms, 0, kLongestWaitMs));
        const int ready = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), wait_ms);
        now_ms = boottime_ms();
        for (int i = 0; i < ready; ++i) {
            const auto index = static_cast<std::size_t>(events[static_cast<std::size_t>(i)].data.u64);
            devices_[index].device->on_socket(now_ms);
            settle(index);
        }
    }
}

void SwarmThread::run_timers(std::int64_t now_ms) {
    while (!timers_.empty() && timers_.top().first <= now_ms) {
        const auto [at_ms, index] = timers_.top();
        timers_.pop();
        Entry& entry = devices_[index];
        if (at_ms != entry.wake_ms) continue;  // it has moved since
        if (!entry.started) {
            if (stopping_) continue;
            entry.started = true;
            entry.device->start(now_ms);
        } else {
            entry.device->on_timer(now_ms);
        }
        entry.wake_ms = 0;
        settle(index);
    }
}

// What follows from anything that happened to a device: its socket may be another, its next timer too.
void SwarmThread::settle(std::size_t index) {
    Entry& entry = devices_[index];
    Device& device = *entry.device;
    if (entry.watched != device.opened() || device.descriptor() < 0) {
        // A closed descriptor leaves the epoll by itself.
        entry.descriptor = device.descriptor();
        entry.watched = device.opened();
        if (entry.descriptor >= 0) {
            epoll_event event{};
            event.events = EPOLLIN;
            event.data.u64 = index;
            epoll_ctl(epoll_, EPOLL_CTL_ADD, entry.descriptor, &event);
        }
    }
    // Sending may have taken the sign of what had come in meanwhile.
    if (entry.descriptor >= 0) device.on_socket(boottime_ms());
    if (entry.watched != device.opened()) return settle(index);
    if (device.in_session() != entry.in_session) {
        entry.in_session = device.in_session();
        in_session_ += entry.in_session ? 1U : ~std::size_t{0};
    }
    const Counters& now = device.counters();
    if (now.samples + now.commands + now.restarts > 0) {
        samples_ += now.samples - std::exchange(entry.counted.samples, now.samples);
        commands_ += now.commands - std::exchange(entry.counted.commands, now.commands);
        restarts_ += now.restarts - std::exchange(entry.counted.restarts, now.restarts);
    }
    const std::int64_t wake_ms = device.stopped() ? 0 : device.wake_at_ms();
    if (wake_ms != 0 && wake_ms != entry.wake_ms) {
        entry.wake_ms = wake_ms;
        timers_.emplace(wake_ms, index);
    }
}

void SwarmThread::stop_devices(std::int64_t now_ms) {
    for (std::size_t index = 0; index < devices_.size(); ++index) {
        if (!devices_[index].started) continue;
        devices_[index].device->stop(now_ms);
        settle(index);
    }
}

}  // namespace pncp::swarm
