// Real processes that leave their command's group.
#include "agent/executor/orphans.hpp"

#include <gmock/gmock.h>

#include <iterator>
#include <sstream>

#include "tests/unit/agent/executor/process_bench.hpp"

namespace pncp::agent {
namespace {

class OrphansTest : public test::Bench {
  protected:
    void SetUp() override {
        if (!orphans_.adopts()) GTEST_SKIP() << "this kernel lists no children";
    }
    /// Sweeps as the agent's loop would after a run has ended, until `pid` is gone or `most` times.
    bool gone(int pid, int most = 200) {
        orphans_.on_run_ended(boottime_ms());
        for (int i = 0; i < most && test::alive(pid); ++i) {
            std::vector<pid_t> leaders;
            executor().add_leaders(leaders);
            orphans_.turn(leaders, boottime_ms());
            turn(boottime_ms() + 20);
        }
        return !test::alive(pid);
    }
    static int number(const std::string& text) { return std::stoi(text); }
    /// The process id that `setsid` leaves in a file, once it is there.
    int left_in(const std::string& file) {
        until("the orphan", [&] { return read_text(folder_ / file).ends_with('\n'); });
        return number(read_text(folder_ / file));
    }
    /// Lines that leave a process behind in a session of its own, and then its id in a file: `$()` waits
    /// until it has got so far.
    std::string detached(const std::string& file) {
        return "left=$(setsid --fork /bin/sh -c 'echo $$; exec >&-; exec sleep 1000' 2>/dev/null)\n"
               "echo $left >> " +
               (folder_ / file);
    }

    Orphans orphans_;
};

TEST_F(OrphansTest, WhatLeftItsGroupEndsWithItsCommand) {
    script("escape", detached("pid"));
    EXPECT_EQ(run("escape").outcome, Outcome::finished);
    const int pid = left_in("pid");
    EXPECT_TRUE(test::alive(pid)) << "killing the group did not reach it";
    EXPECT_TRUE(gone(pid));
    EXPECT_FALSE(orphans_.wake_at_ms() && *orphans_.wake_at_ms() > boottime_ms() + 1'000) << "then it rests";
}

TEST_F(OrphansTest, AnOrphanOfACommandThatRunsIsLeftAloneUntilThatEnds) {
    script("long", detached("pid") + "\nexec sleep 1000");
    script("short", "exit 0");
    const Id16 running = start("long");
    const int pid = left_in("pid");
    EXPECT_EQ(run("short").outcome, Outcome::finished);
    EXPECT_FALSE(gone(pid, 5));
    executor().cancel(running, boottime_ms());
    EXPECT_EQ(result(running).outcome, Outcome::cancelled);
    EXPECT_TRUE(gone(pid));
}

TEST_F(OrphansTest, AnOrphanOlderThanEveryRunIsEndedAlthoughOthersRun) {
    script("escape", detached("pid"));
    script("long", "exec sleep 1000");
    (void)run("escape");
    const int pid = left_in("pid");
    // Start times are told in hundredths of a second.
    const std::int64_t later = boottime_ms() + 30;
    until("a later tick", [&] { return boottime_ms() >= later; });
    const Id16 running = start("long");
    EXPECT_TRUE(gone(pid));
    EXPECT_EQ(executor().running(), 1U);
    executor().cancel(running, boottime_ms());
    EXPECT_EQ(result(running).outcome, Outcome::cancelled) << "and the command itself was left alone";
}

TEST_F(OrphansTest, ABombThatLeavesItsGroupIsCleanedUp) {
    script("bomb", "i=0; while [ $i -lt 20 ]; do\n" + detached("pids") + "\ni=$((i+1)); done");
    EXPECT_EQ(run("bomb").outcome, Outcome::finished);
    std::istringstream text(read_text(folder_ / "pids"));
    const std::vector<int> pids(std::istream_iterator<int>(text), {});
    EXPECT_EQ(pids.size(), 20U);
    for (const int pid : pids) EXPECT_TRUE(gone(pid));
}

}  // namespace
}  // namespace pncp::agent
