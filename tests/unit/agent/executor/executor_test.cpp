// Real processes, well and badly behaved. Nothing sleeps: every wait is for a descriptor or a deadline.
#include "agent/executor/executor.hpp"

#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>

#include "agent/executor/run.hpp"
#include "tests/unit/agent/executor/process_bench.hpp"

using namespace pncp;
using namespace pncp::agent;
using namespace pncp::agent::test;
using testing::HasSubstr;

namespace {

class ExecutorTest : public Bench {};

long resident_kib() {
    std::ifstream file("/proc/self/statm");
    long pages = 0;
    file >> pages >> pages;
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

}  // namespace

TEST_F(ExecutorTest, StreamsComeApartWithTheExitCode) {
    script("both", "echo out; echo err >&2; exit 3");
    const auto finished = run("both");
    EXPECT_EQ(finished.outcome, Outcome::finished);
    EXPECT_EQ(finished.exit_code, 3);
    EXPECT_EQ(finished.out, "out\n");
    EXPECT_EQ(finished.err, "err\n");
    EXPECT_EQ(finished.reason, "");
    EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1) << "no zombie is left";
}

TEST_F(ExecutorTest, ExitCodesAreKnownEvenWhenTheAgentWasStartedWithSigchldIgnored) {
    std::signal(SIGCHLD, SIG_IGN);
    script("three", "exit 3");
    EXPECT_EQ(run("three").exit_code, 3);
}

TEST_F(ExecutorTest, ASignalIsReported) {
    script("dies", "kill -SEGV $$");
    const auto finished = run("dies");
    EXPECT_EQ(finished.outcome, Outcome::killed);
    EXPECT_EQ(finished.signal, SIGSEGV);
}

TEST_F(ExecutorTest, TheEnvironmentIsClean) {
    ASSERT_EQ(setenv("PNCP_SECRET", "leaks", 1), 0);
    program("env", "/usr/bin/env");
    EXPECT_EQ(run("env").out, "PATH=/usr/sbin:/usr/bin:/sbin:/bin\nLANG=C.UTF-8\nHOME=/\n");
}

TEST_F(ExecutorTest, StandardInputIsAtItsEndAndNothingElseIsOpen) {
    script("where", "pwd; cat; ls /proc/self/fd | tr '\\n' ' '");
    EXPECT_EQ(run("where").out, "/\n0 1 2 3 ") << "descriptor 3 is of ls itself";
}

TEST_F(ExecutorTest, DescriptorsOfTheAgentStayWithTheAgent) {
    const Fd leaky(dup(2));  // not close-on-exec, as a careless library would open it
    ASSERT_TRUE(leaky.valid());
    script("fds", "ls /proc/self/fd | tr '\\n' ' '");
    EXPECT_EQ(run("fds").out, "0 1 2 3 ");
}

TEST_F(ExecutorTest, LimitsAndSandboxAreInPlace) {
    script("limits", "ulimit -c; ulimit -f; ulimit -v; cat /proc/self/status; cat /proc/self/oom_score_adj")
        .memory_bytes = 512 * 1024 * 1024;
    const auto finished = run("limits");
    EXPECT_THAT(finished.out, testing::StartsWith("0\n131072\n524288\n"));
    EXPECT_THAT(finished.out, HasSubstr("NoNewPrivs:\t1"));
    EXPECT_THAT(finished.out, HasSubstr("SigBlk:\t0000000000000000"));
    EXPECT_THAT(finished.out, testing::EndsWith("500\n"));
}

TEST_F(ExecutorTest, MoreMemoryThanAllowedFailsInTheCommand) {
    script("hog", "head -c 400000000 /dev/zero | tail -c 400000000 >/dev/null").memory_bytes =
        64 * 1024 * 1024;
    EXPECT_NE(run("hog").exit_code, 0);
}

TEST_F(ExecutorTest, AProgramThatIsNotThereIsARefusalThatSaysSo) {
    program("missing", "/nonexistent/program");
    const auto finished = run("missing");
    EXPECT_EQ(finished.outcome, Outcome::refused);
    EXPECT_EQ(finished.reason, "can't start /nonexistent/program: No such file or directory");
}

