#include "agent/sampler/kernel.hpp"

#include <gtest/gtest.h>

#include "tests/unit/agent/sampler/temp_tree.hpp"

namespace pncp {

TEST(KernelCounters, OfTheRecordedPi4AreReadWhole) {
    const auto counters = parse_kernel_counters(test::text_of(test::tree_path("pi4/proc/stat")));
    EXPECT_EQ(counters, (KernelCounters{1762000000, 15123456, 8123412, 8812}));
}

TEST(KernelCounters, OneThatIsMissingOrLiesIsAbsentAlone) {
    const auto counters =
        parse_kernel_counters("ctxt -5\nintr 12 3 9\nbtime\nprocesses 99999999999999999999\nctxt_x 1\n");
    EXPECT_EQ(counters, (KernelCounters{{}, {}, 12, {}}));
    std::vector<Point> points;
    add_kernel_point(counters, points);
    ASSERT_EQ(points.size(), 1U);
    EXPECT_EQ(points[0], (Point{"kernel", {}, {{"interrupts", std::int64_t{12}}}}));
}

TEST(KernelCounters, WithoutAnyThereIsNoPoint) {
    std::vector<Point> points;
    add_kernel_point(parse_kernel_counters("cpu 1 2 3\n"), points);
    EXPECT_TRUE(points.empty());
}

}  // namespace pncp
