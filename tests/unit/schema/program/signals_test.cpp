#include "schema/program/signals.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

namespace pncp {
namespace {

TEST(Signals, ArriveByTheDescriptorInsteadOfKilling) {
    auto signals = Signals::open();
    ASSERT_TRUE(signals);
    EXPECT_EQ(signals->next(), std::nullopt);
    raise(SIGTERM);
    pollfd wait{.fd = signals->fd(), .events = POLLIN, .revents = 0};
    EXPECT_EQ(poll(&wait, 1, 0), 1);
    EXPECT_EQ(signals->next(), SIGTERM);
    raise(SIGHUP);
    raise(SIGINT);
    EXPECT_TRUE(signals->next());
    EXPECT_TRUE(signals->next());
    EXPECT_EQ(signals->next(), std::nullopt);
}

TEST(Signals, AClosedPipeIsAnErrorNotADeath) {
    auto signals = Signals::open();
    ASSERT_TRUE(signals);
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    close(ends[0]);
    EXPECT_EQ(write(ends[1], "x", 1), -1);
    EXPECT_EQ(errno, EPIPE);
    close(ends[1]);
}

TEST(Signals, AChildGetsDefaultActionsBack) {
    auto signals = Signals::open();
    ASSERT_TRUE(signals);
    reset_signals_in_child();
    sigset_t mask;
    sigprocmask(SIG_SETMASK, nullptr, &mask);
    struct sigaction action {};
    sigaction(SIGPIPE, nullptr, &action);
    EXPECT_EQ(sigismember(&mask, SIGTERM), 0);
    EXPECT_EQ(action.sa_handler, SIG_DFL);
}

}  // namespace
}  // namespace pncp
