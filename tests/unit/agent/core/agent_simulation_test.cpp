// An agent and a broker in memory under a virtual clock, with a link that loses, doubles and reorders frames,
// cuts, and a broker that dies and mutes. Claim: every row the agent made was taken exactly once or declared
// by a GAP, and no command ran twice. The seed is printed; any run can be repeated.
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <random>

#include "tests/unit/agent/core/bench.hpp"

namespace pncp::agent {
namespace {

using testing::FakeBroker;
using testing::id16;

struct Faults {
    double lose = 0.02;
    double double_up = 0.02;
    std::int64_t delay_max_ms = 300;     ///< frames overtake each other within this
    std::int64_t mean_up_ms = 40'000;    ///< between cuts of the connection
    std::int64_t mean_down_ms = 20'000;  ///< until the broker can be reached again
    std::size_t spool_bytes = 64 * 1024;
};

class World {
  public:
    World(std::uint64_t seed, const Faults& faults) : faults_(faults), random_(seed), core_(config(seed)) {
        perform(core_.start(now_));
        next_fault_ms_ = now_.boot_ms + draw(faults_.mean_up_ms * 2);
        next_command_ms_ = now_.boot_ms + 1'000;
    }

    void run(std::int64_t for_ms) {
        const std::int64_t until = now_.boot_ms + for_ms;
        while (step(until)) {
        }
    }

