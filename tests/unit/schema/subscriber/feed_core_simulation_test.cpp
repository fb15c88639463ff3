// FeedCore against a simulated broker: loss, duplication, reordering, late start, slow consumer, lost
// sessions, retention past the cursor, a journal replaced, a journal that lost its tail. Every run is
// repeated by its seed: PNCP_SEED=n runs that one alone.
#include <cstdlib>
#include <deque>
#include <iostream>

#include "feed_bench.hpp"

namespace pncp {
namespace {

using namespace feed_bench;

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

}  // namespace
}  // namespace pncp
