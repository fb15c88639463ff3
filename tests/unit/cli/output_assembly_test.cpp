#include "cli/output_assembly.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace pncp::cli {
namespace {

constexpr std::uint64_t kHuge = std::numeric_limits<std::uint64_t>::max();

TEST(CliOutputAssembly, RowsInAnyOrderThenTheTailMakeTheWhole) {
    OutputAssembly output;
    output.add(4, view("efgh"));
    output.add(0, view("abcd"));
    const StreamText whole = output.finish(10, view("ij"));
    EXPECT_EQ(whole.text, "abcdefghij");
    EXPECT_TRUE(whole.missing.empty());
}

TEST(CliOutputAssembly, TailAloneIsTheWholeOfAShortOutput) {
    EXPECT_EQ(OutputAssembly().finish(5, view("hello")).text, "hello");
    EXPECT_EQ(OutputAssembly().finish(0, {}).text, "");
}

TEST(CliOutputAssembly, HolesAreNamedWithPlaceAndSize) {
    OutputAssembly output;
    output.add(2, view("cd"));
    const StreamText whole = output.finish(10, view("ij"));
    EXPECT_EQ(whole.text, "cdij");
    EXPECT_EQ(whole.missing, (std::vector<Missing>{{0, 2}, {2, 4}}));
    EXPECT_EQ(whole.missing_bytes(), 6U);
}

TEST(CliOutputAssembly, OverlappingRowsDontRepeatBytes) {
    OutputAssembly output;
    output.add(0, view("abcdef"));
    output.add(3, view("XXXXgh"));
    output.add(0, view("zz"));
    EXPECT_EQ(output.finish(9, {}).text, "abcdefXgh");
}

TEST(CliOutputAssembly, HostileOffsetsAndLengthsAllocateNothing) {
    OutputAssembly output;
    output.add(kHuge, view("end"));
    output.add(kHuge - 1, view("e"));
    output.add(0, view("ok"));
    const StreamText whole = output.finish(kHuge, view("tail"));
    EXPECT_EQ(whole.text, "oktail");
    EXPECT_EQ(whole.missing_bytes(), kHuge - 6);
    EXPECT_LT(output.so_far().text.size(), 10U);
}

TEST(CliOutputAssembly, BytesBeyondTheLengthDontCount) {
    OutputAssembly output;
    output.add(0, view("abcdef"));
    output.add(100, view("later"));
    EXPECT_EQ(output.finish(3, {}).text, "abc");
    EXPECT_EQ(OutputAssembly().finish(1, view("longer than said")).text, "longer than said");
}

TEST(CliOutputAssembly, EndlessRowsAreBounded) {
    OutputAssembly output;
    const Bytes block(64 * 1024, 'x');
    for (std::uint64_t i = 0; i < 100; ++i) output.add(i * block.size(), block);
    const StreamText whole = output.finish(100 * block.size(), {});
    EXPECT_LE(whole.text.size(), kStreamBytesMax);
    EXPECT_EQ(whole.text.size() + whole.missing_bytes(), 100 * block.size());
}

TEST(CliOutputAssembly, WhatCameSoFarIsKnownWithoutAResult) {
    OutputAssembly output;
    output.add(0, view("half "));
    EXPECT_EQ(output.so_far().text, "half ");
}

}  // namespace
}  // namespace pncp::cli
