// The whole bridge without sockets: marks never pass what is not stored, and a restart from any mark loses
// and spoils nothing.
#include "broker/influx_bridge/pipeline.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "broker/influx_bridge/tags_file.hpp"
#include "schema/codec.hpp"

namespace pncp::influx {
namespace {

const Id16 kJournal = {1};

Event metrics(std::uint64_t seq) {
    Event event;
    event.time_ns = static_cast<std::int64_t>(seq);
    event.agent = "pi-1";
    event.kind = EventKind::metrics;
    event.body = encode(MetricsBody{{{"cpu", {}, {{"usage", 1.0}}}}});
    return event;
}
Event output(std::uint64_t seq, std::uint8_t command, std::uint64_t offset, std::string_view text) {
    OutputBody body;
    body.command[0] = command;
    body.offset = offset;
    body.bytes = to_bytes(view(text));
    Event event = metrics(seq);
    event.kind = EventKind::output;
    event.body = encode(body);
    return event;
}
Event result(std::uint64_t seq, std::uint8_t command, std::uint64_t bytes) {
    ResultBody body;
    body.command[0] = command;
    body.name = "lslogs";
    body.out_bytes = bytes;
    Event event = metrics(seq);
    event.kind = EventKind::result;
    event.body = encode(body);
    return event;
}

/// A store that keeps lines as InfluxDB does: equal series and time overwrite.
struct Store {
    std::map<std::string, std::string> points;
    Answer operator()(const Request& request) {
        std::string_view body = request.body;
        while (!body.empty()) {
            const std::string line(body.substr(0, body.find('\n') + 1));
            body.remove_prefix(line.size());
            points[line.substr(0, line.find(' ')) + line.substr(line.rfind(' '))] = line;
        }
        return {204, ""};
    }
};

void deliver_all(Pipeline& pipeline, Store& store, std::int64_t now_ms) {
    while (const auto request = pipeline.next(now_ms)) pipeline.answered(store(*request), now_ms);
}

TEST(Pipeline, MarkMovesOnlyWhenItsBatchIsStored) {
    Pipeline pipeline({}, {kJournal, 0, 0});
    ASSERT_TRUE(pipeline.on_event(1, metrics(1), 0));
    EXPECT_FALSE(pipeline.next(499));
    ASSERT_TRUE(pipeline.next(500));
    ASSERT_TRUE(pipeline.on_event(2, metrics(2), 500));
    EXPECT_FALSE(pipeline.take_mark());
    pipeline.answered({503, ""}, 500);
    EXPECT_FALSE(pipeline.take_mark());
    ASSERT_TRUE(pipeline.next(2'000));
    pipeline.answered({204, ""}, 2'000);
    EXPECT_EQ(pipeline.take_mark(), (Mark{kJournal, 1, 1}));
    EXPECT_FALSE(pipeline.drained());
}

TEST(Pipeline, TheNextBatchFillsWhileOneIsUnderWayAndThenThereIsNoRoom) {
    PipelineOptions options;
    options.batch.lines = 2;
    Pipeline pipeline(options, {kJournal, 0, 0});
    ASSERT_TRUE(pipeline.on_event(1, metrics(1), 0));
    ASSERT_TRUE(pipeline.on_event(2, metrics(2), 0));
    EXPECT_FALSE(pipeline.on_event(3, metrics(3), 0));
    ASSERT_TRUE(pipeline.next(0));
    ASSERT_TRUE(pipeline.on_event(3, metrics(3), 0));
    ASSERT_TRUE(pipeline.on_event(4, metrics(4), 0));
    EXPECT_FALSE(pipeline.on_event(5, metrics(5), 0));
    pipeline.answered({204, ""}, 0);
    ASSERT_TRUE(pipeline.next(0));
    EXPECT_TRUE(pipeline.on_event(5, metrics(5), 0));
}

TEST(Pipeline, CursorNeverPassesAnOutputWhoseResultIsNotStored) {
    Store store;
    Pipeline pipeline({}, {kJournal, 0, 0});
    ASSERT_TRUE(pipeline.on_event(1, metrics(1), 0));
    ASSERT_TRUE(pipeline.on_event(2, output(2, 1, 0, "half "), 0));
    ASSERT_TRUE(pipeline.on_event(3, metrics(3), 0));
    deliver_all(pipeline, store, 500);
    EXPECT_EQ(pipeline.take_mark(), (Mark{kJournal, 1, 3}));
    ASSERT_TRUE(pipeline.on_event(4, result(4, 1, 5), 500));
    EXPECT_FALSE(pipeline.take_mark());
    deliver_all(pipeline, store, 1'000);
    EXPECT_EQ(pipeline.take_mark(), (Mark{kJournal, 4, 4}));
}

TEST(Pipeline, EventsWithoutLinesMoveTheMark) {
    Store store;
    Pipeline pipeline({}, {kJournal, 0, 0});
    Event audit = metrics(1);
    audit.kind = EventKind::audit;
    ASSERT_TRUE(pipeline.on_event(1, audit, 0));
    deliver_all(pipeline, store, 500);
    EXPECT_EQ(pipeline.take_mark(), (Mark{kJournal, 1, 1}));
    EXPECT_TRUE(pipeline.drained());
}

TEST(Pipeline, PointsWrittenAgainAfterAKillHaveTheTagsOfTheirTime) {
    // Event 3n is a HELLO with other tags, the rest are samples; the bridge is killed at random moments, most
    // of them after it stored more than its cursor file knows.
    constexpr std::uint64_t last = 400;
    const auto hello = [](std::uint64_t seq) {
        Hello body;
        if (seq % 4 != 0) body.tags = {"site=s" + std::to_string(seq % 5)};
        Event event = metrics(seq);
        event.kind = EventKind::hello;
        event.body = encode(body);
        return event;
    };
    std::minstd_rand random(7);
    Store store;
    Mark saved{kJournal, 0, 0};
    std::vector<TagEntry> file;
    PipelineOptions options;
    options.batch.age_ms = 0;
    int kills = 0;
    while (saved.stored < last) {
        Pipeline pipeline(options, saved);
        pipeline.restore_tags(kJournal, compact_tags(file, saved.resume));
        pipeline.on_journal(kJournal);
        for (std::uint64_t seq = saved.resume + 1; seq <= last && random() % 20 != 0; ++seq) {
            ASSERT_TRUE(pipeline.on_event(seq, seq % 3 == 0 ? hello(seq) : metrics(seq), 0));
            deliver_all(pipeline, store, 0);
            if (random() % 8 != 0) continue;
            const TagChanges changes = pipeline.take_tag_changes();
            ASSERT_FALSE(changes.whole);
            file.insert(file.end(), changes.entries.begin(), changes.entries.end());
            if (const auto mark = pipeline.take_mark(); mark && random() % 2 == 0) saved = *mark;
        }
        ++kills;
    }
    EXPECT_GT(kills, 10);
    EXPECT_EQ(store.points.size(), last - last / 3) << "a point with other tags would be one more";
    for (const auto& [key, line] : store.points) {
        const auto seq = static_cast<std::uint64_t>(std::stoul(key.substr(key.rfind(' '))));
        const std::uint64_t told = seq / 3 * 3;
        const std::string tag = told % 4 != 0 ? ",site=s" + std::to_string(told % 5) : "";
        EXPECT_EQ(line, "cpu,agent=pi-1" + tag + ",host=pi-1 usage=1 " + std::to_string(seq) + "\n");
    }
}

TEST(Pipeline, HurryStoresWithoutWaitingForCompany) {
    Store store;
    Pipeline pipeline({}, {kJournal, 0, 0});
    ASSERT_TRUE(pipeline.on_event(1, metrics(1), 0));
    pipeline.hurry();
    EXPECT_LE(pipeline.wake_at_ms(), 0);
    deliver_all(pipeline, store, 0);
    EXPECT_TRUE(pipeline.drained());
}

TEST(Pipeline, AReplacedJournalStartsFromItsBeginningAndSaysWhatIsMissing) {
    Store store;
    Pipeline pipeline({}, {kJournal, 7, 7});
    const Id16 other = {2};
    pipeline.on_gap({8, 0, "replaced", {other, 0}}, 0, 1);
    pipeline.on_journal(other);
    ASSERT_TRUE(pipeline.on_event(1, metrics(1), 0));
    deliver_all(pipeline, store, 500);
    EXPECT_EQ(pipeline.take_mark(), (Mark{other, 1, 1}));
    EXPECT_EQ(store.points.size(), 2U);
}

TEST(Pipeline, ARefusedLineIsHandedOutBeforeItsMarkIsBelieved) {
    Pipeline pipeline({}, {kJournal, 0, 0});
    ASSERT_TRUE(pipeline.on_event(1, metrics(1), 0));
    ASSERT_TRUE(pipeline.next(500));
    EXPECT_TRUE(pipeline.take_dead().empty());
    pipeline.answered({400, "unable to parse"}, 500);
    EXPECT_EQ(pipeline.take_dead().size(), 1U);
    EXPECT_EQ(pipeline.take_mark(), (Mark{kJournal, 1, 1}));
}

/// A journal of overlapping commands, each with outputs and a result, among metrics.
std::vector<Event> make_journal(std::mt19937& random, std::uint64_t events) {
    std::vector<Event> journal;
    std::map<std::uint8_t, std::uint64_t> open;
    std::uint8_t next = 0;
    for (std::uint64_t seq = 1; seq <= events; ++seq) {
        const auto roll = random() % 4;
        if (roll == 0 && next < 200) {
            journal.push_back(output(seq, ++next, 0, "part "));
            open[next] = 5;
        } else if (roll == 1 && !open.empty()) {
            auto& [command, bytes] = *std::next(open.begin(), static_cast<long>(random() % open.size()));
            journal.push_back(output(seq, command, bytes, "more "));
            bytes += 5;
        } else if (roll == 2 && !open.empty()) {
            const auto at = std::next(open.begin(), static_cast<long>(random() % open.size()));
            journal.push_back(result(seq, at->first, at->second));
            open.erase(at);
        } else {
            journal.push_back(metrics(seq));
        }
    }
    return journal;
}

TEST(Pipeline, KilledAtAnyMomentItStoresTheSamePointsAsOneThatWasNot) {
    for (unsigned seed = 1; seed <= 30; ++seed) {
        std::mt19937 random(seed);
        const std::vector<Event> journal = make_journal(random, 400);
        Store expected;
        Pipeline whole({}, {kJournal, 0, 0});
        for (std::uint64_t seq = 1; seq <= journal.size(); ++seq)
            ASSERT_TRUE(whole.on_event(seq, journal[seq - 1], 0));
        deliver_all(whole, expected, 500);

        Store store;
        Mark durable{kJournal, 0, 0};
        PipelineOptions options;
        options.batch.lines = 7;
        for (int life = 0; life < 200; ++life) {
            Pipeline pipeline(options, durable);
            std::uint64_t at = durable.resume + 1;
            const bool last = life == 199;
            for (auto steps = last ? 100'000U : random() % 60; steps > 0; --steps) {
                if (at <= journal.size() && pipeline.on_event(at, journal[at - 1], 0)) ++at;
                if (last || random() % 3 == 0) {
                    if (const auto request = pipeline.next(1'000)) {
                        const Answer answer = store(*request);
                        if (!last && random() % 5 == 0) break;  // killed with the answer on its way
                        pipeline.answered(answer, 1'000);
                    }
                    if (const auto mark = pipeline.take_mark(); mark && (last || random() % 2 == 0))
                        durable = *mark;
                }
                if (last && at > journal.size() && pipeline.drained()) break;
            }
        }
        ASSERT_EQ(store.points, expected.points) << "seed " << seed;
        ASSERT_GE(durable.stored, journal.size()) << "seed " << seed;
    }
}

}  // namespace
}  // namespace pncp::influx
