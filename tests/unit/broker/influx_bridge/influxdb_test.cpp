// The bridge's pipeline and its HTTP thread against a real influxd: what is written is read back by query.
#include <curl/curl.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <chrono>
#include <cstdlib>
#include <memory>
#include <thread>

#include "broker/influx_bridge/http_post.hpp"
#include "broker/influx_bridge/pipeline.hpp"
#include "influxdb_server.hpp"
#include "schema/codec.hpp"

namespace pncp::influx {
namespace {

using namespace std::string_literals;
using Clock = std::chrono::steady_clock;

constexpr std::int64_t kEpochNs = 1'700'000'000'000'000'000;
constexpr auto kDeadline = std::chrono::seconds(60);

class InfluxDb : public testing::Test {
  protected:
    void SetUp() override {
        server_ = std::make_unique<InfluxDbServer>();
        if (server_->unavailable().empty()) return;
        const char* ci = std::getenv("CI");
        if (ci != nullptr && ci == "true"s)
            FAIL() << "InfluxDB must be tested here: " << server_->unavailable();
        GTEST_SKIP() << server_->unavailable();
    }

    HttpPost& http() {
        if (!http_) {
            HttpOptions options;
            options.port = server_->port();
            http_ = std::make_unique<HttpPost>(options);
        }
        return *http_;
    }

    [[nodiscard]] static std::int64_t now_ms() {
        return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now().time_since_epoch()).count();
    }

    /// One turn of the bridge's loop: waits for an answer or the next try, at most `wait`.
    void turn(Pipeline& pipeline, int wait_ms = 100) {
        if (const auto request = pipeline.next(now_ms())) {
            ASSERT_TRUE(http().post(*request));
        }
        pollfd item{http().fd(), POLLIN, 0};
        poll(&item, 1, wait_ms);
        if (const auto answer = http().take()) pipeline.answered(*answer, now_ms());
    }

    void drain(Pipeline& pipeline) {
        pipeline.hurry();
        const auto end = Clock::now() + kDeadline;
        while (!pipeline.drained() && Clock::now() < end) turn(pipeline);
        ASSERT_TRUE(pipeline.drained()) << pipeline.delivery().last_error();
    }

