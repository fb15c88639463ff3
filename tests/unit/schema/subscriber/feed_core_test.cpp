// FeedCore against a simulated broker: loss, duplication, reordering, late start, slow consumer, lost
// sessions, retention past the cursor, a journal replaced, a journal that lost its tail. Every run is
// repeated by its seed: PNCP_SEED=n runs that one alone.
#include "schema/subscriber/feed_core.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <deque>
#include <iostream>
#include <random>

#include "schema/codec.hpp"
#include "schema/limits.hpp"

namespace pncp {
namespace {

Id16 journal_id(std::uint8_t n) {
    Id16 id{};
    id[0] = n;
    return id;
}

Event make_event(std::uint64_t seq, std::uint64_t identity) {
    Event event;
    event.topic = "metrics/pi-1/";
    event.class_seq = identity;
    event.time_ns = static_cast<std::int64_t>(seq);
    event.agent = "pi-1";
    event.direction = Direction::agent_to_broker;
    event.body = {0x80};
    return event;
}

/// The journal and the two ways out of it. `identity` makes each event ever made distinct, so that one of a
/// lost timeline can't pass for one of the new.
struct Broker {
    Id16 journal = journal_id(1);
    std::map<std::uint64_t, Event> events;
    std::uint64_t head = 0;
    std::uint64_t identities = 0;
    std::uint64_t cursor = 0;

    std::uint64_t oldest() const { return events.empty() ? 0 : events.begin()->first; }
    std::uint64_t append() {
        ++head;
        events[head] = make_event(head, ++identities);
        return head;
    }
    void forget_up_to(std::uint64_t seq) { events.erase(events.begin(), events.upper_bound(seq)); }
    void lose_tail(std::uint64_t new_head) {
        events.erase(events.upper_bound(new_head), events.end());
        head = new_head;
        cursor = std::min(cursor, head);
    }
    Reply answer(const Request& request) {
        if (const auto* asked = std::get_if<CursorRequest>(&request)) {
            if (asked->journal == journal) cursor = std::max(cursor, asked->sequence);
            return CursorReply{journal, cursor};
        }
        const auto& fetch = std::get<FetchRequest>(request);
        FetchReply page{journal, oldest(), head, fetch.after, {}};
        for (auto at = events.upper_bound(fetch.after); at != events.end() && page.rows.size() < fetch.limit;
             ++at)
            page.rows.push_back({at->first, encode(at->second)});
        page.next = page.rows.empty() ? std::max(head, fetch.after) : page.rows.back().seq;
        return page;
    }
};

/// Checks what FeedCore promises, at each call.
struct Consumer : FeedHandler {
    const Broker& broker;
    std::mt19937_64& random;
    double refuses = 0;
    bool quiet_start = true;
    Cursor at;
    std::uint64_t taken = 0;
    std::vector<FeedGap> gaps;
    std::vector<std::string> states;

    Consumer(const Broker& b, std::mt19937_64& r) : broker(b), random(r) {}
    bool on_event(const FeedEvent& event) override {
        if (std::bernoulli_distribution(refuses)(random)) return false;
        if (quiet_start) {
            at.sequence = event.seq - 1;
            quiet_start = false;
        }
        EXPECT_EQ(event.seq, at.sequence + 1) << "out of order, twice, or missing without a word";
        if (const auto held = broker.events.find(event.seq);
            held != broker.events.end() && at.journal == broker.journal) {
            EXPECT_EQ(event.event, held->second);
        }
        at.sequence = event.seq;
        ++taken;
        return true;
    }
    void on_gap(const FeedGap& gap) override {
        EXPECT_FALSE(gap.reason.empty());
        if (gap.last >= gap.first && gap.resume.journal == at.journal && gap.resume.sequence >= at.sequence) {
            EXPECT_EQ(gap.first, at.sequence + 1);
            const bool gone =
                broker.journal != at.journal || gap.last < broker.oldest() || broker.events.empty();
            EXPECT_EQ(gone, gap.reason.find("not understood") == std::string::npos) << gap.reason;
        }
        at = gap.resume;
        gaps.push_back(gap);
    }
    void on_journal(const Id16& journal) override { at.journal = journal; }
    void on_state(const std::string& text) override { states.push_back(text); }
};

class Simulation {
  public:
    explicit Simulation(std::uint64_t seed) : random_(seed), core_(options()), consumer_(broker_, random_) {
        consumer_.refuses = chance(0.5) ? 0.3 : 0.0;
        loss_ = chance(0.7) ? 0.1 : 0.0;
        for (std::uint64_t i = 0, early = pick(0, 400); i < early; ++i) broker_.append();
        if (chance(0.3)) broker_.forget_up_to(pick(0, broker_.head));
    }