    /// Everything works from now on, for long enough to deliver what waits.
    void heal() {
        faults_.lose = 0;
        faults_.double_up = 0;
        faulty_ = false;
        broker_.mute = false;
        reachable_ = true;
        run(600'000);
        commands_ = false;
        run(300'000);
        sampling_ = false;
        run(300'000);
    }

    void check() {
        const StreamHeads made = core_.spool().heads();
        ASSERT_TRUE(core_.spool().empty());
        std::map<std::pair<Stream, std::uint64_t>, std::size_t> taken;
        for (const auto& row : broker_.rows) ++taken[{row.stream, row.seq}];
        for (const auto& [row, times] : taken)
            EXPECT_EQ(times, 1U) << "row " << row.second << " was taken twice";
        std::size_t undeclared = 0;
        for (const Stream stream : {Stream::metrics, Stream::results})
            for (std::uint64_t seq = 1; seq <= made.of(stream); ++seq)
                undeclared += taken[{stream, seq}] == 0 && !broker_.declared(stream, seq);
        EXPECT_EQ(undeclared, 0U) << "of " << made.metrics << " and " << made.results;
        for (const auto& row : broker_.rows) {
            if (row.kind != RowKind::metrics) continue;
            const auto body = decode<MetricsBody>(row.body);
            EXPECT_EQ(std::get<std::int64_t>(body->points[0].fields[0].second), ledger_.at(row.seq));
        }
        for (const auto& [id, times] : ran_) EXPECT_EQ(times, 1U) << "a command ran twice";
        for (const auto& [id, sent] : sent_) EXPECT_TRUE(ended(id)) << "a command never ended";
    }

    [[nodiscard]] const FakeBroker& broker() const { return broker_; }
    [[nodiscard]] const AgentCore& core() const { return core_; }
    [[nodiscard]] std::size_t commands() const { return sent_.size(); }
    [[nodiscard]] std::size_t sockets() const { return sockets_; }

  private:
    struct Flight {
        std::int64_t at_ms = 0;
        bool up = false;
        std::uint64_t socket = 0;
        Bytes frame;
    };

    AgentConfig config(std::uint64_t seed) {
        AgentConfig made = testing::test_config(broker_);
        made.sample_interval_ms = 1'000;
        made.spool_bytes = faults_.spool_bytes;
        made.seed = seed;
        return made;
    }
    std::int64_t draw(std::int64_t below) {
        return std::uniform_int_distribution<std::int64_t>(0, std::max<std::int64_t>(below - 1, 0))(random_);
    }
    bool chance(double probability) { return std::bernoulli_distribution(probability)(random_); }
    Key32 nonce() {
        Key32 bytes{};
        store_be(bytes.data(), ++nonces_);
        return bytes;
    }

    // The next thing to happen, in order of time.
    bool step(std::int64_t until) {
        std::int64_t at = std::min(core_.wake_at_ms(), next_command_ms_);
        if (faulty_) at = std::min(at, next_fault_ms_);
        const auto flight = std::min_element(flights_.begin(), flights_.end(),
                                             [](const auto& a, const auto& b) { return a.at_ms < b.at_ms; });
        if (flight != flights_.end()) at = std::min(at, flight->at_ms);
        const auto finish =
            std::min_element(running_.begin(), running_.end(),
                             [](const auto& a, const auto& b) { return a.second < b.second; });
        if (finish != running_.end()) at = std::min(at, finish->second);
        if (at > until) {
            now_.boot_ms = until;
            return false;
        }
        now_.boot_ms = std::max(now_.boot_ms, at);
        if (flight != flights_.end() && flight->at_ms <= now_.boot_ms) {
            const Flight landed = std::move(*flight);
            flights_.erase(flight);
            land(landed);
        } else if (finish != running_.end() && finish->second <= now_.boot_ms) {
            const Id16 id = finish->first;
            running_.erase(finish);
            CommandFinished finished;
            finished.command = id;
            finished.out.assign(static_cast<std::size_t>(draw(chance(0.1) ? 30'000 : 200)), 'o');
            perform(core_.on_command_finished(std::move(finished), now_));
        } else if (now_.boot_ms >= next_command_ms_) {
            give_commands();
        } else if (faulty_ && now_.boot_ms >= next_fault_ms_) {
            fault();
        } else {
            perform(core_.on_timer(now_, nonce()));
        }
        return true;
    }

    void fault() {
        if (reachable_ && !broker_.mute) {
            if (chance(0.3)) {
                broker_.mute = true;  // frozen: the connection stays
            } else {
                if (chance(0.5)) broker_.restart();
                reachable_ = chance(0.4);
                if (open_) perform(core_.on_connection(ConnectionEvent::disconnected, now_, nonce()));
            }
            next_fault_ms_ = now_.boot_ms + draw(faults_.mean_down_ms * 2);
        } else {
            reachable_ = true;
            broker_.mute = false;
            next_fault_ms_ = now_.boot_ms + draw(faults_.mean_up_ms * 2);
        }
    }

    void give_commands() {
        next_command_ms_ = now_.boot_ms + 1'000 + draw(10'000);
        if (!broker_.session || !open_ || broker_.mute) return;
        if (commands_) sent_.emplace(id16(++commands_made_), 0);
        for (auto& [id, times] : sent_) {  // what has not ended is sent again and again
            if (ended(id)) continue;
            ++times;
            launch({now_.boot_ms + draw(faults_.delay_max_ms), false, sockets_,
                    broker_.command(id, core_.spool().id(), chance(0.9) ? "hostname" : "uptime")});
        }
    }

    [[nodiscard]] bool ended(const Id16& id) const {
        const auto is_it = [&](const auto& each) { return each.command == id; };
        const auto refused = [&](const CommandAck& ack) {
            return ack.command == id && ack.state == CommandState::refused;
        };
        return std::any_of(broker_.results.begin(), broker_.results.end(), is_it) ||
               std::any_of(broker_.command_acks.begin(), broker_.command_acks.end(), refused);
    }

    void launch(Flight flight) {
        if (chance(faults_.lose)) return;
        if (chance(faults_.double_up)) {
            Flight copy = flight;
            copy.at_ms += draw(5'000);
            flights_.push_back(std::move(copy));
        }
        flights_.push_back(std::move(flight));
    }

    void land(const Flight& flight) {
        if (flight.up) {
            // Frames of an older socket may still arrive; their answers have nowhere to go.
            if (!reachable_ && flight.socket == sockets_) return;
            for (auto& answer : broker_.on_frame(flight.frame))
                launch({now_.boot_ms + draw(faults_.delay_max_ms), false, flight.socket, std::move(answer)});
        } else if (open_ && flight.socket == sockets_) {
            perform(core_.on_frame(flight.frame, now_));
        }
    }

    void perform(Actions actions) {
        for (auto& action : actions) waiting_.push_back(std::move(action));
        if (performing_) return;
        performing_ = true;
        while (!waiting_.empty()) {
            const Action action = std::move(waiting_.front());
            waiting_.pop_front();
            std::visit([this](const auto& each) { on(each); }, action);
        }
        performing_ = false;
    }

    void on(const Send& send) {
        ASSERT_TRUE(open_) << "a frame without a socket";
        launch({now_.boot_ms + draw(faults_.delay_max_ms), true, sockets_, send.frame});
    }
    void on(const OpenSocket&) {
        ASSERT_FALSE(open_) << "two sockets at once";
        open_ = true;
        ++sockets_;
        perform(core_.on_connection(reachable_ ? ConnectionEvent::connected : ConnectionEvent::unreachable,
                                    now_, nonce()));
    }
    void on(const CloseSocket&) { open_ = false; }
    void on(const TakeSample&) {
        if (!sampling_) return;
        const auto value = static_cast<std::int64_t>(++samples_) * 31;
        ledger_[core_.spool().heads().metrics + 1] = value;
        perform(core_.on_sample({{"m", {{"pad", std::string(200, 'x')}}, {{"n", value}}}}, now_));
    }
    void on(const CancelCommand&) {}  // nobody cancels here
    void on(const SaveKey& key) { perform(core_.on_key_saved(key, Done{}, now_)); }
    // There is no disk here.
    void on(const SpoolAppend&) {}
    void on(const SpoolRead&) {}
    void on(const SpoolDelete&) {}
    void on(const SpoolClose&) {}
    void on(const SpoolHandedOver&) {}
    void on(const SpoolForget&) {}
    void on(const RunCommand& run) {
        ++ran_[run.command];
        running_.emplace_back(run.command, now_.boot_ms + draw(3'000));
    }
    void on(const Log&) {}

    Faults faults_;
    std::mt19937_64 random_;
    FakeBroker broker_;
    AgentCore core_;
    Clock now_{5'000, 0, false};
    bool faulty_ = true;
    bool reachable_ = true;
    bool open_ = false;
    bool commands_ = true;
    bool sampling_ = true;
    bool performing_ = false;
    std::deque<Action> waiting_;
    std::uint64_t sockets_ = 0;
    std::uint64_t nonces_ = 0;
    std::uint64_t samples_ = 0;
    std::uint64_t commands_made_ = 0;
    std::int64_t next_fault_ms_ = 0;
    std::int64_t next_command_ms_ = 0;
    std::vector<Flight> flights_;
    std::vector<std::pair<Id16, std::int64_t>> running_;
    std::map<std::uint64_t, std::int64_t> ledger_;  ///< metrics sequence -> what was in it
    std::map<Id16, std::size_t> ran_;
    std::map<Id16, std::size_t> sent_;
};

void run_seeds(const Faults& faults, std::uint64_t first, std::uint64_t seeds, std::int64_t for_ms) {
    for (std::uint64_t seed = first; seed < first + seeds; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        World world(seed, faults);
        world.run(for_ms);
        world.heal();
        world.check();
        EXPECT_GT(world.broker().rows.size(), 100U);
        EXPECT_GT(world.commands(), 10U);
        if (::testing::Test::HasFailure()) return;
    }
}

TEST(AgentSimulation, NothingIsLostUnsaidAndNothingIsTakenTwice) { run_seeds({}, 1, 40, 1'800'000); }

TEST(AgentSimulation, ASpoolThatOverflowsAgainAndAgainDeclaresEveryDrop) {
    Faults faults;
    faults.spool_bytes = 16 * 1024;
    faults.mean_down_ms = 90'000;
    run_seeds(faults, 1'000, 30, 1'800'000);
}

TEST(AgentSimulation, AVeryBadLinkStillDelivers) {
    Faults faults;
    faults.lose = 0.2;
    faults.double_up = 0.2;
    faults.delay_max_ms = 3'000;
    run_seeds(faults, 2'000, 20, 1'200'000);
}

TEST(AgentSimulation, ACalmLinkUsesOneSocketAndDropsNothing) {
    Faults faults;
    faults.lose = 0;
    faults.double_up = 0;
    faults.delay_max_ms = 1;
    faults.mean_up_ms = 1'000'000'000;
    World world(3'000, faults);
    world.run(3'600'000);
    world.heal();
    world.check();
    EXPECT_EQ(world.sockets(), 1U);
    EXPECT_EQ(world.core().spool().dropped(), 0U);
    EXPECT_TRUE(world.broker().gaps.empty());
}

}  // namespace
}  // namespace pncp::agent
