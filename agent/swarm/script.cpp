#include "agent/swarm/script.hpp"

#include <algorithm>

namespace pncp::swarm {

std::uint64_t Draw::next() {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15U);
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31U);
}

Readings::Readings(std::uint64_t seed)
    : draw_(seed),
      busy_(5 + 40 * draw_.share()),
      memory_(20 + 50 * draw_.share()),
      disk_(10 + 80 * draw_.share()),
      temperature_(40 + 25 * draw_.share()) {}

double Readings::wander(double& value, double low, double high, double step) {
    value = std::clamp(value + (draw_.share() - 0.5) * 2 * step, low, high);
    return value;
}

std::vector<Point> Readings::sample(const Id16& spool, std::uint64_t number, std::int64_t uptime_ms) {
    constexpr std::int64_t kMemory = 4'000'000'000;
    constexpr std::int64_t kDisk = 32'000'000'000;
    const double busy = wander(busy_, 0, 100, 5);
    const double memory = wander(memory_, 5, 95, 1);
    const double disk = wander(disk_, 5, 95, 0.01);
    const double load = busy / 25;
    const auto part = [](std::int64_t whole, double percent) {
        return static_cast<std::int64_t>(static_cast<double>(whole) * percent / 100);
    };
    received_ += static_cast<std::int64_t>(draw_.share() * 1e6);
    sent_ += static_cast<std::int64_t>(draw_.share() * 1e5);
    return {{"cpu",
             {{"cpu", "cpu-total"}},
             {{"usage_user", busy * 0.7},
              {"usage_system", busy * 0.25},
              {"usage_iowait", busy * 0.05},
              {"usage_idle", 100 - busy}}},
            {"mem",
             {},
             {{"total", kMemory},
              {"used", part(kMemory, memory)},
              {"available", kMemory - part(kMemory, memory)},
              {"used_percent", memory}}},
            {"disk",
             {{"path", "/"}},
             {{"total", kDisk},
              {"used", part(kDisk, disk)},
              {"free", kDisk - part(kDisk, disk)},
              {"used_percent", disk}}},
            {"system",
             {},
             {{"load1", load},
              {"load5", load},
              {"load15", load},
              {"n_users", std::int64_t{0}},
              {"uptime", uptime_ms / 1000}}},
            {"temp", {{"sensor", "cpu_thermal"}}, {{"temp", wander(temperature_, 30, 90, 0.5)}}},
            {"net", {{"interface", "eth0"}}, {{"bytes_recv", received_}, {"bytes_sent", sent_}}},
            {"swarm", {}, {{"seq", static_cast<std::int64_t>(number)}, {"spool", to_hex(spool)}}}};
}

}  // namespace pncp::swarm
