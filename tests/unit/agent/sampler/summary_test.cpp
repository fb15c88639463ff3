#include "agent/sampler/summary.hpp"

#include <gtest/gtest.h>

#include "agent/sampler/cpu.hpp"

namespace pncp {

TEST(MetricsJson, KeepsTheKeysOfTheOriginal) {
    MetricsSummary summary;
    summary.cpu_percent = {12.34, 0};
    summary.memory.memory = MemoryReading{1000, 600, 200, 10, 20};
    summary.memory.swap = SwapReading{100, 75};
    summary.system.load = LoadAverage{0.1, 0.2, 0.3};
    summary.system.uptime_s = 3600;
    summary.system.users = 2;
    summary.root_disk = DiskSpace{1000, 450, 450, 50, 20};
    summary.net = {{"eth0", 9, 1, 10, 2, 3, 11, 4, 12}};
    EXPECT_EQ(metrics_json(summary),
              R"({"cpu_percent":[12.3,0.0],)"
              R"("memory":{"total":1000,"used":400,"free":200,"percent":40.0,)"
              R"("swap_total":100,"swap_used":25,"swap_free":75,"swap_percent":25.0},)"
              R"("load_avg":{"1min":0.10,"5min":0.20,"15min":0.30},)"
              R"("disk":{"total":1000,"used":450,"free":450,"percent":50.0},)"
              R"("net":{"eth0":{"bytes_sent":9,"bytes_recv":1}},"uptime":3600,"users":2})");
}

TEST(MetricsJson, WhatIsUnknownHasNoKey) { EXPECT_EQ(metrics_json({}), "{}"); }

TEST(MetricsJson, AHostileInterfaceNameStaysInsideItsKey) {
    MetricsSummary summary;
    summary.net = {{"\"},\x01\xFF", 1, 2, 0, 0, 0, 0, 0, 0}};
    EXPECT_EQ(metrics_json(summary), R"({"net":{"\"},\\x01\\xff":{"bytes_sent":1,"bytes_recv":2}}})");
}

TEST(MetricsJson, OfTheLargestMachineFitsOneStringOnTheWire) {
    MetricsSummary summary;
    summary.cpu_percent.assign(kMaxCores, 100.0);
    constexpr std::int64_t kMost = 9'223'372'036'854'775'807;
    summary.net.assign(kMaxInterfaces, {std::string(15, '\x01'), kMost, kMost, 0, 0, 0, 0, 0, 0});
    EXPECT_LT(metrics_json(summary).size(), 15U * 1024);
}

}  // namespace pncp
