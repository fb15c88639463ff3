#include "schema/program/clock.hpp"

#include <sys/random.h>
#include <sys/timex.h>

#include <cerrno>
#include <ctime>
#include <system_error>

#include "schema/program/files.hpp"

namespace pncp {
namespace {

timespec read_clock(clockid_t which) {
    timespec now{};
    clock_gettime(which, &now);
    return now;
}

}  // namespace

std::int64_t boottime_ms() {
    const timespec now = read_clock(CLOCK_BOOTTIME);
    return std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

std::int64_t wall_us() {
    const timespec now = read_clock(CLOCK_REALTIME);
    return std::int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1000;
}

bool clock_synced() {
    timex query{};
    return adjtimex(&query) >= 0 && (query.status & STA_UNSYNC) == 0;
}

std::string boot_id() {
    constexpr std::size_t kUuidLength = 36;
    auto file = read_file("/proc/sys/kernel/random/boot_id", 64);
    if (!file || file->text.size() < kUuidLength) return "unknown";
    return file->text.substr(0, kUuidLength);
}

void random_bytes(std::span<std::uint8_t> out) {
    while (!out.empty()) {
        const ssize_t got = getrandom(out.data(), out.size(), 0);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0)
            throw std::system_error(errno, std::generic_category(), "the kernel gives no random bytes");
        out = out.subspan(static_cast<std::size_t>(got));
    }
}

}  // namespace pncp
