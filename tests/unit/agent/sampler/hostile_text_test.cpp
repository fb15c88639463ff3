// Every parser is given the recorded files cut at every byte, and with bytes changed: whatever it makes of
// them, it stays within its promises. Run under the sanitizers this is a small fuzzer that always does the
// same.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <random>
#include <string>

#include "agent/sampler/sampler.hpp"
#include "agent/sampler/users.hpp"
#include "tests/unit/agent/sampler/temp_tree.hpp"

namespace pncp {
namespace {

void check_usage(std::string_view text) {
    CpuStat stat;
    parse_cpu_stat(text, stat);
    EXPECT_LE(stat.cores.size(), kMaxCores);
    for (const double percent : busy_percents(CpuStat{}, stat)) {
        EXPECT_GE(percent, 0.0);
        EXPECT_LE(percent, 100.0);
    }
}

void check_memory(std::string_view text) {
    const auto info = parse_meminfo(text);
    if (info.memory) {
        EXPECT_GT(info.memory->total, 0);
        EXPECT_GE(info.memory->used(), 0);
        EXPECT_GE(info.memory->cached, 0);
    }
    if (info.swap) {
        EXPECT_GE(info.swap->used(), 0);
    }
}

void check_rest(std::string_view text) {
    EXPECT_LE(askable_mounts(parse_mounts(text)).size(), kMaxMounts);
    EXPECT_LE(parse_net_dev(text).size(), kMaxInterfaces);
    EXPECT_GE(count_logged_in(text), 0);
    if (const auto load = parse_loadavg(text)) {
        EXPECT_TRUE(std::isfinite(load->load1));
    }
    if (const auto uptime = parse_uptime(text)) {
        EXPECT_GE(*uptime, 0);
    }
    if (const auto celsius = parse_millidegrees(text)) {
        EXPECT_LE(*celsius, 250.0);
    }
}

void check_devices(std::string_view text) {
    for (const auto& disk : parse_diskstats(text)) {
        EXPECT_GE(disk.write_bytes, 0);
    }
    EXPECT_LE(parse_wireless(text).size(), kMaxWireless);
    EXPECT_LE(parse_cores(text).size(), kMaxCores);
    ProcessCounts counts;
    const bool counted = count_process(text, counts);
    EXPECT_EQ(counts.total, counted ? 1 : 0);
    if (const auto stall = parse_pressure(text).some) {
        EXPECT_LE(stall->avg10, 100.0);
    }
    if (const auto speed = parse_speed(text)) {
        EXPECT_GT(*speed, 0);
    }
    for (const auto used : parse_life_time(text)) {
        EXPECT_LE(used.value_or(0), 110);
    }
}

void check_all(std::string_view text) {
    check_devices(text);
    check_usage(text);
    check_memory(text);
    check_rest(text);
}

std::vector<std::string> recorded_texts() {
    std::vector<std::string> texts;
    for (const auto* tree : {"pi3", "pi4", "pi5", "pi-zero-2w", "pc"})
        for (const auto* file :
             {"/proc/stat", "/proc/meminfo", "/proc/self/mountinfo", "/proc/net/dev", "/proc/loadavg",
              "/proc/uptime", "/sys/class/thermal/thermal_zone0/temp", "/proc/diskstats",
              "/proc/net/wireless", "/proc/pressure/memory", "/proc/411/stat"})
            if (auto text = test::text_of(test::tree_path(std::string{tree} + file)); !text.empty())
                texts.push_back(std::move(text));
    return texts;
}

}  // namespace

TEST(HostileText, CutAtAnyByteBreaksNoPromise) {
    for (const auto& text : recorded_texts())
        for (std::size_t length = 0; length <= text.size(); ++length)
            check_all(std::string_view{text}.substr(0, length));
}

TEST(HostileText, WithBytesChangedBreaksNoPromise) {
    constexpr std::string_view kSpice = "0123456789-:|\\/ \t\n.eE,\xff\x1b";
    std::mt19937 random{20'251'122};  // always the same changes, so that a failure can be run again
    for (const auto& text : recorded_texts()) {
        for (int round = 0; round < 300; ++round) {
            std::string changed = text;
            for (int i = 0; i < 8; ++i)
                changed[random() % changed.size()] =
                    round % 2 == 0 ? kSpice[random() % kSpice.size()] : static_cast<char>(random() & 0xFFU);
            check_all(changed);
        }
    }
}

}  // namespace pncp