    std::unique_ptr<InfluxDbServer> server_;
    std::unique_ptr<HttpPost> http_;
};

Event event(std::uint64_t seq, EventKind kind, Bytes body) {
    Event made;
    made.time_ns = kEpochNs + static_cast<std::int64_t>(seq);
    made.agent = "pi-1";
    made.kind = kind;
    made.body = std::move(body);
    return made;
}
Event sample(std::uint64_t seq, std::vector<Point> points) {
    return event(seq, EventKind::metrics, encode(MetricsBody{std::move(points)}));
}
Event result_of(std::uint64_t seq, std::string name, std::string_view output) {
    ResultBody body;
    body.name = std::move(name);
    body.out = to_bytes(view(output));
    body.out_bytes = output.size();
    return event(seq, EventKind::result, encode(body));
}
void give(Pipeline& pipeline, std::uint64_t seq, const Event& made) {
    ASSERT_TRUE(pipeline.on_event(seq, made, 0));
}

/// What a peer may send to split a line, forge a point or spoil its neighbours.
const std::vector<std::string> kHostile = {
    "plain",
    "a b,c=d",
    "a\"b",
    "\"",
    "\\",
    "\\\\",
    "\\\"",
    "ends in \\",
    "ends in \\\\",
    "a\\,b",
    "a\\ b",
    "a\\=b",
    "x\\ \\=\"",
    "x\\ \\=\" y=1 2",
    "\n",
    "a\nagent_status,agent=pi-2 status=\"forged\" 1700000000000000000\n",
    "\" 1700000000000000000\nforged,agent=pi-2 output=\"x",
    "\\\" 1\nforged output=\"x",
    "#comment",
    "\t#comment",
    "\r\n\r",
    "a\0b"s,
    "\x1b[31mred",
    "time",
    "=,=",
    ", ,",
    "é 漢 😀 °C",
    "a=1i",
    "t",
    "{\"a\": [1, \"b\\n\"]}",
    std::string(3'000, '\\'),
    std::string(300, '"') + "\\",
    "tab\tand\vothers\f"};

TEST_F(InfluxDb, HostileTextsInStringsComeBackAsTheyWere) {
    Pipeline pipeline({}, {{1}, 0, 0});
    std::uint64_t seq = 0;
    for (const std::string& text : kHostile) {
        ++seq;
        give(pipeline, seq, result_of(seq, "lslogs", text));
    }
    drain(pipeline);
    EXPECT_TRUE(pipeline.take_dead().empty());
    const auto rows = server_->query(R"(SELECT "output" FROM "lslogs" WHERE "agent" = 'pi-1')");
    ASSERT_EQ(rows.size(), kHostile.size());
    for (std::size_t i = 0; i < rows.size(); ++i) EXPECT_EQ(rows[i][1].get<std::string>(), kHostile[i]) << i;
    EXPECT_EQ(server_->query("SHOW MEASUREMENTS").size(), 1U);
}

TEST_F(InfluxDb, HostileNamesTagsAndKeysForgeNothingAndSpoilNoNeighbour) {
    Pipeline pipeline({}, {{1}, 0, 0});
    std::uint64_t seq = 0;
    for (const std::string& text : kHostile) {
        ++seq;
        give(pipeline, seq, sample(seq, {{"good", {{"id", std::to_string(seq)}}, {{"n", std::int64_t{1}}}}}));
        ++seq;
        give(pipeline, seq,
             sample(seq, {{"evil", {{"tag", text}}, {{"a", std::string(text)}, {"n", std::int64_t{1}}}}}));
        ++seq;
        give(pipeline, seq,
             sample(seq, {{"evil", {{text, "v"}, {"z", text}}, {{text, text}, {"n", std::int64_t{1}}}}}));
        ++seq;
        give(pipeline, seq,
             sample(seq, {{"evil " + text, {{"tag", text}}, {{"n", std::int64_t{1}}, {text, text}}}}));
        ++seq;
        give(pipeline, seq,
             sample(seq, {{text, {}, {{"n", std::int64_t{1}}, {"a" + text, 1.0}, {"s", text}}}}));
    }
    drain(pipeline);
    for (const DeadLetter& letter : pipeline.take_dead())
        ADD_FAILURE() << letter.reason << "\n" << letter.line;
    const auto cases = static_cast<std::int64_t>(kHostile.size());
    EXPECT_EQ(server_->count("SELECT count(n) FROM good"), cases);
    EXPECT_EQ(server_->count("SELECT count(n) FROM evil"), 2 * cases);
    for (const auto& row : server_->query("SHOW MEASUREMENTS")) {
        const std::string name = row[0];
        EXPECT_FALSE(name.starts_with("forged") || name.starts_with("agent_status")) << name;
    }
    // Every point is there, under whatever name: none was swallowed by the line before it, none was added.
    EXPECT_EQ(server_->count("SELECT count(n) FROM /.*/"), 5 * cases);
    for (const auto& row : server_->query("SHOW TAG VALUES FROM evil WITH KEY = agent"))
        EXPECT_EQ(row[1], "pi-1");
}

TEST_F(InfluxDb, TagsWithoutControlsOrBackslashesComeBackAsTheyWere) {
    const std::vector<std::string> texts = {"a b",  "a,b",           "a=b",    "a\"b",
                                            "a\\b", "/mnt/usb disk", "é 漢 😀", ",= ,="};
    Pipeline pipeline({}, {{1}, 0, 0});
    std::uint64_t seq = 0;
    for (const std::string& text : texts) {
        ++seq;
        give(pipeline, seq,
             sample(seq, {{"disk", {{"path", text}}, {{"n", static_cast<std::int64_t>(seq)}}}}));
    }
    drain(pipeline);
    const auto rows = server_->query("SELECT n, path FROM disk");
    ASSERT_EQ(rows.size(), texts.size());
    for (std::size_t i = 0; i < rows.size(); ++i) EXPECT_EQ(rows[i][2].get<std::string>(), texts[i]);
}

TEST_F(InfluxDb, DatabaseIsCreatedAndTheOriginalsQueriesGiveRows) {
    Pipeline pipeline({}, {{1}, 0, 0});
    const auto recent = std::chrono::system_clock::now().time_since_epoch();
    const auto at = std::chrono::duration_cast<std::chrono::nanoseconds>(recent).count();
    Event metrics = sample(1, {{"metrics", {}, {{"output", std::string(R"({"cpu_percent":[1.5]})")}}}});
    metrics.time_ns = at;
    StatusBody body;
    body.connected = true;
    Event status = event(2, EventKind::status, encode(body));
    status.time_ns = at;
    Event result = result_of(3, "lslogs", "boot\nlines\n");
    result.time_ns = at;
    give(pipeline, 1, metrics);
    give(pipeline, 2, status);
    give(pipeline, 3, result);
    drain(pipeline);
    auto rows = server_->query(R"(SELECT "output" FROM "metrics" WHERE time > now() - 1h)");
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_EQ(rows[0][1], R"({"cpu_percent":[1.5]})");
    rows = server_->query(
        R"(SELECT "status" FROM "agent_status" WHERE "agent" = 'pi-1' ORDER BY time DESC LIMIT 50)");
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_EQ(rows[0][1], "connected");
    rows = server_->query(R"(SELECT "output" FROM "lslogs")");
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_EQ(rows[0][1], "boot\nlines\n");
    bool created = false;
    for (const Saying& saying : pipeline.take_sayings())
        created |= saying.text.starts_with("created database");
    EXPECT_TRUE(created);
}

TEST_F(InfluxDb, OneBadLineIsFoundAndTheRestIsStoredExactly) {
    Pipeline pipeline({}, {{1}, 0, 0});
    give(pipeline, 1, sample(1, {{"cpu", {}, {{"usage", 1.0}}}}));
    drain(pipeline);
    for (std::uint64_t seq = 2; seq <= 3'000; ++seq) {
        FieldValue value = static_cast<double>(seq);
        if (seq == 1'234) value = std::string("not a number");
        give(pipeline, seq, sample(seq, {{"cpu", {}, {{"usage", value}}}}));
    }
    drain(pipeline);
    const auto dead = pipeline.take_dead();
    ASSERT_EQ(dead.size(), 1U);
    EXPECT_NE(dead[0].line.find("not a number"), std::string::npos);
    EXPECT_NE(dead[0].reason.find("field type conflict"), std::string::npos);
    EXPECT_EQ(server_->count("SELECT count(usage) FROM cpu"), 2'999);
    EXPECT_EQ(server_->query("SELECT sum(usage) FROM cpu")[0][1].get<double>(), 3'000.0 * 3'001 / 2 - 1'234);
    EXPECT_EQ(pipeline.take_mark()->stored, 3'000U);
}

TEST_F(InfluxDb, KilledInTheMiddleItEndsWithEveryPointExactlyOnce) {
    PipelineOptions options;
    options.batch.lines = 200;
    options.delivery.first_pause_ms = 20;
    options.delivery.longest_pause_ms = 100;
    Pipeline pipeline(options, {{1}, 0, 0});
    constexpr std::uint64_t kEvents = 20'000;
    std::uint64_t seq = 0;
    int kills = 0;
    const auto end = Clock::now() + kDeadline;
    while ((seq < kEvents || !pipeline.drained()) && Clock::now() < end) {
        while (seq < kEvents &&
               pipeline.on_event(seq + 1,
                                 sample(seq + 1, {{"cpu", {}, {{"usage", static_cast<double>(seq + 1)}}}}),
                                 now_ms()))
            ++seq;
        if (seq == kEvents) pipeline.hurry();
        // Ended while a request is under way: it may have been stored or not, nobody knows.
        if (kills < 3 && seq > kEvents / 4 * static_cast<std::uint64_t>(kills + 1)) {
            if (const auto request = pipeline.next(now_ms())) {
                ASSERT_TRUE(http().post(*request));
            }
            server_->kill();
            turn(pipeline);
            server_->start();
            ASSERT_EQ(server_->unavailable(), "");
            ++kills;
        }
        turn(pipeline, 20);
    }
    ASSERT_TRUE(pipeline.drained()) << pipeline.delivery().last_error();
    EXPECT_EQ(kills, 3);
    EXPECT_EQ(server_->count("SELECT count(usage) FROM cpu"), static_cast<std::int64_t>(kEvents));
    EXPECT_EQ(server_->query("SELECT sum(usage) FROM cpu")[0][1].get<double>(), 20'000.0 * 20'001 / 2);
    EXPECT_TRUE(pipeline.take_dead().empty());
    EXPECT_EQ(pipeline.take_mark()->stored, kEvents);
}

TEST_F(InfluxDb, PointsOlderThanTheRetentionPolicyAreDeadLetteredWithTheReason) {
    Pipeline first({}, {{1}, 0, 0});
    give(first, 1, sample(1, {{"cpu", {}, {{"usage", 1.0}}}}));
    drain(first);
    (void)server_->query(R"(ALTER RETENTION POLICY "autogen" ON "pncp" DURATION 1h SHARD DURATION 1h)");
    Pipeline pipeline({}, {{1}, 1, 1});
    give(pipeline, 2, sample(2, {{"mem", {}, {{"used", 1.0}}}}));
    drain(pipeline);
    const auto dead = pipeline.take_dead();
    ASSERT_EQ(dead.size(), 1U);
    EXPECT_NE(dead[0].reason.find("retention policy"), std::string::npos);
}

}  // namespace
}  // namespace pncp::influx
