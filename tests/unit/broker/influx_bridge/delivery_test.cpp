// The policy against a store that is a function: each answer that a real influxd was seen to give (facts.md).
#include "broker/influx_bridge/delivery.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <set>

namespace pncp::influx {
namespace {

constexpr auto kNever = std::numeric_limits<std::int64_t>::max();

Batch batch_of(int lines, std::uint64_t seq = 9) {
    Batch batch;
    for (int i = 0; i < lines; ++i) {
        LineBuilder line(batch.lines, "m");
        line.text_field("s", "line\n" + std::to_string(i));
        EXPECT_TRUE(line.finish(i));
    }
    batch.mark = {{}, seq, seq};
    return batch;
}

struct DeliveryTest : testing::Test {
    DeliveryOptions options;
    Delivery delivery{options};
    std::int64_t now = 1'000;
    int requests = 0;

    /// Lets the store answer until nothing can be asked now.
    void play(const std::function<Answer(const Request&)>& store) {
        while (const auto request = delivery.next(now)) {
            ++requests;
            delivery.answered(store(*request), now);
            ASSERT_LT(requests, 100'000);
        }
    }
    void always(int status, std::string text = "") {
        play([&](const Request&) { return Answer{status, text}; });
    }
    std::string said() {
        std::string all;
        for (const Saying& saying : delivery.take_sayings()) all += saying.text + "\n";
        return all;
    }
};

TEST_F(DeliveryTest, Only204Advances) {
    delivery.begin(batch_of(3));
    always(204);
    const auto done = delivery.take_done();
    ASSERT_TRUE(done);
    EXPECT_EQ(done->mark.stored, 9U);
    EXPECT_EQ(requests, 1);
    EXPECT_EQ(delivery.figures().lines_stored, 3U);
    for (const int status : {200, 202, 301, 302, 405, 411}) {
        delivery.begin(batch_of(1));
        now += 60'000;
        always(status);
        EXPECT_FALSE(delivery.idle()) << status;
        now += 60'000;
        always(204);
        EXPECT_TRUE(delivery.idle());
    }
}

TEST_F(DeliveryTest, BadLinesAreFoundByHalvingAndTheRestIsStored) {
    const std::set<int> bad = {0, 17, 18, 99};
    std::set<std::int64_t> stored;
    delivery.begin(batch_of(100));
    play([&](const Request& request) -> Answer {
        // As influxd: good lines are stored even when others are refused, and `dropped=` says 0.
        bool any_bad = false;
        std::size_t at = 0;
        while ((at = request.body.find("\" ", at)) != std::string_view::npos) {
            const int number = std::atoi(std::string(request.body.substr(at + 2, 6)).c_str());
            if (bad.contains(number))
                any_bad = true;
            else
                stored.insert(number);
            ++at;
        }
        return any_bad ? Answer{400, R"({"error":"partial write: field type conflict dropped=0"})"}
                       : Answer{204, ""};
    });
    EXPECT_TRUE(delivery.take_done());
    EXPECT_EQ(stored.size(), 96U);
    const auto dead = delivery.take_dead();
    ASSERT_EQ(dead.size(), 4U);
    EXPECT_EQ(dead[0].line, "m s=\"line\n0\" 0\n");
    EXPECT_EQ(dead[3].line, "m s=\"line\n99\" 99\n");
    EXPECT_NE(dead[0].reason.find("field type conflict"), std::string::npos);
    EXPECT_LT(requests, 4 * 2 * 8);
    EXPECT_EQ(delivery.figures().lines_stored, 96U);
    EXPECT_NE(said().find("refused 4 of 100"), std::string::npos);
}

TEST_F(DeliveryTest, A400ThatBlamesTheRequestDropsNothing) {
    delivery.begin(batch_of(1));
    always(400, R"({"error":"database is required"})");
    EXPECT_FALSE(delivery.idle());
    EXPECT_TRUE(delivery.take_dead().empty());
    EXPECT_TRUE(delivery.held());
}

TEST_F(DeliveryTest, ADevicesWordsInARefusalAreNotTakenForARefusedRequest) {
    // As influxd quotes them: a field, and a line, of a device's choice.
    for (
        const std::string text :
        {R"({"error":"partial write: field type conflict: input field \"gzip: \" on measurement \"m\" is type float, already exists as type integer dropped=1"})",
         R"({"error":"unable to parse 'database is required precision gzip: ': missing fields"})"}) {
        delivery.begin(batch_of(2));
        always(400, text);
        EXPECT_FALSE(delivery.held());
        EXPECT_TRUE(delivery.take_done());
        EXPECT_EQ(delivery.take_dead().size(), 2U);
    }
}

TEST_F(DeliveryTest, TheStoresOwnRequestForAPauseIsKeptWithinTheBound) {
    delivery.begin(batch_of(1));
    play([](const Request&) { return Answer{503, "", 7'000}; });
    EXPECT_EQ(delivery.wake_at_ms(), now + 7'000);
    now = delivery.wake_at_ms();
    play([](const Request&) { return Answer{429, "", 3'600'000}; });
    EXPECT_EQ(delivery.wake_at_ms(), now + options.longest_pause_ms);
}

TEST_F(DeliveryTest, ATroubleThatLastsIsSaidAgainAndAFullDiskIsAnAlarm) {
    delivery.begin(batch_of(1));
    std::vector<Saying> all;
    const std::int64_t began = now;
    while (now - began < 3 * Delivery::kRemindMs) {
        always(500, R"({"error":"engine: error writing WAL entry: no space left on device"})");
        for (Saying& saying : delivery.take_sayings()) all.push_back(std::move(saying));
        now = delivery.wake_at_ms();
    }
    ASSERT_GE(all.size(), 3U);
    EXPECT_LE(all.size(), 4U);
    for (const Saying& saying : all) {
        EXPECT_EQ(saying.level, log::Level::error);
        EXPECT_NE(saying.text.find("ALARM"), std::string::npos);
    }
    EXPECT_NE(all[1].text.find("since 10 min"), std::string::npos) << all[1].text;
}

TEST_F(DeliveryTest, TooLargeIsHalvedUntilItFits) {
    delivery.begin(batch_of(64));
    const std::size_t most = batch_of(20).lines.text.size();
    play([&](const Request& request) { return Answer{request.body.size() > most ? 413 : 204, ""}; });
    EXPECT_TRUE(delivery.take_done());
    EXPECT_EQ(delivery.figures().lines_stored, 64U);
    delivery.begin(batch_of(1));
    always(413);
    EXPECT_EQ(delivery.take_dead().size(), 1U);
    EXPECT_TRUE(delivery.idle());
}

TEST_F(DeliveryTest, WhatAStoreCannotTakeInTimeIsHalvedUntilItCan) {
    delivery.begin(batch_of(64));
    const std::size_t most = batch_of(20).lines.text.size();
    for (int i = 0; i < 10 && !delivery.idle(); ++i, now += 60'000)
        play([&](const Request& request) {
            return request.body.size() > most ? Answer{0, "Operation timed out after 30000 milliseconds"}
                                              : Answer{204, ""};
        });
    EXPECT_TRUE(delivery.take_done());
    EXPECT_EQ(delivery.figures().lines_stored, 64U);
    EXPECT_LT(requests, 10);
    EXPECT_TRUE(delivery.take_dead().empty());
    delivery.begin(batch_of(1));
    for (int i = 0; i < 20; ++i, now += 60'000) always(0, "Operation timed out");
    EXPECT_TRUE(delivery.take_dead().empty()) << "a single line is tried for ever";
    EXPECT_FALSE(delivery.idle());
}

TEST_F(DeliveryTest, MissingDatabaseIsCreatedOnce) {
    bool exists = false;
    int created = 0;
    delivery.begin(batch_of(2));
    play([&](const Request& request) -> Answer {
        if (request.kind == Request::Kind::create_database) {
            ++created;
            exists = true;
            return {200, R"({"results":[{"statement_id":0}]})"};
        }
        return exists ? Answer{204, ""} : Answer{404, R"({"error":"database not found: \"pncp\""})"};
    });
    EXPECT_TRUE(delivery.take_done());
    EXPECT_EQ(created, 1);
    EXPECT_NE(said().find("created database \"pncp\""), std::string::npos);
}

TEST_F(DeliveryTest, ADatabaseThatVanishesAtOnceIsNotMadeInALoop) {
    delivery.begin(batch_of(1));
    play([&](const Request& request) -> Answer {
        if (request.kind == Request::Kind::create_database) return {200, "{}"};
        return {404, "database not found"};
    });
    EXPECT_LE(requests, 3);
    EXPECT_TRUE(delivery.held());
}

TEST_F(DeliveryTest, MissingDatabaseHoldsWhenItMayNotBeCreated) {
    options.create_database = false;
    delivery = Delivery(options);
    delivery.begin(batch_of(1));
    always(404, "database not found");
    EXPECT_TRUE(delivery.held());
    EXPECT_EQ(requests, 1);
    EXPECT_NE(said().find("influx.create_database"), std::string::npos);
}

TEST_F(DeliveryTest, RefusedCreationHoldsAndSaysWhy) {
    delivery.begin(batch_of(1));
    play([&](const Request& request) -> Answer {
        if (request.kind == Request::Kind::create_database) return {200, R"({"error":"not authorized"})"};
        return {404, "database not found"};
    });
    EXPECT_TRUE(delivery.held());
    EXPECT_NE(said().find("not authorized"), std::string::npos);
}

TEST_F(DeliveryTest, EachTroubleIsSaidOnceWithWhatToDoAndItsEndWithHowLong) {
    const std::vector<std::pair<Answer, std::string>> troubles = {
        {{0, "Connection refused"}, "can't be reached"},
        {{0, "SSL certificate problem: self-signed certificate"}, "influx.ca_file"},
        {{401, "authorization failed"}, "influx.password"},
        {{403, "forbidden"}, "influx.password"},
        {{404, "404 page not found"}, "influx.port"},
        {{429, ""}, "pause"},
        {{500, R"({"error":"retention policy not found: \"week\""})"}, "retention policy"},
        {{500, R"({"error":"engine: write /x: no space left on device"})"}, "restart influxd"},
        {{500, "timeout"}, "can't store"},
        {{503, "throttled"}, "busy"},
    };
    for (const auto& [answer, words] : troubles) {
        delivery.begin(batch_of(1));
        const std::int64_t began = now;
        for (int i = 0; i < 20; ++i) {
            play([reply = answer](const Request&) { return reply; });
            EXPECT_FALSE(delivery.idle());
            now = delivery.wake_at_ms();
        }
        const std::string first = said();
        EXPECT_NE(first.find(words), std::string::npos) << first;
        EXPECT_EQ(std::count(first.begin(), first.end(), '\n'), 1) << first;
        EXPECT_GT(now - began, 60'000);
        always(204);
        EXPECT_TRUE(delivery.take_done());
        EXPECT_NE(said().find("takes points again after"), std::string::npos);
    }
    EXPECT_TRUE(delivery.take_dead().empty());
    EXPECT_EQ(delivery.figures().lines_stored, troubles.size());
}

TEST_F(DeliveryTest, PausesGrowWithJitterUpToTheirBoundAndStartAnewAfterSuccess) {
    delivery.begin(batch_of(1));
    std::int64_t pause = options.first_pause_ms;
    std::set<std::int64_t> pauses;
    for (int i = 0; i < 30; ++i) {
        always(503);
        const std::int64_t waited = delivery.wake_at_ms() - now;
        EXPECT_GE(waited, pause / 2);
        EXPECT_LE(waited, pause);
        pauses.insert(waited);
        EXPECT_FALSE(delivery.next(delivery.wake_at_ms() - 1));
        now = delivery.wake_at_ms();
        pause = std::min(options.longest_pause_ms, pause * 2);
    }
    EXPECT_GT(pauses.size(), 20U);
    always(204);
    EXPECT_EQ(delivery.wake_at_ms(), kNever);
    delivery.begin(batch_of(1));
    always(503);
    EXPECT_LE(delivery.wake_at_ms() - now, options.first_pause_ms);
}

TEST_F(DeliveryTest, ReplyLostAfterCommitMeansTheSameBytesAgain) {
    delivery.begin(batch_of(5));
    std::vector<std::string> bodies;
    const auto store = [&](const Request& request) {
        bodies.emplace_back(request.body);
        return bodies.size() == 1 ? Answer{0, "Empty reply from server"} : Answer{204, ""};
    };
    play(store);
    now = delivery.wake_at_ms();
    play(store);
    ASSERT_EQ(bodies.size(), 2U);
    EXPECT_EQ(bodies[0], bodies[1]);
}

TEST_F(DeliveryTest, OneRequestAtATimeAndNoneWhenIdle) {
    EXPECT_FALSE(delivery.next(now));
    delivery.begin(batch_of(1));
    EXPECT_TRUE(delivery.next(now));
    EXPECT_FALSE(delivery.next(now));
    EXPECT_EQ(delivery.wake_at_ms(), kNever);
    delivery.answered({204, ""}, now);
    delivery.answered({400, "nobody asked"}, now);
    EXPECT_TRUE(delivery.take_dead().empty());
}

TEST_F(DeliveryTest, ABatchWithoutLinesIsDoneAtOnce) {
    delivery.begin(batch_of(0, 4));
    EXPECT_TRUE(delivery.idle());
    EXPECT_EQ(delivery.take_done()->mark.stored, 4U);
}

}  // namespace
}  // namespace pncp::influx
