// Invariant: whatever a broker with the right key says, AgentCore never throws, runs at most two commands at
// once and none twice, takes no key of a lower generation, keeps its spool within its bound; and after all
// that it comes back to an honest broker.
#include <cstdint>
#include <cstdlib>
#include <set>

#include "tests/fuzz/messages.hpp"
#include "tests/unit/agent/core/bench.hpp"
#include "tests/unit/security/raw_payload.hpp"

namespace {

using namespace pncp;
using namespace pncp::agent;
using fuzz::Choices;

constexpr std::size_t kSpoolBytes = 64 * 1024;

AgentConfig config() {
    AgentConfig made = testing::test_config(testing::FakeBroker());
    made.spool_bytes = kSpoolBytes;
    return made;
}

class World {
  public:
    void play(Choices choices) {
        bench_.start();
        for (int steps = 0; choices.left() && steps < 200; ++steps) {
            step(choices);
            check();
        }
        bench_.reachable = true;
        bench_.broker.mute = false;
        bench_.broker.restart();
        const std::size_t heard = bench_.broker.batches;
        for (int seconds = 0; bench_.broker.batches == heard; seconds += 5) {
            if (seconds > 200) std::abort();
            bench_.pass(5'000);
        }
    }

  private:
    void step(Choices& choices) {
        switch (choices.below(10)) {
            case 0:
                return pass(choices);
            case 1:
                return bench_.cut();
            case 2:
                bench_.reachable = choices.flag();
                bench_.broker.mute = choices.below(4) == 0;
                bench_.key_is_kept = choices.below(4) != 0;
                return;
            case 3:
                return finish(choices);
            case 4:
                return receive_strange(choices);
            default:
                return say(choices);
        }
    }

    void pass(Choices& choices) {
        const std::int64_t steps = choices.byte();
        bench_.pass(steps * (choices.flag() ? 10 : 500));
    }

    void finish(Choices& choices) {
        CommandFinished finished;
        finished.command = choices.id();
        finished.outcome = static_cast<Outcome>(1 + choices.below(9));
        finished.out = std::string(choices.byte() * std::size_t{100}, 'x');
        finished.err = choices.text();
        ended_.insert(finished.command);
        bench_.perform(bench_.core.on_command_finished(std::move(finished), bench_.now));
    }

    void receive_strange(Choices& choices) {
        Bytes frame = choices.bytes();
        if (!said_.empty() && choices.flag()) {
            frame = said_[choices.below(said_.size())];
            if (choices.flag())
                frame[choices.byte() % frame.size()] ^= static_cast<std::uint8_t>(choices.byte());
        }
        bench_.perform(bench_.core.on_frame(frame, bench_.now));
    }

    template <typename Message>
    void send(FrameType type, const Message& message) {
        if (!bench_.broker.session) return;
        said_.push_back(bench_.broker.session->seal(type, message));
        bench_.perform(bench_.core.on_frame(Bytes(said_.back()), bench_.now));
    }

    void say(Choices& choices) {
        static constexpr const char* kKnown[] = {"hostname", "uptime"};
        switch (choices.below(8)) {
            case 0: {
                const auto type = static_cast<FrameType>(1 + choices.below(17));
                return send(type, Raw{choices.bytes()});
            }
            case 1:
                return send(FrameType::ack, Ack{choices.flag() ? bench_.config.spool : choices.id(),
                                                {choices.number(), choices.number()}});
            case 2:
                return send(FrameType::cancel, Cancel{choices.id()});
            case 3:
                // Only a generation that is refused: another one changes the key, which this broker then
                // lacks.
                return send(FrameType::rekey, Rekey{static_cast<std::uint16_t>(choices.below(2)), {}});
            case 4:
                return send(FrameType::heartbeat, Heartbeat{choices.signed_number(), true});
            default:
                return send(FrameType::command,
                            Command{choices.id(), bench_.config.spool, choices.one_of(kKnown),
                                    fuzz::texts(choices), choices.signed_number()});
        }
    }

    void check() {
        std::set<Id16> runs;
        std::size_t running = 0;
        for (const RunCommand& run : bench_.runs) {
            if (!runs.insert(run.command).second) std::abort();
            if (run.timeout_ms <= 0 || run.timeout_ms > limits::kCommandTimeoutMaxMs) std::abort();
            running += ended_.contains(run.command) ? 0 : 1;
        }
        if (running > 2 || !bench_.saved_keys.empty()) std::abort();
        if (bench_.core.spool().bytes() > kSpoolBytes + limits::kRowBodyBytes) std::abort();
    }

    testing::Bench bench_{config()};
    std::vector<Bytes> said_;
    std::set<Id16> ended_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    World().play(Choices({data, size}));
    return 0;
}
