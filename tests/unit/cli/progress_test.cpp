#include "cli/progress.hpp"

#include <gtest/gtest.h>

#include "cli/text.hpp"

namespace pncp::cli {
namespace {

TEST(CliProgress, SaysHowFarItIsAndWhoIsOut) {
    const ProgressState state{
        .targets = 40, .ended = 37, .not_ok = 2, .elapsed_ms = 12'345, .out = {"pi-7", "pi-3", "pi-12"}};
    EXPECT_EQ(progress_line(state, 80), "[==================> ] 37/40  2 not ok  12 s  out: pi-[3,7,12]");
    EXPECT_EQ(progress_line({.targets = 3, .ended = 3}, 80), "[====================] 3/3  0 ms");
    EXPECT_EQ(progress_line({.targets = 9, .ended = 2, .out = {"pi-1", "pi-2"}}, 80),
              "[====>               ] 2/9  0 ms  out: pi-[1-2] and 5 more");
    EXPECT_EQ(progress_line({}, 80), "[>                   ] 0/0  0 ms");
}

TEST(CliProgress, NeverTakesTheLastColumn) {
    ProgressState state{.targets = 1'000, .ended = 3, .not_ok = 0, .elapsed_ms = 61'000};
    for (int i = 0; i < 997; ++i) state.out.push_back("node-" + std::to_string(i * 2));
    for (const std::size_t width : {1U, 2U, 10U, 24U, 40U, 80U, 200U}) {
        Progress progress;
        EXPECT_LT(width_of(progress.draw(state, width)), std::max<std::size_t>(width, 2)) << width;
    }
}

TEST(CliProgress, IsErasedOnceAndWithoutATrace) {
    Progress progress;
    EXPECT_EQ(progress.erase(80), "");
    EXPECT_EQ(progress.draw({.targets = 2}, 80), progress_line({.targets = 2}, 79));
    EXPECT_EQ(progress.draw({.targets = 2, .ended = 1}, 80),
              "\r\033[J" + progress_line({.targets = 2, .ended = 1}, 79));
    EXPECT_EQ(progress.erase(80), "\r\033[J");
    EXPECT_EQ(progress.erase(80), "");
}

TEST(CliProgress, NarrowerTerminalLosesTheWrappedRowsToo) {
    Progress progress;
    const std::string line = progress.draw({.targets = 2, .out = {"pi-1", "a-long-name-of-a-device"}}, 80);
    ASSERT_GT(width_of(line), 40U);
    EXPECT_EQ(progress.erase(40), "\r\033[1A\033[J");
}

}  // namespace
}  // namespace pncp::cli
