#include "schema/transport/poller.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

#include "tests/unit/schema/transport/fixture.hpp"

namespace pncp::transport {
namespace {

struct Pipe {
    Pipe() { EXPECT_EQ(pipe(ends), 0); }
    ~Pipe() {
        close(ends[0]);
        close_writer();
    }
    void close_writer() {
        if (ends[1] >= 0) close(ends[1]);
        ends[1] = -1;
    }
    int ends[2] = {-1, -1};
};

TEST(Poller, NothingReadyIsAnEmptySpan) {
    Pipe pipe;
    Poller poller;
    poller.add_fd(pipe.ends[0], 1);
    EXPECT_TRUE(poller.wait(0).empty());
}

TEST(Poller, SocketsAndDescriptorsComeBackByTheirTags) {
    Context context;
    Socket left = Socket::pair(context);
    Socket right = Socket::pair(context);
    ASSERT_TRUE(left.bind("inproc://pair").ok());
    ASSERT_TRUE(right.connect("inproc://pair").ok());
    Pipe pipe;
    Poller poller;
    poller.add(left, 70);
    poller.add(right, 71);
    poller.add_fd(pipe.ends[0], 72);
    ASSERT_EQ(left.send(Message::copy_of(view("x"))), Sent::ok);
    ASSERT_EQ(write(pipe.ends[1], "x", 1), 1);
    const auto ready = poller.wait(1'000);
    ASSERT_EQ(ready.size(), 2U);
    EXPECT_EQ(ready[0].tag, 71U);
    EXPECT_EQ(ready[1].tag, 72U);
    EXPECT_TRUE(ready[0].readable && ready[1].readable);
    EXPECT_FALSE(ready[0].writable || ready[1].writable);
}

TEST(Poller, AClosedPipeIsReadableSoThatItsEndIsSeen) {
    Pipe pipe;
    Poller poller;
    poller.add_fd(pipe.ends[0], 5);
    pipe.close_writer();
    const auto ready = poller.wait(1'000);
    ASSERT_EQ(ready.size(), 1U);
    EXPECT_TRUE(ready[0].readable);
    EXPECT_FALSE(ready[0].writable);
}

TEST(Poller, AddingAgainChangesTagAndInterest) {
    Pipe pipe;
    Poller poller;
    poller.add_fd(pipe.ends[1], 1, Want::readable);
    poller.add_fd(pipe.ends[1], 2, Want::writable);
    const auto ready = poller.wait(1'000);
    ASSERT_EQ(ready.size(), 1U);
    EXPECT_EQ(ready[0].tag, 2U);
    EXPECT_TRUE(ready[0].writable);
}

TEST(Poller, WhatWasRemovedIsNotReportedAnyMore) {
    Context context;
    Socket left = Socket::pair(context);
    Socket right = Socket::pair(context);
    ASSERT_TRUE(left.bind("inproc://pair").ok());
    ASSERT_TRUE(right.connect("inproc://pair").ok());
    Poller poller;
    poller.add(right, 1);
    poller.add_fd(0, 2);
    poller.remove_fd(0);
    poller.remove_fd(0);
    ASSERT_EQ(left.send(Message::copy_of(view("x"))), Sent::ok);
    ASSERT_EQ(poller.wait(1'000).size(), 1U);
    poller.remove(right);
    EXPECT_TRUE(poller.wait(0).empty());
}

TEST(Poller, AMovedSocketIsStillPolled) {
    Context context;
    Socket left = Socket::pair(context);
    Socket right = Socket::pair(context);
    ASSERT_TRUE(left.bind("inproc://pair").ok());
    ASSERT_TRUE(right.connect("inproc://pair").ok());
    Poller poller;
    poller.add(right, 9);
    Socket moved = std::move(right);
    ASSERT_EQ(left.send(Message::copy_of(view("x"))), Sent::ok);
    EXPECT_EQ(poller.wait(1'000).size(), 1U);
    poller.remove(moved);
    EXPECT_TRUE(poller.wait(0).empty());
}

TEST(Poller, ASignalEndsTheWaitWithoutAnError) {
    struct sigaction action {};
    action.sa_handler = [](int) {};
    struct sigaction before {};
    ASSERT_EQ(sigaction(SIGALRM, &action, &before), 0);
    const itimerval soon{{0, 5'000}, {0, 5'000}};  // again and again: the first may come before the wait
    ASSERT_EQ(setitimer(ITIMER_REAL, &soon, nullptr), 0);
    Pipe pipe;
    Poller poller;
    poller.add_fd(pipe.ends[0], 1);
    EXPECT_TRUE(poller.wait(-1).empty());
    const itimerval never{};
    setitimer(ITIMER_REAL, &never, nullptr);
    sigaction(SIGALRM, &before, nullptr);
}

}  // namespace
}  // namespace pncp::transport
