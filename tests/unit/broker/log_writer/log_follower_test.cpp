#include "broker/log_writer/log_follower.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/unit/broker/log_writer/log_lines.hpp"

namespace pncp::log_writer {
namespace {

class LogFollowerTest : public ::testing::Test {
  protected:
    void append(const std::string& text) { std::ofstream(path, std::ios::app) << text; }
    void write(std::size_t events) {
        const std::size_t before = log.lines.size();
        if (!std::filesystem::exists(path)) log.header();
        log.events(events);
        for (std::size_t i = before; i < log.lines.size(); ++i) append(log.lines[i] + "\n");
    }
    void expect_all() {
        for (auto more = follower.poll(); more.ok() && !more->empty(); more = follower.poll())
            got.insert(got.end(), more->begin(), more->end());
        EXPECT_EQ(got, log.lines);
    }
    pncp::testing::TempFolder folder;
    std::string path = folder / "x";
    LineMaker log;
    LogFollower follower{path};
    std::vector<std::string> got;
};

TEST_F(LogFollowerTest, WaitsForTheFileAndForWholeLines) {
    EXPECT_TRUE(follower.poll()->empty());
    write(2);
    append("{\"seq\":");
    expect_all();
    EXPECT_TRUE(follower.poll()->empty());
}

TEST_F(LogFollowerTest, GoesOnInTheNextFileAndMissesNoneBetween) {
    write(2);
    expect_all();
    write(2);
    std::filesystem::rename(path, path + ".000001");
    write(3);
    std::filesystem::rename(path, path + ".000002");
    write(1);
    expect_all();
    write(1);
    expect_all();
}

TEST_F(LogFollowerTest, StaysWithAFileThatWasMovedAwayUntilTheNextOneHasALine) {
    write(2);
    expect_all();
    std::filesystem::rename(path, path + ".1");
    std::ofstream{path};
    EXPECT_TRUE(follower.poll()->empty());
    // The log writer has not been told yet.
    log.events(1);
    std::ofstream(path + ".1", std::ios::app) << log.lines.back() << "\n";
    expect_all();
    log.header();
    append(log.lines.back() + "\n");
    expect_all();
}

}  // namespace
}  // namespace pncp::log_writer
