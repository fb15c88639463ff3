#include <gtest/gtest.h>

#include "tests/unit/agent/core/bench.hpp"

namespace pncp::agent {
namespace {

TEST(SampleInterval, ANewOneHoldsFromNowOnWithoutAnOldSampleInBetween) {
    testing::Bench bench;
    bench.start();
    bench.pass(30'000);
    const std::size_t slow = bench.samples;
    EXPECT_EQ(slow, 4U) << "the first one, and one every 10 s";
    bench.core.set_sample_interval(1'000, bench.now);
    bench.pass(10'000);
    EXPECT_EQ(bench.samples, slow + 10);
    bench.core.set_sample_interval(60'000, bench.now);
    bench.pass(120'000);
    EXPECT_EQ(bench.samples, slow + 12);
}

TEST(SampleInterval, TheSameOneAgainPutsNothingOff) {
    testing::Bench bench;
    bench.start();
    const std::int64_t next = bench.core.wake_at_ms();
    bench.core.set_sample_interval(10'000, bench.now);
    EXPECT_EQ(bench.core.wake_at_ms(), next);
}

}  // namespace
}  // namespace pncp::agent
