#include "broker/influx_bridge/output_assembler.hpp"

#include <gtest/gtest.h>

namespace pncp::influx {
namespace {

OutputBody row(std::uint8_t command, std::uint64_t offset, std::string_view text,
               OutputStream stream = OutputStream::out) {
    OutputBody body;
    body.command[0] = command;
    body.stream = stream;
    body.offset = offset;
    body.bytes = to_bytes(view(text));
    return body;
}

ResultBody result(std::uint8_t command, std::string_view tail, std::uint64_t out_bytes) {
    ResultBody body;
    body.command[0] = command;
    body.out = to_bytes(view(tail));
    body.out_bytes = out_bytes;
    return body;
}

TEST(OutputAssembler, RowsAndTheResultsTailMakeTheWholeOutput) {
    OutputAssembler outputs;
    outputs.add("pi-1", row(1, 0, "one "), 10, 0);
    outputs.add("pi-1", row(1, 4, "two "), 11, 0);
    EXPECT_EQ(outputs.hold(), 10U);
    EXPECT_EQ(outputs.finish("pi-1", result(1, "three", 13)), "one two three");
    EXPECT_EQ(outputs.hold(), std::nullopt);
    EXPECT_EQ(outputs.bytes(), 0U);
}

TEST(OutputAssembler, StderrFollowsStdoutOnALineOfItsOwn) {
    OutputAssembler outputs;
    outputs.add("pi-1", row(1, 0, "warning: x\n", OutputStream::err), 10, 0);
    ResultBody end = result(1, "out", 3);
    end.err_bytes = 11;
    EXPECT_EQ(outputs.finish("pi-1", end), "out\nwarning: x\n");
}

TEST(OutputAssembler, ARowSeenAgainOrOverlappingChangesNothing) {
    OutputAssembler outputs;
    outputs.add("pi-1", row(1, 0, "abcd"), 10, 0);
    outputs.add("pi-1", row(1, 0, "abcd"), 11, 0);
    outputs.add("pi-1", row(1, 2, "cdef"), 12, 0);
    EXPECT_EQ(outputs.finish("pi-1", result(1, "", 6)), "abcdef");
}

TEST(OutputAssembler, MissingBytesAreNamedInTheirPlace) {
    OutputAssembler outputs;
    outputs.add("pi-1", row(1, 5, "middle"), 10, 0);
    EXPECT_EQ(outputs.finish("pi-1", result(1, "", 20)),
              "[5 bytes are missing here]\nmiddle[9 bytes are missing here]\n");
}

TEST(OutputAssembler, ANumberWithoutSenseCostsNothing) {
    OutputAssembler outputs;
    outputs.add("pi-1", row(1, ~std::uint64_t{0}, "x"), 10, 0);
    outputs.add("pi-1", row(1, ~std::uint64_t{0} - 1, "xyz"), 11, 0);
    const std::string text = outputs.finish("pi-1", result(1, "tail", ~std::uint64_t{0}));
    EXPECT_LT(text.size(), 100U);
}

TEST(OutputAssembler, AnotherAgentCannotAddToACommand) {
    OutputAssembler outputs;
    outputs.add("pi-1", row(1, 0, "mine"), 10, 0);
    outputs.add("pi-2", row(1, 0, "forged"), 11, 0);
    EXPECT_EQ(outputs.finish("pi-1", result(1, "", 4)), "mine");
    EXPECT_EQ(outputs.hold(), 11U);
}

TEST(OutputAssembler, OutputOfOneCommandIsBoundedAndSaidToBe) {
    OutputAssembler outputs;
    const std::string chunk(limits::kOutputRowBytes, 'x');
    for (std::uint64_t i = 0; i < 10; ++i) outputs.add("pi-1", row(1, i * chunk.size(), chunk), 10 + i, 0);
    EXPECT_EQ(outputs.bytes(), limits::kCommandOutputBytes);
    const std::string text = outputs.finish("pi-1", result(1, "end", 10 * chunk.size() + 3));
    EXPECT_NE(text.find("bytes are missing here]\nend"), std::string::npos);
}

TEST(OutputAssembler, AnAgentThatNeverEndsItsCommandsPushesOutOnlyItsOwn) {
    OutputAssembler outputs(OutputAssembler::Bounds{.commands_per_agent = 2});
    outputs.add("honest", row(1, 0, "keep"), 1, 0);
    outputs.add("rogue", row(1, 0, "first"), 2, 0);
    outputs.add("rogue", row(2, 0, "second"), 3, 0);
    outputs.add("rogue", row(3, 0, "third"), 4, 0);
    const auto dropped = outputs.take_dropped();
    ASSERT_EQ(dropped.size(), 1U);
    EXPECT_EQ(dropped[0].text, "first");
    EXPECT_NE(dropped[0].reason.find("agent rogue"), std::string::npos);
    EXPECT_EQ(outputs.finish("honest", result(1, "", 4)), "keep");
}

TEST(OutputAssembler, TotalBoundsDropTheOldest) {
    OutputAssembler outputs(OutputAssembler::Bounds{.commands = 2});
    for (std::uint8_t i = 1; i <= 3; ++i) outputs.add("pi-" + std::to_string(i), row(i, 0, "x"), i, 0);
    EXPECT_EQ(outputs.hold(), 2U);
    EXPECT_EQ(outputs.take_dropped().size(), 1U);

    OutputAssembler small(OutputAssembler::Bounds{.bytes = 10});
    for (std::uint8_t i = 1; i <= 3; ++i) small.add("pi-" + std::to_string(i), row(i, 0, "123456"), i, 0);
    EXPECT_EQ(small.hold(), 3U);
    EXPECT_EQ(small.bytes(), 6U);
}

TEST(OutputAssembler, OutputWithoutAnEndIsDroppedAfterADay) {
    OutputAssembler outputs;
    outputs.add("pi-1", row(1, 0, "x"), 1, 0);
    outputs.add("pi-2", row(2, 0, "y"), 2, 25 * 3'600'000);
    EXPECT_EQ(outputs.hold(), 1U);
    outputs.add("pi-2", row(2, 1, "y"), 3, 25 * 3'600'000 + 1);
    EXPECT_EQ(outputs.hold(), 2U);
    EXPECT_EQ(outputs.take_dropped().size(), 1U);
}

}  // namespace
}  // namespace pncp::influx
