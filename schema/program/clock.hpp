// The machine's clocks, its boot id and its random source: what loops read and cores are told.
// Thread rule: any thread. No state.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace pncp {

/// Milliseconds since boot, sleep included (CLOCK_BOOTTIME): what every time-out and interval is measured
/// with.
[[nodiscard]] std::int64_t boottime_ms();

/// Microseconds since 1970 (CLOCK_REALTIME). May jump; a Pi without a battery may start in 1970.
[[nodiscard]] std::int64_t wall_us();

/// True if the kernel says that NTP (or a GPS, …) holds the clock (adjtimex, STA_UNSYNC clear).
[[nodiscard]] bool clock_synced();

/// The kernel's random name of this boot, 36 characters, from /proc/sys/kernel/random/boot_id; "unknown" if
/// unreadable.
[[nodiscard]] std::string boot_id();

/// Fills `out` with bytes fit for keys and nonces (getrandom). Throws std::system_error if the kernel
/// refuses, which only a sandbox that forbids the call brings about: going on without randomness would be
/// worse than stopping.
void random_bytes(std::span<std::uint8_t> out);

}  // namespace pncp
