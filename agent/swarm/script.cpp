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
              {"usage_idle", 100 - busy},
              {"usage_active", busy}}},
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

std::vector<Point> Readings::rest() {
    constexpr double kHot = 80;  // where a Pi's firmware begins to slow it down
    constexpr int kCores = 4;
    constexpr std::int64_t kSwap = 200'000'000;
    const auto whole = [](double value) { return static_cast<std::int64_t>(value); };
    std::vector<Point> points;
    for (int core = 0; core < kCores; ++core) {
        const double busy = std::clamp(busy_ + (draw_.share() - 0.5) * 20, 0.0, 100.0);
        points.push_back({"cpu",
                          {{"cpu", "cpu" + std::to_string(core)}},
                          {{"usage_active", busy},
                           {"usage_user", busy * 0.7},
                           {"usage_system", busy * 0.25},
                           {"usage_iowait", busy * 0.05},
                           {"usage_idle", 100 - busy}}});
    }
    points.push_back(
        {"cpu",
         {{"cpu", "cpu-total"}},
         {{"usage_nice", 0.0}, {"usage_irq", 0.0}, {"usage_softirq", 0.0}, {"usage_steal", 0.0}}});
    const double free = 100 - memory_;
    points.push_back({"mem",
                      {},
                      {{"free", whole(free * 1e7)},
                       {"cached", whole(free * 2.5e7)},
                       {"buffered", whole(free * 0.5e7)},
                       {"available_percent", free}}});
    const double swapped = memory_ > 50 ? memory_ - 50 : 0;
    points.push_back(
        {"swap", {}, {{"total", kSwap}, {"used", whole(swapped * 2e6)}, {"used_percent", swapped}}});
    written_ += whole(draw_.share() * 1e5);
    points.push_back(
        {"diskio", {{"name", "mmcblk0"}}, {{"read_bytes", written_ / 3}, {"write_bytes", written_}}});
    points.push_back({"net",
                      {{"interface", "eth0"}},
                      {{"packets_recv", received_ / 900},
                       {"packets_sent", sent_ / 200},
                       {"err_in", std::int64_t{0}},
                       {"err_out", std::int64_t{0}},
                       {"drop_in", received_ / 90'000'000},
                       {"drop_out", std::int64_t{0}}}});
    points.push_back(
        {"wireless",
         {{"interface", "wlan0"}},
         {{"level", -40 - whole(draw_.share() * 30)}, {"link", 70 - whole(draw_.share() * 30)}}});
    const bool hot = temperature_ > kHot;
    points.push_back({"pi_throttled",
                      {},
                      {{"under_voltage", draw_.share() < 0.001},
                       {"frequency_capped", hot},
                       {"throttled", hot},
                       {"soft_temp_limit", temperature_ > kHot - 20}}});
    points.push_back({"pi_soc",
                      {},
                      {{"core_voltage", 0.85},
                       {"arm_clock", hot ? std::int64_t{1'000'000'000} : std::int64_t{1'500'000'000}},
                       {"core_clock", std::int64_t{500'000'000}}}});
    points.push_back({"pi_sd",
                      {{"device", "mmcblk0"}},
                      {{"write_bytes", written_},
                       {"lifetime_write_bytes", whole(disk_ * 1e10) + written_},
                       {"days_left", 3'650 - disk_ * 30}}});
    points.push_back({"pi_info", {}, {{"model", std::string("Raspberry Pi 4 Model B (simulated)")}}});
    return points;
}

}  // namespace pncp::swarm
