#include "broker/log_writer/log_record.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "broker/log_writer/tail.hpp"
#include "schema/codec.hpp"
#include "schema/crypto.hpp"

namespace pncp::log_writer {
namespace {

using Json = nlohmann::ordered_json;

Event event_of(EventKind kind, Bytes body) {
    Event event;
    event.topic = "result/pi-1/";
    event.class_seq = 3;
    event.time_ns = 1'769'860'800'123'456'789;
    event.agent = "pi-1";
    event.direction = Direction::agent_to_broker;
    event.kind = kind;
    event.body = std::move(body);
    return event;
}

ChainState fresh_chain() {
    ChainState chain;
    chain.cursor.journal[0] = 0xab;
    return chain;
}

template <typename Body>
Json logged(EventKind kind, const Body& body) {
    ChainState chain = fresh_chain();
    const std::string line = event_line({1, event_of(kind, encode(body))}, chain);
    EXPECT_EQ(line.find('\n'), line.size() - 1);
    return Json::parse(line);
}

TEST(LogRecord, ALineHasTheDocumentedKeysInOrder) {
    ChainState chain = fresh_chain();
    const std::string line = event_line(
        {42, event_of(EventKind::device_event, encode(DeviceEventBody{"throttled", "now"}))}, chain);
    const Json json = Json::parse(line);
    std::vector<std::string> keys;
    for (const auto& [key, value] : json.items()) keys.push_back(key);
    EXPECT_EQ(keys, (std::vector<std::string>{"seq", "time", "direction", "agent", "type", "topic",
                                              "class_seq", "content", "journal", "prev", "hash"}));
    EXPECT_EQ(json["seq"], 42);
    EXPECT_EQ(json["time"], "2026-01-31T12:00:00.123456789Z");
    EXPECT_EQ(json["direction"], "agent->broker");
    EXPECT_EQ(json["type"], "DEVICE_EVENT");
    EXPECT_EQ(json["content"]["name"], "throttled");
}

TEST(LogRecord, TimesBefore1970AndFarAheadAreWritten) {
    EXPECT_EQ(rfc3339_ns(0), "1970-01-01T00:00:00.000000000Z");
    EXPECT_EQ(rfc3339_ns(-1), "1969-12-31T23:59:59.999999999Z");
    EXPECT_EQ(rfc3339_ns(std::numeric_limits<std::int64_t>::max()), "2262-04-11T23:47:16.854775807Z");
    EXPECT_EQ(rfc3339_ns(std::numeric_limits<std::int64_t>::min()), "1677-09-21T00:12:43.145224192Z");
}

TEST(LogRecord, NoTextOfAPeerCanForgeALineOrSteerATerminal) {
    std::string evil;
    for (int c = 0; c < 0x80; ++c) evil += static_cast<char>(c);
    evil +=
        "\xC2\x85\xC2\x9B"
        "2J\xE2\x80\xA8\xE2\x80\xAE\xE2\x81\xA6\xE2\x80\x8F\n{\"seq\":1}\n";
    evil += "\xFF\xC0\xAF\xED\xA0\x80 \xC3\xA4\xE2\x82\xAC \xF0\x9F\x8D\x93";  // not UTF-8, then good UTF-8
    ChainState chain = fresh_chain();
    Event event = event_of(EventKind::device_event, encode(DeviceEventBody{evil, evil}));
    event.agent = event.topic = evil;
    const std::string line = event_line({1, event}, chain);
    EXPECT_EQ(line.find('\n'), line.size() - 1);
    for (std::size_t i = 0; i + 1 < line.size(); ++i) {
        const auto byte = static_cast<unsigned char>(line[i]);
        EXPECT_GE(byte, 0x20) << i;
        EXPECT_NE(byte, 0x7F) << i;
    }
    for (const char* mark :
         {"\xC2\x85", "\xC2\x9B", "\xE2\x80\xA8", "\xE2\x80\xAE", "\xE2\x81\xA6", "\xE2\x80\x8F"})
        EXPECT_EQ(line.find(mark), std::string::npos);
    const Json json = Json::parse(line);
    const auto name = json["content"]["name"].get<std::string>();
    EXPECT_NE(name.find("\xC2\x9B"), std::string::npos) << "escaped, not lost";
    EXPECT_NE(name.find("\xC3\xA4\xE2\x82\xAC \xF0\x9F\x8D\x93"), std::string::npos);
    EXPECT_NE(name.find("\xEF\xBF\xBD"), std::string::npos) << "what is not UTF-8 is replaced";
    EXPECT_TRUE(read_line(std::string_view(line).substr(0, line.size() - 1)));
}

TEST(LogRecord, MetricsAreLoggedAsPointsWithTheirTypes) {
    MetricsBody body;
    body.points.push_back(
        {"cpu",
         {{"cpu", "cpu0"}},
         {{"usage", 0.0}, {"n", std::int64_t{-3}}, {"ok", true}, {"text", std::string("x")}}});
    const Json point = logged(EventKind::metrics, body)["content"]["points"][0];
    EXPECT_EQ(point["measurement"], "cpu");
    EXPECT_EQ(point["tags"]["cpu"], "cpu0");
    EXPECT_TRUE(point["fields"]["usage"].is_number_float());
    EXPECT_TRUE(point["fields"]["n"].is_number_integer());
    EXPECT_EQ(point["fields"]["ok"], true);
    EXPECT_EQ(point["fields"]["text"], "x");
}

TEST(LogRecord, OutputIsTextAndBytesThatAreNotUtf8AreKeptAsHexToo) {
    OutputBody body;
    body.bytes = {'o', 'k', '\n'};
    const Json good = logged(EventKind::output, body)["content"];
    EXPECT_EQ(good["text"], "ok\n");
    EXPECT_FALSE(good.contains("invalid_utf8"));
    body.bytes = {'a', 0xFF};
    const Json bad = logged(EventKind::output, body)["content"];
    EXPECT_EQ(bad["text"], "a\xEF\xBF\xBD");
    EXPECT_EQ(bad["text_hex"], "61ff");
    EXPECT_EQ(bad["invalid_utf8"], true);
}

TEST(LogRecord, EveryKindIsDecodedByItsOwnBody) {
    EXPECT_EQ(logged(EventKind::result, ResultBody{})["content"]["outcome"], "finished");
    EXPECT_EQ(logged(EventKind::gap, GapBody{})["content"]["stream"], "metrics");
    EXPECT_EQ(logged(EventKind::status, StatusBody{true, "", "", "", 0, false})["content"]["connected"],
              true);
    EXPECT_EQ(logged(EventKind::command, CommandBody{})["content"]["timeout_ms"], 0);
    EXPECT_EQ(logged(EventKind::command_ack, CommandAckBody{})["content"]["state"], "running");
    EXPECT_EQ(logged(EventKind::job, JobBody{})["content"]["ended"], false);
    EXPECT_EQ(logged(EventKind::audit, AuditBody{})["content"]["allowed"], false);
    EXPECT_EQ(logged(EventKind::security, SecurityBody{"tag", "", 7})["content"]["count"], 7);
    EXPECT_EQ(logged(EventKind::hello, Hello{})["content"]["version"], "");
    EXPECT_EQ(logged(EventKind::bye, Bye{})["content"]["all_acknowledged"], false);
    EXPECT_TRUE(logged(EventKind::catalogue, Catalogue{})["content"]["entries"].is_array());
}

TEST(LogRecord, KeysOfAReadyAreNeverLogged) {
    Ready ready;
    ready.feed_key = Key32{};
    ready.feed_key->fill(0xEE);
    EXPECT_EQ(logged(EventKind::ready, ready).dump().find("eeee"), std::string::npos);
}

TEST(LogRecord, ABodyOfANewerBrokerIsKeptAsHex) {
    ChainState chain = fresh_chain();
    const Json json = Json::parse(event_line({1, event_of(EventKind::metrics, {0xC1, 0x02})}, chain));
    EXPECT_EQ(json["content"]["undecodable"], "c102");
}

TEST(LogRecord, AGapIsALineOfItsOwnAndSaysWhereTheLogGoesOn) {
    ChainState chain = fresh_chain();
    FeedGap gap{5, 9, "past its retention", {chain.cursor.journal, 9}};
    const Json json = Json::parse(gap_line(gap, 1'000'000, chain));
    EXPECT_EQ(json["type"], "FEED_GAP");
    EXPECT_EQ(json["seq"], 9);
    EXPECT_EQ(json["content"]["first"], 5);
    EXPECT_EQ(json["content"]["last"], 9);
    EXPECT_EQ(chain.cursor.sequence, 9U);
    gap.last = 0;
    EXPECT_TRUE(Json::parse(gap_line(gap, 0, chain))["content"]["last"].is_null());
}

class Chain : public testing::Test {
  protected:
    void SetUp() override {
        lines.push_back(header_line(chain.cursor.journal, "log-writer", 0, chain));
        for (std::uint64_t seq = 1; seq <= 5; ++seq)
            lines.push_back(event_line(
                {seq, event_of(EventKind::device_event, encode(DeviceEventBody{"e", std::to_string(seq)}))},
                chain));
    }
    static std::string_view bare(const std::string& line) {
        return std::string_view(line).substr(0, line.size() - 1);
    }
    ChainState chain = fresh_chain();
    std::vector<std::string> lines;
};

TEST_F(Chain, EachLineNamesTheHashOfTheOneBeforeAndItsOwnCanBeRecomputed) {
    std::string before = std::string(64, '0');
    for (const std::string& line : lines) {
        const Json json = Json::parse(line);
        EXPECT_EQ(json.contains("prev") ? json["prev"] : json["previous_hash"], before);
        before = json["hash"];
        // As the header says how to do it by hand.
        const std::string without = line.substr(0, line.find(",\"hash\":\"")) + "}";
        EXPECT_EQ(to_hex(sha256(view(without))), before);
    }
    EXPECT_EQ(to_hex(chain.hash), before);
}

TEST_F(Chain, ChangingAnyOneByteOfALineIsNoticed) {
    const std::string& line = lines[3];
    for (std::size_t i = 0; i + 1 < line.size(); ++i) {
        std::string edited(bare(line));
        edited[i] = static_cast<char>(edited[i] ^ 1);
        EXPECT_FALSE(read_line(edited)) << i;
    }
}

TEST_F(Chain, ALineReadBackSaysWhereTheFileStands) {
    EXPECT_EQ(read_line(bare(lines.back())), chain);
    const auto header = read_line(bare(lines.front()));
    ASSERT_TRUE(header);
    EXPECT_EQ(header->cursor, (Cursor{chain.cursor.journal, 0}));
}

TEST_F(Chain, AFileThatEndsInAnyByteOfItsLastLineStandsAtTheLineBefore) {
    std::string file;
    for (const std::string& line : lines) file += line;
    const std::size_t before_last = file.size() - lines.back().size();
    const auto expected = read_line(bare(lines[lines.size() - 2]));
    for (std::size_t size = before_last; size < file.size(); ++size) {
        const auto tail = read_tail(std::string_view(file).substr(0, size), size);
        ASSERT_TRUE(tail) << size;
        EXPECT_EQ(tail->chain, *expected);
        EXPECT_EQ(tail->good_bytes, before_last);
        EXPECT_EQ(tail->torn_bytes, size - before_last);
    }
    EXPECT_EQ(read_tail(file, file.size())->chain, chain);
}

TEST_F(Chain, ALookThatBeginsInTheMiddleOfALineIsNotMistakenForDamage) {
    std::string file;
    for (const std::string& line : lines) file += line;
    const std::string torn = file + std::string(500, 'x');
    EXPECT_FALSE(read_tail(std::string_view(torn).substr(torn.size() - 600), torn.size()));
    const auto tail =
        read_tail(std::string_view(torn).substr(torn.size() - 500 - lines.back().size() - 3), torn.size());
    ASSERT_TRUE(tail);
    EXPECT_EQ(tail->good_bytes, file.size());
}

}  // namespace
}  // namespace pncp::log_writer
