#include "agent/core/send_window.hpp"

#include <gtest/gtest.h>

namespace pncp::agent {
namespace {

TEST(SendWindow, BeginsSmallAndDoublesWhileAnswersAreQuick) {
    SendWindow window;
    EXPECT_EQ(window.rows(), SendWindow::kFirstRows);
    window.acknowledged(16, 50, 1'000);
    EXPECT_EQ(window.rows(), 32U);
    window.acknowledged(32, 60, 2'000);
    EXPECT_EQ(window.rows(), 64U);
    for (int i = 0; i < 20; ++i) window.acknowledged(window.rows(), 50, 3'000 + i);
    EXPECT_EQ(window.rows(), SendWindow::kMostRows);
}

TEST(SendWindow, ASlowAnswerHalvesItOnceARound) {
    SendWindow window;
    for (int i = 0; i < 6; ++i) window.acknowledged(window.rows(), 50, 1'000 + i);
    const std::size_t before = window.rows();
    window.acknowledged(10, 2'000, 10'000);
    EXPECT_EQ(window.rows(), before / 2);
    window.acknowledged(10, 2'000, 10'500);
    EXPECT_EQ(window.rows(), before / 2) << "sent before the halving";
    window.acknowledged(10, 2'000, 12'500);
    EXPECT_EQ(window.rows(), before / 4);
}

TEST(SendWindow, AfterTheLimitWasFeltItGrowsByStepsOnly) {
    SendWindow window;
    for (int i = 0; i < 4; ++i) window.acknowledged(window.rows(), 50, 1'000 + i);
    window.acknowledged(10, 2'000, 10'000);
    const std::size_t before = window.rows();
    window.acknowledged(before, 50, 11'000);
    EXPECT_EQ(window.rows(), before + SendWindow::kStepRows);
}

TEST(SendWindow, ATimeOutLeavesTheLeastAndNeverNothing) {
    SendWindow window;
    window.timed_out();
    EXPECT_EQ(window.rows(), SendWindow::kLeastRows);
    for (int i = 0; i < 10; ++i) window.acknowledged(1, 50'000 * (i + 1), 100'000 * (i + 1));
    EXPECT_GE(window.rows(), SendWindow::kLeastRows);
    window.begin();
    EXPECT_EQ(window.rows(), SendWindow::kFirstRows);
}

TEST(SendWindow, ASlowLinkIsNotTakenForABusyBroker) {
    SendWindow window;
    for (int i = 0; i < 5; ++i) window.acknowledged(window.rows(), 3'000, 4'000 * (i + 1));
    EXPECT_EQ(window.rows(), SendWindow::kFirstRows << 5U);
}

}  // namespace
}  // namespace pncp::agent