TEST_F(ExecutorTest, AnArgumentThatIsNotAllowedStartsNothing) {
    program("true", "/bin/true");
    const auto finished = run("true", {"--version"});
    EXPECT_EQ(finished.outcome, Outcome::refused);
    EXPECT_THAT(finished.reason, HasSubstr("takes no arguments"));
    EXPECT_EQ(run("false").outcome, Outcome::refused);
    EXPECT_EQ(executor().running(), 0U);
}

TEST_F(ExecutorTest, AtTheTimeOutTheWholeGroupGoes) {
    script("slow", "sleep 1000 & echo $! > " + (folder_ / "pid") + "; sleep 1000");
    const auto finished = run("slow", {}, 1'500);
    EXPECT_EQ(finished.outcome, Outcome::timeout);
    EXPECT_EQ(finished.signal, SIGTERM);
    EXPECT_THAT(finished.reason, HasSubstr("not done after 1500 ms"));
    const int grandchild = std::atoi(read_text(folder_ / "pid").c_str());
    ASSERT_GT(grandchild, 0);
    until("the grandchild to be gone", [&] { return !alive(grandchild); });
}

TEST_F(ExecutorTest, TheCataloguesTimeOutIsTheMost) {
    script("slow", "sleep 1000").timeout_ms = 200;
    EXPECT_EQ(run("slow", {}, kDeadlineMs).outcome, Outcome::timeout);
}

TEST_F(ExecutorTest, OneThatIgnoresSigtermIsKilledTwoSecondsLater) {
    script("stubborn", "trap '' TERM; while :; do sleep 1; done");
    const auto finished = run("stubborn", {}, 1'500);
    EXPECT_EQ(finished.outcome, Outcome::timeout);
    EXPECT_EQ(finished.signal, SIGKILL);
    EXPECT_GE(finished.duration_ms, 1'500 + pncp::agent::Run::kKillAfterMs);
    EXPECT_THAT(finished.reason, HasSubstr("SIGKILL ended it"));
}

TEST_F(ExecutorTest, CancelEndsARunningOneAndNoOther) {
    script("slow", "echo begun; exec sleep 1000");
    const Id16 first = start("slow");
    const Id16 second = start("slow");
    executor().cancel(first, boottime_ms());
    EXPECT_EQ(result(first).outcome, Outcome::cancelled);
    EXPECT_EQ(executor().running(), 1U);
    executor().cancel(first, boottime_ms());
    executor().cancel(second, boottime_ms());
    EXPECT_EQ(result(second).outcome, Outcome::cancelled);
    EXPECT_FALSE(executor().wake_at_ms());
}

TEST_F(ExecutorTest, AStopEndsEvenAStubbornOneWithinASecond) {
    script("stubborn", "trap '' TERM; echo ready; while :; do sleep 1; done");
    const Id16 id = start("stubborn");
    turn(boottime_ms() + kDeadlineMs);
    executor().stop(boottime_ms());
    const auto finished = result(id);
    EXPECT_EQ(finished.outcome, Outcome::interrupted);
    EXPECT_EQ(finished.out, "ready\n");
}

TEST_F(ExecutorTest, WhatStillRunsAtTheEndIsKilled) {
    script("slow", "echo $$; exec sleep 1000");
    int pid = 0;
    {
        Executor other(catalogue_);
        other.start({Id16{1}, "slow", {}, kDeadlineMs}, boottime_ms());
        script("find", "exec pgrep -P " + std::to_string(getpid()));
        pid = std::atoi(run("find").out.c_str());
        ASSERT_GT(pid, 0);
    }
    until("it to be gone", [&] { return !alive(pid); });
}

TEST_F(ExecutorTest, TenGigabytesOfOutputAreCutAndCostNoMemory) {
    program("flood", "/usr/bin/head");
    catalogue_.back().arguments = {{{"-c", {}}}, {{"10G", {}}}, {{"/dev/zero", {}}}};
    const long before = resident_kib();
    const auto finished = run("flood", {}, 3'000);
    EXPECT_TRUE(finished.truncated);
    EXPECT_EQ(finished.out.size(), limits::kCommandOutputBytes);
    EXPECT_TRUE(finished.outcome == Outcome::finished || finished.outcome == Outcome::timeout);
    EXPECT_LT(resident_kib() - before, 4'096);
}

TEST_F(ExecutorTest, OneTurnOfAFloodIsShort) {
    program("flood", "/usr/bin/yes");
    const Id16 id = start("flood", {}, 1'000);
    std::int64_t longest_ms = 0;
    while (executor().running() > 0) {
        turn(boottime_ms() + kDeadlineMs);
        const std::int64_t before = boottime_ms();
        executor().turn(before);
        longest_ms = std::max(longest_ms, boottime_ms() - before);
        for (auto& each : executor().take_finished()) finished_.push_back(std::move(each));
    }
    EXPECT_TRUE(result(id).truncated);
    EXPECT_LT(longest_ms, 2'000);
}

TEST_F(ExecutorTest, OneThatClosesItsOutputAndLivesOnIsWaitedFor) {
    script("quiet", "exec >&- 2>&-; exec sleep 0.3");
    const auto finished = run("quiet");
    EXPECT_EQ(finished.outcome, Outcome::finished);
    EXPECT_GE(finished.duration_ms, 250);
}

TEST_F(ExecutorTest, ADaemonThatHoldsTheOutputOpenDoesNotHoldTheResult) {
    script("daemon", "sleep 1000 & echo $!; exit 0");
    const auto finished = run("daemon");
    EXPECT_EQ(finished.outcome, Outcome::finished);
    EXPECT_EQ(finished.exit_code, 0);
    EXPECT_THAT(finished.reason, HasSubstr("left behind"));
    EXPECT_LT(finished.duration_ms, 20'000);
    const int left = std::atoi(finished.out.c_str());
    ASSERT_GT(left, 0);
    until("what it left behind to be gone", [&] { return !alive(left); });
}

TEST_F(ExecutorTest, AForkBombLeavesNobodyBehind) {
    // Each of them makes two more and waits. As root the kernel sets no bound but pids.max, so it goes
    // slowly.
    const bool root = geteuid() == 0;
    auto& bomb = script("bomb", "sleep 1000 & while :; do sleep 1000 & " +
                                    std::string(root ? "sleep 0.01; " : "") + "\"$0\" & sleep 0.05; done");
    if (root) {
        bomb.identity = Identity{65'534, 65'534, {}};
        chmod(folder_.path().c_str(), 0755);
    }
    const auto finished = run("bomb", {}, 1'000);
    // The first shell may be the one that can't fork any more, and exits.
    EXPECT_TRUE(finished.outcome == Outcome::timeout || finished.exit_code != 0);
    until("no bomb to be left", [&] {
        return std::system(("pgrep -f '^/bin/sh " + (folder_ / "bomb") + "' > /dev/null").c_str()) != 0;
    });
}

TEST_F(ExecutorTest, NotRootAForkBombMeetsItsLimit) {
    if (geteuid() != 0) GTEST_SKIP() << "another user's limit is tested as root";
    chmod(folder_.path().c_str(), 0755);
    // Starts processes until it can't: dash gives up with exit code 2 when fork fails.
    script("bomb", "i=0; while [ $i -lt 5000 ]; do sleep 1000 & i=$((i+1)); done; echo unbounded").identity =
        Identity{65'534, 65'534, {}};
    const auto finished = run("bomb", {}, 20'000);
    EXPECT_EQ(finished.outcome, Outcome::finished) << finished.reason;
    EXPECT_NE(finished.exit_code, 0);
    EXPECT_THAT(finished.err, HasSubstr("fork"));
}

TEST_F(ExecutorTest, AnotherUserIsAnotherUser) {
    if (geteuid() != 0) GTEST_SKIP() << "needs root";
    program("id", "/usr/bin/id").identity = Identity{65'534, 65'534, {65'534}};
    EXPECT_THAT(run("id").out,
                testing::StartsWith("uid=65534(nobody) gid=65534(nogroup) groups=65534(nogroup)"));
}

TEST_F(ExecutorTest, AHundredShortOnesLeaveNoDescriptorBehind) {
    program("true", "/bin/true");
    (void)run("true");
    const auto count = [] {
        return std::distance(std::filesystem::directory_iterator("/proc/self/fd"),
                             std::filesystem::directory_iterator());
    };
    const auto before = count();
    for (int i = 0; i < 100; ++i) EXPECT_EQ(run("true").exit_code, 0);
    EXPECT_EQ(count(), before);
    EXPECT_EQ(finished_.size(), 101U);
}
