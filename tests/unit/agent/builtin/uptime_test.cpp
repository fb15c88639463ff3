#include <gtest/gtest.h>

#include "agent/builtin/commands.hpp"

namespace pncp::builtin {
namespace {

std::string line(std::int64_t uptime_s) {
    SystemReading reading;
    reading.uptime_s = uptime_s;
    return uptime_line(reading);
}

}  // namespace

TEST(UptimeCommand, ReadsLikeTheClassicOne) {
    SystemReading reading;
    reading.uptime_s = 3 * 86'400 + 4 * 3'600 + 5 * 60 + 59;
    reading.users = 2;
    reading.load = LoadAverage{0.1, 0.2, 0.3};
    EXPECT_EQ(uptime_line(reading), "up 3 days, 4:05, 2 users, load average: 0.10, 0.20, 0.30\n");
    reading.users = 1;
    reading.load.reset();
    EXPECT_EQ(uptime_line(reading), "up 3 days, 4:05, 1 user\n");
}

TEST(UptimeCommand, ShortTimesAreInMinutes) {
    EXPECT_EQ(line(0), "up 0 min\n");
    EXPECT_EQ(line(3'599), "up 59 min\n");
    EXPECT_EQ(line(3'600), "up 1:00\n");
    EXPECT_EQ(line(86'400 + 180), "up 1 day, 3 min\n");
}

TEST(UptimeCommand, UsersAndLoadAreLeftOutWhereTheyAreNotKnown) {
    SystemReading reading;
    reading.uptime_s = 60;
    reading.users = 0;
    EXPECT_EQ(uptime_line(reading), "up 1 min, 0 users\n");
}

}  // namespace pncp::builtin
