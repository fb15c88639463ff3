#include "agent/executor/run.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

using namespace pncp;
using namespace pncp::agent;
using testing::HasSubstr;
using Order = pncp::agent::Run::Order;

namespace {

constexpr std::int64_t kStart = 1'000'000;
constexpr Id16 kId{7};

pncp::agent::Run a_run(std::int64_t timeout_ms = 5'000, std::size_t output_bytes = 100) {
    return pncp::agent::Run(kId, {timeout_ms, output_bytes}, kStart);
}

void close_both(pncp::agent::Run& run) {
    run.on_closed(OutputStream::out);
    run.on_closed(OutputStream::err);
}

}  // namespace

TEST(Run, EndsWhenItsLeaderHasExitedAndItsOutputIsClosed) {
    auto run = a_run();
    run.on_output(OutputStream::out, "hello");
    run.on_output(OutputStream::err, "warning");
    close_both(run);
    EXPECT_FALSE(run.ended(kStart + 10));
    run.on_exit({false, 3}, kStart + 20);
    EXPECT_TRUE(run.ended(kStart + 20));
    EXPECT_EQ(run.next_order(kStart + 20), Order::none);
    const auto finished = run.finish(kStart + 20);
    EXPECT_EQ(finished.outcome, Outcome::finished);
    EXPECT_EQ(finished.exit_code, 3);
    EXPECT_EQ(finished.signal, 0);
    EXPECT_EQ(finished.duration_ms, 20);
    EXPECT_EQ(finished.out, "hello");
    EXPECT_EQ(finished.err, "warning");
    EXPECT_EQ(finished.reason, "");
    EXPECT_FALSE(finished.truncated);
    EXPECT_EQ(finished.command, kId);
}

TEST(Run, ASignalOfItsOwnIsNamed) {
    auto run = a_run();
    close_both(run);
    run.on_exit({true, SIGSEGV}, kStart);
    const auto finished = run.finish(kStart);
    EXPECT_EQ(finished.outcome, Outcome::killed);
    EXPECT_EQ(finished.signal, SIGSEGV);
    EXPECT_EQ(finished.reason, "ended by SIGSEGV");
}

