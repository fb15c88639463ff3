// pncp-cli history: names of metrics, series, plots, and the verb whole.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cli/metric_series.hpp"
#include "cli/plot.hpp"
#include "fake_journal.hpp"

namespace pncp::cli {
namespace {

using Json = nlohmann::json;

Series ramp(std::size_t count) {
    Series series;
    for (std::size_t i = 0; i < count; ++i)
        series.points.push_back({static_cast<std::int64_t>(i), static_cast<double>(i)});
    return series;
}

TEST(CliMetricName, FormsThatAreRightAreRead) {
    const auto name = parse_metric("net.bytes_recv{interface=eth0,x=}");
    ASSERT_TRUE(name);
    EXPECT_EQ(name->measurement, "net");
    EXPECT_EQ(name->field, "bytes_recv");
    EXPECT_EQ(tags_text(name->tags), "interface=eth0 x=");
    EXPECT_EQ(tags_text(parse_metric("cpu.usage_user")->tags), "cpu=cpu-total");
    EXPECT_EQ(tags_text(parse_metric("cpu.usage_user{cpu=cpu0}")->tags), "cpu=cpu0");
    EXPECT_EQ(parse_metric("temp")->field, "temp");
    EXPECT_EQ(tags_text(parse_metric("disk")->tags), "path=/");
}

TEST(CliMetricName, FormsThatAreWrongSayWhatIsRight) {
    for (const char* wrong : {"", "memory", "mem.", ".x", "a.b{", "a.b{c}", "a.b{=c}"}) {
        const auto name = parse_metric(wrong);
        ASSERT_FALSE(name) << wrong;
        EXPECT_NE(name.error().next.find("measurement.field"), std::string::npos);
    }
}

TEST(CliPlot, SparkLineHasOneCharacterATimeAndHolesAreHoles) {
    EXPECT_EQ(spark_line(ramp(8), 0, 8, 8, true), "▁▂▃▄▅▆▇█");
    EXPECT_EQ(spark_line(ramp(8), 0, 8, 8, false), "_.-=+*#@");
    EXPECT_EQ(spark_line(ramp(4), 0, 8, 8, false), "_-*@    ");
    Series flat;
    flat.points = {{0, 5}, {7, 5}};
    EXPECT_EQ(spark_line(flat, 0, 8, 4, false), "_  _");
    EXPECT_EQ(spark_line(Series{}, 0, 8, 4, true), "");
}

TEST(CliPlot, BraillePlotIsAsWideAndHighAsAskedFor) {
    const std::string plot = braille_plot(ramp(1'000), 0, 1'000, 61, 5);
    EXPECT_EQ(std::count(plot.begin(), plot.end(), '\n'), 6);
    const std::string first = plot.substr(0, plot.find('\n'));
    EXPECT_EQ(width_of(first), 61U) << plot;
    EXPECT_NE(first.find("999 ┤"), std::string::npos) << plot;
    EXPECT_NE(plot.find("0 ┤⣀"), std::string::npos) << plot;
    EXPECT_EQ(braille_plot(Series{}, 0, 10, 80, 8), "");
}

TEST(CliPlot, EachColumnSpansLeastToGreatest) {
    Series series;
    series.points = {{0, 0}, {1, 100}, {9, 50}};
    const auto buckets = buckets_of(series, 0, 10, 5);
    ASSERT_TRUE(buckets[0]);
    EXPECT_EQ(buckets[0]->min, 0);
    EXPECT_EQ(buckets[0]->mean, 50);
    EXPECT_EQ(buckets[0]->max, 100);
    EXPECT_FALSE(buckets[2]);
    EXPECT_TRUE(buckets[4]);
}

TEST(CliPlot, NumbersAreShort) {
    EXPECT_EQ(short_number(0.254), "0.25");
    EXPECT_EQ(short_number(51.5), "51.50");
    EXPECT_EQ(short_number(151.55), "151.6");
    EXPECT_EQ(short_number(8123.4), "8123");
    EXPECT_EQ(short_number(3.9e9), "3.9e+09");
    EXPECT_EQ(short_number(-7), "-7");
}

struct HistoryVerbTest : ::testing::Test {
    FakeJournalWorld fake;

    void SetUp() override {
        for (int i = 0; i < 60; ++i)
            fake.journal.add(EventClass::metrics, EventKind::metrics, i % 3 == 2 ? "pi-10" : "pi-1",
                             kNowNs - (60 - i) * 60 * kSecond, sample_of(i, 40 + i));
    }
};

TEST_F(HistoryVerbTest, JsonHasTheNumbersAndThePointsOfThatTimeOnly) {
    EXPECT_EQ(fake.run({"history", "pi-1", "cpu", "--since", "30m", "-o", "json"}), ExitCode::ok)
        << fake.console.err_text;
    const Json answer = Json::parse(fake.console.out_text);
    ASSERT_EQ(answer["series"].size(), 1U);
    const Json& series = answer["series"][0];
    EXPECT_EQ(series["tags"]["cpu"], "cpu-total");
    EXPECT_EQ(series["count"], 20);
    EXPECT_EQ(series["min"], 30);
    EXPECT_EQ(series["max"], 58);
    EXPECT_EQ(series["last"], 58);
    EXPECT_EQ(series["points"][0]["value"], 30);
    EXPECT_EQ(answer["held_from"], "2001-09-09T00:46:40.000Z");
}

TEST_F(HistoryVerbTest, TextSaysWhatIsReallyHeld) {
    EXPECT_EQ(fake.run({"history", "pi-1", "mem.used_percent", "--since", "7d"}), ExitCode::ok);
    const std::string& out = fake.console.out_text;
    EXPECT_NE(out.find("min 40.50  mean 40.50  max 40.50  last 40.50"), std::string::npos) << out;
    EXPECT_NE(out.find("40 points from 2001-09-09T00:46:40.000Z"), std::string::npos) << out;
    EXPECT_NE(out.find("The journal goes back to 2001-09-09T00:46:40.000Z"), std::string::npos) << out;
    EXPECT_EQ(out.find("\xE2"), std::string::npos) << "ASCII where the locale has no UTF-8";
}

TEST_F(HistoryVerbTest, TerminalGetsAPlotOfItsWidth) {
    fake.console.terminal = true;
    fake.world.utf8 = true;
    EXPECT_EQ(fake.run({"history", "pi-1", "temp.temp{sensor=cpu-thermal}", "--color", "never"}),
              ExitCode::ok);
    EXPECT_NE(fake.console.out_text.find("⡀"), std::string::npos) << fake.console.out_text;
    std::size_t at = 0;
    for (std::size_t end = 0; (end = fake.console.out_text.find('\n', at)) != std::string::npos; at = end + 1)
        EXPECT_LE(width_of(fake.console.out_text.substr(at, end - at)), 100U);
}

TEST_F(HistoryVerbTest, SeveralSeriesAreATable) {
    EXPECT_EQ(fake.run({"history", "pi-1", "temp.temp"}), ExitCode::ok);
    EXPECT_NE(fake.console.out_text.find("sensor=cpu-thermal  40"), std::string::npos)
        << fake.console.out_text;
    EXPECT_NE(fake.console.out_text.find("sensor=nvme         35"), std::string::npos)
        << fake.console.out_text;
}

TEST_F(HistoryVerbTest, CsvIsOneLineAPoint) {
    EXPECT_EQ(fake.run({"history", "pi-1", "load", "--since", "3m", "-o", "csv"}), ExitCode::ok);
    EXPECT_EQ(fake.console.out_text,
              "time,series,value\r\n2001-09-09T01:43:40.000Z,,0.31\r\n2001-09-09T01:44:40.000Z,,0.31\r\n");
}

TEST_F(HistoryVerbTest, JsonLinesAreOneLineAPoint) {
    EXPECT_EQ(fake.run({"history", "pi-1", "load", "--since", "3m", "-o", "jsonl"}), ExitCode::ok);
    const std::string& text = fake.console.out_text;
    const auto first = Json::parse(text.substr(0, text.find('\n')));
    EXPECT_EQ(first, (Json{{"agent", "pi-1"},
                           {"metric", "load"},
                           {"tags", Json::object()},
                           {"time", "2001-09-09T01:43:40.000Z"},
                           {"value", 0.31}}));
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2);
}

TEST_F(HistoryVerbTest, MetricThatIsNotThereNamesThoseThatAre) {
    EXPECT_EQ(fake.run({"history", "pi-1", "mem.used_percant"}), ExitCode::usage);
    EXPECT_NE(fake.console.err_text.find("did you mean mem.used_percent"), std::string::npos);
    fake.console.err_text.clear();
    EXPECT_EQ(fake.run({"history", "pi-1", "pi_info.model"}), ExitCode::usage);
    EXPECT_NE(fake.console.err_text.find("is a text"), std::string::npos) << fake.console.err_text;
    AgentRow known;
    known.id = "pi-7";
    fake.conversation.answers = {Reply(AgentsReply{}), Reply(AgentsReply{{known}, ""})};
    EXPECT_EQ(fake.run({"history", "pi-7", "temp"}), ExitCode::usage);
    EXPECT_NE(fake.console.err_text.find("no agent is called pi-7"), std::string::npos)
        << fake.console.err_text;
    EXPECT_EQ(fake.run({"history", "pi-7", "temp"}), ExitCode::unavailable);
    EXPECT_EQ(fake.run({"history", "pi-1", "temp", "--since", "soon"}), ExitCode::usage);
    EXPECT_EQ(fake.run({"history", "pi-1"}), ExitCode::usage);
}

}  // namespace
}  // namespace pncp::cli
