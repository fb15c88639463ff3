// Decoding trusts nothing: limits, trailing bytes, unknown, missing and doubled keys, wrong types, numbers
// out of range.
#include "schema/codec.hpp"

#include <gtest/gtest.h>

#include "tests/unit/schema/samples.hpp"

namespace pncp {
namespace {

template <typename Message>
void expect_round_trip(const Message& message) {
    const Bytes bytes = encode(message);
    const auto decoded = decode<Message>(bytes);
    ASSERT_TRUE(decoded.has_value());
    EXPECT_EQ(*decoded, message);
    Bytes longer = bytes;
    longer.push_back(0xC0);
    EXPECT_FALSE(decode<Message>(longer)) << "trailing byte";
    for (std::size_t length = 0; length < bytes.size(); ++length)
        EXPECT_FALSE(decode<Message>(ByteView(bytes).first(length))) << "cut at " << length;
}

TEST(Codec, EveryMessageComesBackAsItWas) {
    expect_round_trip(samples::hello());
    expect_round_trip(samples::challenge());
    expect_round_trip(Auth{"pi-1"});
    expect_round_trip(samples::ready());
    Ready without_key = samples::ready();
    without_key.feed_key.reset();
    expect_round_trip(without_key);
    expect_round_trip(samples::batch());
    expect_round_trip(samples::ack());
    expect_round_trip(samples::command());
    expect_round_trip(samples::command_ack());
    expect_round_trip(samples::heartbeat());
    expect_round_trip(samples::bye());
    expect_round_trip(samples::no_session());
    expect_round_trip(samples::metrics());
    expect_round_trip(samples::result());
    expect_round_trip(OutputBody{samples::id(1), OutputStream::err, 12'288, {1, 2, 3}});
    expect_round_trip(GapBody{samples::id(1), Stream::metrics, 5, 9, "spool full"});
    expect_round_trip(DeviceEventBody{"under-voltage", "began"});
    expect_round_trip(StatusBody{true, "", "0.1.0", "boot", -1'500, false});
    expect_round_trip(CommandBody{samples::id(1), samples::id(2), samples::id(3), "local", "disk", {"a"}, 5});
    expect_round_trip(JobBody{samples::id(1), "local", "disk", {}, "*", 3, 5, true});
    JobBody staged{samples::id(1), "local", "disk", {}, "*", 3, 5, true, "ada", 1, 2, 3, 4, std::nullopt};
    staged.rollout = Rollout{10, true, 5, 6, false, "temp>80"};
    expect_round_trip(staged);
    expect_round_trip(JobTargetsBody{samples::id(1), {"pi-1", "pi-2"}});
    expect_round_trip(AlertBody{"hot", "pi-1", true, "temp > 80 for 1m", "temp 83.1"});
    expect_round_trip(AuditBody{"local", "send", "disk to *", true});
    expect_round_trip(SecurityBody{"tag", "agent/pi-1/1", 7});
    expect_round_trip(FeedHeartbeat{samples::id(1), 1, 99, {1, 2, 3, 4, 5, 6, 7, 8, 9}, 4});
    expect_round_trip(samples::event());
    expect_round_trip(samples::catalogue());
}

TEST(Codec, ExtremeNumbersComeBackAsTheyWere) {
    for (const std::int64_t number : {INT64_MIN, INT64_MIN + 1, std::int64_t{-1}, std::int64_t{0}, INT64_MAX})
        expect_round_trip(MetricsBody{{{"m", {}, {{"f", number}}}}});
    expect_round_trip(Ack{samples::id(1), {UINT64_MAX, UINT64_MAX}});
}

TEST(Codec, AWholeDoubleStaysADouble) {
    for (const double number : {0.0, 1.0, -3.0, 1e15, 0.5}) {
        const auto body = decode<MetricsBody>(encode(MetricsBody{{{"m", {}, {{"f", number}}}}}));
        ASSERT_TRUE(body);
        ASSERT_TRUE(std::holds_alternative<double>(body->points[0].fields[0].second)) << number;
        EXPECT_EQ(std::get<double>(body->points[0].fields[0].second), number);
    }
}

// Hand-made msgpack: fixmap, fixstr and small integers are enough for these.
Bytes map_of(std::initializer_list<std::pair<std::string_view, Bytes>> pairs) {
    Bytes bytes = {static_cast<std::uint8_t>(0x80U | pairs.size())};
    for (const auto& [key, value] : pairs) {
        bytes.push_back(static_cast<std::uint8_t>(0xA0U | key.size()));
        bytes.insert(bytes.end(), key.begin(), key.end());
        bytes.insert(bytes.end(), value.begin(), value.end());
    }
    return bytes;
}
const Bytes kTrue = {0xC3};
const Bytes kText = {0xA1, 'x'};

TEST(Codec, KeysMustBeKnownUniqueAndComplete) {
    EXPECT_TRUE(decode<Bye>(map_of({{"reason", kText}, {"all_acknowledged", kTrue}})));
    EXPECT_TRUE(decode<Bye>(map_of({{"all_acknowledged", kTrue}, {"reason", kText}})));
    EXPECT_FALSE(decode<Bye>(map_of({{"reason", kText}})));
    EXPECT_FALSE(decode<Bye>(map_of({{"reason", kText}, {"all_acknowledged", kTrue}, {"more", kTrue}})));
    EXPECT_FALSE(decode<Bye>(map_of({{"reason", kText}, {"reason", kText}, {"all_acknowledged", kTrue}})));
    EXPECT_FALSE(decode<Bye>(map_of({{"reason", kTrue}, {"all_acknowledged", kTrue}})));
    EXPECT_FALSE(decode<Bye>(Bytes{0x82, 0x01, 0xA1, 'x', 0x02, 0xC3})) << "keys that are no strings";
}

TEST(Codec, EnumsOutOfRangeAreRefused) {
    Bytes bytes = encode(samples::command_ack());
    ASSERT_TRUE(decode<CommandAck>(bytes));
    std::size_t changed = 0;
    for (std::size_t i = 0; i + 6 < bytes.size(); ++i) {
        if (std::string_view(reinterpret_cast<const char*>(bytes.data()) + i, 5) != "state") continue;
        // pack_uint8 of a small number is a fixint: one byte.
        for (const int bad : {0, 5, 127}) {
            bytes[i + 5] = static_cast<std::uint8_t>(bad);
            EXPECT_FALSE(decode<CommandAck>(bytes)) << bad;
            ++changed;
        }
    }
    EXPECT_EQ(changed, 3U);
}

TEST(Codec, AnAnnouncedGiantCostsNothing) {
    // array32, map32, str32, bin32 and ext32 that announce 4 GiB.
    for (const int type : {0xDD, 0xDF, 0xDB, 0xC6, 0xC9}) {
        const Bytes bytes = {static_cast<std::uint8_t>(type), 0xFF, 0xFF, 0xFF, 0xFF, 0x00};
        EXPECT_FALSE(decode<Event>(bytes));
        EXPECT_FALSE(decode<Batch>(bytes));
    }
}

TEST(Codec, NestingBeyondTheLimitIsRefused) {
    Bytes deep(60'000, 0x91);
    EXPECT_FALSE(decode<Batch>(deep));
    EXPECT_FALSE(decode<MetricsBody>(map_of({{"points", deep}})));
}

TEST(Codec, RequestsAndRepliesAreToldApartByTheirVerb) {
    const auto request = decode<Request>(encode(samples::request()));
    ASSERT_TRUE(request);
    EXPECT_TRUE(std::holds_alternative<SendRequest>(*request));
    const auto status = decode<Request>(encode(Request(StatusRequest{})));
    ASSERT_TRUE(status);
    EXPECT_TRUE(std::holds_alternative<StatusRequest>(*status));
    const auto reply = decode<Reply>(encode(samples::reply()));
    ASSERT_TRUE(reply);
    EXPECT_EQ(std::get<JobReply>(*reply).rows.size(), 1U);
    EXPECT_FALSE(decode<Request>(map_of({{"verb", kText}})));
    EXPECT_FALSE(decode<Request>(map_of({{"after", kText}})));
}

TEST(Catalogue, TheHashDependsOnTheEntriesOnly) {
    auto entries = samples::catalogue().entries;
    EXPECT_EQ(catalogue_hash(entries), samples::catalogue().hash);
    entries[0].help += "!";
    EXPECT_NE(catalogue_hash(entries), samples::catalogue().hash);
}

}  // namespace
}  // namespace pncp