TEST(Run, AtItsTimeOutItGetsSigtermOnceAndSigkillTwoSecondsLater) {
    auto run = a_run();
    EXPECT_EQ(run.wake_at_ms(), kStart + 5'000);
    EXPECT_EQ(run.next_order(kStart + 4'999), Order::none);
    EXPECT_EQ(run.next_order(kStart + 5'000), Order::terminate);
    EXPECT_EQ(run.next_order(kStart + 5'001), Order::none);
    EXPECT_EQ(run.wake_at_ms(), kStart + 7'000);
    EXPECT_EQ(run.next_order(kStart + 7'000), Order::kill);
    EXPECT_EQ(run.next_order(kStart + 7'001), Order::none);
    close_both(run);
    run.on_exit({true, SIGKILL}, kStart + 7'010);
    EXPECT_TRUE(run.ended(kStart + 7'010));
    const auto finished = run.finish(kStart + 7'010);
    EXPECT_EQ(finished.outcome, Outcome::timeout);
    EXPECT_EQ(finished.signal, SIGKILL);
    EXPECT_EQ(finished.reason, "not done after 5 s; it did not end by SIGTERM, so SIGKILL ended it");
}

TEST(Run, OneThatObeysSigtermIsATimeOutToo) {
    auto run = a_run(1'500);
    EXPECT_EQ(run.next_order(kStart + 1'500), Order::terminate);
    close_both(run);
    run.on_exit({false, 0}, kStart + 1'600);
    const auto finished = run.finish(kStart + 1'600);
    EXPECT_EQ(finished.outcome, Outcome::timeout);
    EXPECT_EQ(finished.reason, "not done after 1500 ms; it ended by itself on SIGTERM, with exit code 0");
}

TEST(Run, AnEndThatCameBeforeTheTimeOutWasNoticedIsAnEnd) {
    auto run = a_run();
    close_both(run);
    run.on_exit({false, 0}, kStart + 5'000);
    EXPECT_EQ(run.next_order(kStart + 5'000), Order::none);
    EXPECT_EQ(run.finish(kStart + 5'000).outcome, Outcome::finished);
}

TEST(Run, CancelEndsItAsATimeOutWould) {
    auto run = a_run();
    run.cancel(kStart + 100);
    EXPECT_EQ(run.next_order(kStart + 100), Order::terminate);
    EXPECT_EQ(run.next_order(kStart + 2'100), Order::kill);
    run.cancel(kStart + 2'200);
    EXPECT_EQ(run.next_order(kStart + 2'200), Order::none);
    close_both(run);
    run.on_exit({true, SIGKILL}, kStart + 2'300);
    EXPECT_EQ(run.finish(kStart + 2'300).outcome, Outcome::cancelled);
}

TEST(Run, AStopIsInMoreOfAHurry) {
    auto run = a_run();
    run.interrupt(kStart + 100);
    EXPECT_EQ(run.next_order(kStart + 100), Order::terminate);
    EXPECT_EQ(run.next_order(kStart + 400), Order::kill);
    close_both(run);
    run.on_exit({true, SIGKILL}, kStart + 410);
    const auto finished = run.finish(kStart + 410);
    EXPECT_EQ(finished.outcome, Outcome::interrupted);
    EXPECT_THAT(finished.reason, HasSubstr("the agent was stopped while it ran"));
}

TEST(Run, AStopHurriesACancelAlong) {
    auto run = a_run();
    run.cancel(kStart);
    EXPECT_EQ(run.next_order(kStart), Order::terminate);
    run.interrupt(kStart + 100);
    EXPECT_EQ(run.next_order(kStart + 399), Order::none);
    EXPECT_EQ(run.next_order(kStart + 400), Order::kill);
}

TEST(Run, WhatOutlivesTheLeaderHoldsTheResultUpForAQuarterOfASecond) {
    auto run = a_run();
    run.on_closed(OutputStream::err);
    run.on_exit({false, 0}, kStart + 50);
    EXPECT_FALSE(run.ended(kStart + 299));
    EXPECT_EQ(run.wake_at_ms(), kStart + 300);
    EXPECT_TRUE(run.ended(kStart + 300));
    const auto finished = run.finish(kStart + 300);
    EXPECT_EQ(finished.outcome, Outcome::finished);
    EXPECT_EQ(finished.reason,
              "processes it left behind held its output open; those of its group were killed");
}

TEST(Run, OneThatSigkillDoesNotEndIsGivenUpAndSaidSo) {
    auto run = a_run();
    EXPECT_EQ(run.next_order(kStart + 5'000), Order::terminate);
    EXPECT_EQ(run.next_order(kStart + 7'000), Order::kill);
    EXPECT_FALSE(run.ended(kStart + 9'999));
    EXPECT_TRUE(run.ended(kStart + 10'000));
    EXPECT_FALSE(run.leader_exited());
    const auto finished = run.finish(kStart + 10'000);
    EXPECT_EQ(finished.outcome, Outcome::timeout);
    EXPECT_THAT(finished.reason, HasSubstr("does not end even by SIGKILL"));
}

TEST(Run, OutputBeyondTheCapIsCutAndSaidToBe) {
    auto run = a_run(5'000, 10);
    run.on_output(OutputStream::out, "0123456789");
    EXPECT_FALSE(pncp::agent::Run(run).finish(kStart).truncated);
    run.on_output(OutputStream::out, "x");
    for (int i = 0; i < 1'000; ++i) run.on_output(OutputStream::out, std::string(4'096, 'y'));
    const auto finished = run.finish(kStart);
    EXPECT_EQ(finished.out, "0123456789");
    EXPECT_TRUE(finished.truncated);
}

TEST(Run, AFloodOnOneStreamLeavesTheOtherHalfOfTheRoom) {
    auto run = a_run(5'000, 10);
    run.on_output(OutputStream::out, "oooooooooooooooo");
    run.on_output(OutputStream::err, "eeeeeeeeeeeeeeee");
    const auto both = run.finish(kStart);
    EXPECT_EQ(both.out, "ooooo");
    EXPECT_EQ(both.err, "eeeee");
    auto little = a_run(5'000, 10);
    little.on_output(OutputStream::out, "oooooooooooooooo");
    little.on_output(OutputStream::err, "why");
    const auto kept = little.finish(kStart);
    EXPECT_EQ(kept.out, "ooooooo");
    EXPECT_EQ(kept.err, "why");
}
