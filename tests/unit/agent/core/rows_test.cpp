#include "agent/core/rows.hpp"

#include <gtest/gtest.h>

#include <numeric>

#include "schema/codec.hpp"
#include "schema/limits.hpp"

namespace pncp::agent {
namespace {

CommandFinished finished(std::size_t out_bytes, std::size_t err_bytes) {
    CommandFinished result;
    result.command.fill(3);
    for (std::size_t i = 0; i < out_bytes; ++i) result.out += static_cast<char>('a' + i % 26);
    for (std::size_t i = 0; i < err_bytes; ++i) result.err += static_cast<char>('A' + i % 26);
    return result;
}

/// What a reader puts together again, stream by stream.
std::pair<std::string, std::string> assemble(const CommandRows& rows) {
    std::string streams[2];
    for (const auto& bytes : rows.outputs) {
        const auto body = decode<OutputBody>(bytes);
        auto& text = streams[body->stream == OutputStream::out ? 0 : 1];
        EXPECT_EQ(body->offset, text.size());
        EXPECT_LE(body->bytes.size(), limits::kOutputRowBytes);
        EXPECT_LE(bytes.size(), limits::kRowBodyBytes);
        text += text_view(body->bytes);
    }
    EXPECT_EQ(rows.result.out_bytes - rows.result.out.size(), streams[0].size());
    EXPECT_EQ(rows.result.err_bytes - rows.result.err.size(), streams[1].size());
    EXPECT_LE(rows.result.out.size() + rows.result.err.size(), limits::kOutputRowBytes);
    EXPECT_LE(encode(rows.result).size(), limits::kRowBodyBytes);
    return {streams[0] + std::string(text_view(rows.result.out)),
            streams[1] + std::string(text_view(rows.result.err))};
}

TEST(CommandRows, ASmallOutputTravelsInTheResultAlone) {
    const auto given = finished(10'000, 2'000);
    const auto rows = command_rows(given, "lslogs");
    EXPECT_TRUE(rows.outputs.empty());
    EXPECT_FALSE(rows.result.truncated);
    EXPECT_EQ(assemble(rows), std::pair(given.out, given.err));
}

TEST(CommandRows, ALargeOutputComesBackWhole) {
    for (const auto& [out, err] : {std::pair<std::size_t, std::size_t>{40'000, 20'000},
                                   {65'536, 0},
                                   {0, 65'536},
                                   {12'289, 0},
                                   {30'000, 1},
                                   {0, 0}}) {
        const auto given = finished(out, err);
        const auto rows = command_rows(given, "lslogs");
        EXPECT_FALSE(rows.result.truncated);
        EXPECT_EQ(assemble(rows), std::pair(given.out, given.err));
    }
}

TEST(CommandRows, OutputPastTheCapIsCutAndSaidToBe) {
    const auto given = finished(1'000'000, 50'000);
    const auto rows = command_rows(given, "lslogs");
    EXPECT_TRUE(rows.result.truncated);
    const auto [out, err] = assemble(rows);
    EXPECT_EQ(out.size() + err.size(), limits::kCommandOutputBytes);
    EXPECT_EQ(err.size(), limits::kCommandOutputBytes / 2);
    EXPECT_EQ(out, given.out.substr(0, out.size()));
}

TEST(CommandRows, AnEndlessReasonDoesNotBreakTheRow) {
    auto given = finished(limits::kOutputRowBytes, 0);
    given.reason.assign(100'000, 'x');
    EXPECT_LE(encode(command_rows(given, "lslogs").result).size(), limits::kRowBodyBytes);
}

TEST(SampleRows, ASampleOfManyPointsIsSplitWithoutLoss) {
    std::vector<Point> points;
    for (std::int64_t i = 0; i < 1'000; ++i)
        points.push_back({"m", {{"cpu", "cpu" + std::to_string(i)}}, {{"n", i}}});
    const auto rows = sample_rows(points);
    std::vector<Point> back;
    for (const auto& bytes : rows.bodies) {
        EXPECT_LE(bytes.size(), limits::kRowBodyBytes);
        const auto body = decode<MetricsBody>(bytes);
        ASSERT_TRUE(body.has_value());
        back.insert(back.end(), body->points.begin(), body->points.end());
    }
    EXPECT_EQ(back, points);
    EXPECT_TRUE(rows.unfit.empty());
}

TEST(SampleRows, APointLargerThanARowIsNamedAndTheOthersStay) {
    const auto rows = sample_rows({{"small", {}, {{"n", std::int64_t{1}}}},
                                   {"huge", {}, {{"text", std::string(16'000, 'x')}}},
                                   {"small", {}, {{"n", std::int64_t{2}}}}});
    EXPECT_EQ(rows.unfit, std::vector<std::string>{"huge"});
    EXPECT_EQ(rows.bodies.size(), 2U);
}

TEST(SampleRows, NoReadingsMakeNoRow) { EXPECT_TRUE(sample_rows({}).bodies.empty()); }

}  // namespace
}  // namespace pncp::agent