    void run() {
        for (int turn = 0; turn < 600; ++turn) {
            now_ += static_cast<std::int64_t>(pick(0, 50));
            disturb();
            for (std::uint64_t i = 0, n = pick(0, 5); i < n; ++i) publish(broker_.append());
            if (chance(0.05)) live_.push_back({0, broker_.journal, broker_.head, {}});
            pump_live();
            talk();
            step();
        }
        settle();
    }

  private:
    struct Frame {
        std::uint64_t seq = 0;  ///< 0 = heartbeat
        Id16 journal{};
        std::uint64_t head = 0;
        Event event;
    };

    bool chance(double p) { return std::bernoulli_distribution(p)(random_); }
    std::uint64_t pick(std::uint64_t low, std::uint64_t high) {
        return std::uniform_int_distribution<std::uint64_t>(low, high)(random_);
    }
    static FeedOptions options() {
        FeedOptions options;
        options.durable = true;
        return options;
    }
    void publish(std::uint64_t seq) {
        if (chance(loss_)) return;
        const Frame frame{seq, broker_.journal, broker_.head, broker_.events.at(seq)};
        live_.push_back(frame);
        if (chance(0.05)) live_.push_back(frame);
        if (chance(0.05) && live_.size() > 1) std::swap(live_[live_.size() - 1], live_[live_.size() - 2]);
    }
    void disturb() {
        if (chance(0.02)) lose_session();
        if (chance(0.01)) broker_.forget_up_to(pick(0, broker_.head));
        if (chance(0.003)) {
            // Restored from a copy. Were the lost numbers used again before the subscriber is back, nobody
            // could tell.
            broker_.lose_tail(pick(broker_.head / 2, broker_.head));
            live_.clear();
            lose_session();
            established_ = true;
            core_.on_session(broker_.journal);
            for (int i = 0; i < 3; ++i, now_ += 10'000)
                if (auto request = core_.next_request(now_)) core_.on_reply(broker_.answer(*request), now_);
        }
        if (chance(0.003)) {
            const std::uint64_t identities = broker_.identities;
            broker_ = Broker{};
            broker_.identities = identities;
            broker_.journal = journal_id(++journals_);
            for (std::uint64_t i = 0, n = pick(0, 300); i < n; ++i) broker_.append();
            lose_session();
        }
    }
    void lose_session() {
        established_ = false;
        answer_.reset();
        core_.on_session_lost();
    }
    void pump_live() {
        while (!live_.empty() && chance(0.8)) {
            const Frame frame = std::move(live_.front());
            live_.pop_front();
            const bool known = frame.seq == 0 ? core_.on_heartbeat(frame.journal, frame.head)
                                              : core_.on_live(frame.journal, frame.seq, frame.event);
            if (!known && established_ && frame.journal == broker_.journal) lose_session();
        }
    }
    void talk() {
        if (!established_) {
            if (!chance(0.5)) return;
            established_ = true;
            core_.on_session(broker_.journal);
        }
        if (answer_) {
            if (!chance(0.7)) return;
            core_.on_reply(*answer_, now_);
            answer_.reset();
        }
        // The reply is made now and read later, with live events in between.
        if (auto request = core_.next_request(now_)) answer_ = broker_.answer(*request);
    }
    void step() {
        (void)core_.deliver(consumer_);
        if (chance(0.5)) core_.advance(consumer_.at.sequence);
    }
    void settle() {
        consumer_.refuses = 0;
        for (int turn = 0; turn < 1'000; ++turn) {
            now_ += 300;
            (void)core_.on_heartbeat(broker_.journal, broker_.head);
            talk();
            step();
        }
        core_.advance(consumer_.at.sequence);
        for (int turn = 0; turn < 100; ++turn, now_ += 300) talk();
        EXPECT_TRUE(core_.caught_up());
        EXPECT_EQ(consumer_.at, (Cursor{broker_.journal, broker_.head}));
        EXPECT_EQ(core_.position(), consumer_.at);
        EXPECT_EQ(broker_.cursor, broker_.head);
        EXPECT_EQ(core_.held(), 0U);
        EXPECT_EQ(core_.held_bytes(), 0U);
    }

    std::mt19937_64 random_;
    Broker broker_;
    FeedCore core_;
    Consumer consumer_;
    double loss_ = 0;
    std::deque<Frame> live_;
    std::optional<Reply> answer_;
    bool established_ = false;
    std::uint8_t journals_ = 1;
    std::int64_t now_ = 1'000;
};

TEST(FeedCoreSimulation, EveryEventIsHandedOverOnceAndInOrderOrDeclaredMissing) {
    std::uint64_t first = 1;
    std::uint64_t last = 300;
    if (const char* wanted = std::getenv("PNCP_SEED")) first = last = std::strtoull(wanted, nullptr, 10);
    for (std::uint64_t seed = first; seed <= last && !HasFailure(); ++seed) {
        SCOPED_TRACE("PNCP_SEED=" + std::to_string(seed));
        Simulation(seed).run();
        if (HasFailure()) std::cout << "repeat with PNCP_SEED=" << seed << "\n";
    }
}

// --- single claims -------------------------------------------------------------------------------------

class FeedCoreTest : public testing::Test {
  protected:
    void SetUp() override {
        for (int i = 0; i < 10; ++i) broker.append();
    }
    /// Asks and answers until nothing is left to ask.
    void converse(FeedCore& core, std::int64_t now_ms = 1'000) {
        for (int i = 0; i < 100; ++i) {
            auto request = core.next_request(now_ms);
            if (!request) return;
            core.on_reply(broker.answer(*request), now_ms);
        }
        FAIL() << "asks without end";
    }
    Broker broker;
    std::mt19937_64 random{1};
    Consumer consumer{broker, random};
};

TEST_F(FeedCoreTest, ALateStartFetchesFromTheOldestHeld) {
    broker.forget_up_to(4);
    FeedCore core({});
    core.on_session(broker.journal);
    converse(core);
    EXPECT_TRUE(core.deliver(consumer));
    EXPECT_EQ(consumer.taken, 6U);
    EXPECT_TRUE(consumer.gaps.empty()) << "what was gone before it ever followed is not its loss";
}

TEST_F(FeedCoreTest, AStartBehindRetentionDeclaresTheHole) {
    broker.forget_up_to(7);
    FeedOptions options;
    options.start = {broker.journal, 3};
    consumer.quiet_start = false;
    consumer.at = options.start;
    FeedCore core(options);
    core.on_session(broker.journal);
    converse(core);
    EXPECT_TRUE(core.deliver(consumer));
    ASSERT_EQ(consumer.gaps.size(), 1U);
    EXPECT_EQ(consumer.gaps[0].first, 4U);
    EXPECT_EQ(consumer.gaps[0].last, 7U);
    EXPECT_EQ(consumer.taken, 3U);
}

TEST_F(FeedCoreTest, FromNowBeginsBehindTheHead) {
    FeedOptions options;
    options.from_now = true;
    FeedCore core(options);
    core.on_session(broker.journal);
    converse(core);
    const std::uint64_t seq = broker.append();
    EXPECT_TRUE(core.on_live(broker.journal, seq, broker.events.at(seq)));
    EXPECT_TRUE(core.deliver(consumer));
    EXPECT_EQ(consumer.taken, 1U);
    EXPECT_EQ(consumer.at.sequence, 11U);
}

TEST_F(FeedCoreTest, FromTheBrokersCursorBeginsWhereTheBrokerSaysAndGoesOnFromThere) {
    broker.cursor = 6;
    FeedOptions options;
    options.durable = true;
    options.from_broker_cursor = true;
    consumer.quiet_start = false;
    consumer.at = {broker.journal, 6};
    FeedCore core(options);
    core.on_session(broker.journal);
    converse(core);
    EXPECT_TRUE(core.deliver(consumer));
    EXPECT_EQ(consumer.taken, 4U);
    EXPECT_TRUE(consumer.gaps.empty());
}

TEST_F(FeedCoreTest, ALostTailIsNoticedByTheHeartbeat) {
    FeedCore core({});
    core.on_session(broker.journal);
    converse(core);
    EXPECT_TRUE(core.deliver(consumer));
    broker.append();
    EXPECT_EQ(core.next_request(2'000), std::nullopt);
    EXPECT_TRUE(core.on_heartbeat(broker.journal, broker.head));
    converse(core, 2'000);
    EXPECT_TRUE(core.deliver(consumer));
    EXPECT_EQ(consumer.at.sequence, 11U);
}

TEST_F(FeedCoreTest, AConsumerThatTakesNothingHoldsABoundedNumberOfEvents) {
    FeedCore core({});
    core.on_session(broker.journal);
    consumer.refuses = 1;
    for (int i = 0; i < 20'000; ++i) {
        const std::uint64_t seq = broker.append();
        EXPECT_TRUE(core.on_live(broker.journal, seq, broker.events.at(seq)));
        if (i % 100 != 0) continue;
        if (auto request = core.next_request(1'000 + i)) core.on_reply(broker.answer(*request), 1'000 + i);
        EXPECT_FALSE(core.deliver(consumer));
        ASSERT_LE(core.held(), limits::kSubscriberHeld + limits::kPageRows);
    }
    consumer.refuses = 0;
    for (int i = 0; i < 200; ++i) {
        converse(core, 100'000);
        EXPECT_TRUE(core.deliver(consumer));
    }
    EXPECT_EQ(consumer.at.sequence, broker.head);
}

TEST_F(FeedCoreTest, ACursorIsSentAtMostOnceASecondAtLowRatesAndOnlyForWhatWasDelivered) {
    FeedOptions options;
    options.durable = true;
    FeedCore core(options);
    core.on_session(broker.journal);
    converse(core, 1'000);
    EXPECT_TRUE(core.deliver(consumer));
    core.advance(5);
    core.advance(99);  // of no event handed over
    EXPECT_EQ(core.next_request(1'500), std::nullopt);
    EXPECT_EQ(core.wake_at_ms(), 2'000);
    const auto request = core.next_request(2'000);
    ASSERT_TRUE(request);
    EXPECT_EQ(std::get<CursorRequest>(*request).sequence, 5U);
}

TEST_F(FeedCoreTest, ACursorWhoseSessionWasLostIsSentAgain) {
    FeedOptions options;
    options.durable = true;
    FeedCore core(options);
    core.on_session(broker.journal);
    converse(core, 1'000);
    EXPECT_TRUE(core.deliver(consumer));
    core.advance(10);
    ASSERT_TRUE(core.next_request(5'000));
    core.on_session_lost();
    core.on_session(broker.journal);
    converse(core, 5'000);
    EXPECT_EQ(broker.cursor, 10U);
}

TEST_F(FeedCoreTest, AnEventThatCannotBeDecodedIsDeclaredNotSkipped) {
    FeedCore core({});
    core.on_session(broker.journal);
    auto request = core.next_request(1'000);
    ASSERT_TRUE(request);
    auto page = std::get<FetchReply>(broker.answer(*request));
    page.rows[4].event = {0xc1};
    core.on_reply(page, 1'000);
    EXPECT_TRUE(core.deliver(consumer));
    ASSERT_EQ(consumer.gaps.size(), 1U);
    EXPECT_EQ(consumer.gaps[0].first, 5U);
    EXPECT_EQ(consumer.gaps[0].last, 5U);
    EXPECT_EQ(consumer.taken, 9U);
}

TEST_F(FeedCoreTest, ARefusalIsSaidOnceAndAskedAgainLater) {
    FeedCore core({});
    core.on_session(broker.journal);
    for (int i = 0; i < 3; ++i) {
        ASSERT_TRUE(core.next_request(1'000 + i * 10'000));
        core.on_reply(ErrorReply{ErrorCode::overload, "too busy", "", {}}, 1'000 + i * 10'000);
        EXPECT_EQ(core.next_request(1'001 + i * 10'000), std::nullopt);
        EXPECT_TRUE(core.deliver(consumer));
    }
    EXPECT_EQ(consumer.states.size(), 1U);
}

TEST_F(FeedCoreTest, AnotherJournalIsAGapOfUnknownLength) {
    FeedOptions options;
    options.start = {journal_id(9), 77};
    consumer.quiet_start = false;
    consumer.at = options.start;
    FeedCore core(options);
    core.on_session(broker.journal);
    converse(core);
    EXPECT_TRUE(core.deliver(consumer));
    ASSERT_EQ(consumer.gaps.size(), 1U);
    EXPECT_EQ(consumer.gaps[0].first, 78U);
    EXPECT_EQ(consumer.gaps[0].last, 0U);
    EXPECT_EQ(consumer.taken, 10U);
}

}  // namespace
}  // namespace pncp
