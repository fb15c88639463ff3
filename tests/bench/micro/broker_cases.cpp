#include <memory>

#include "broker/core/broker_core.hpp"
#include "schema/codec.hpp"
#include "schema/session.hpp"
#include "tests/bench/micro/cases.hpp"
#include "tests/bench/micro/samples.hpp"

namespace pncp::bench {

namespace {

using namespace broker;

/// A BrokerCore with one agent in session; commits succeed at once.
class Table {
  public:
    Table() : directory_(MasterSecret{{7}}, PeersFile{{{{Role::agent, "pi"}, {}}}, 1}), readings_(1) {
        recovered_.journal = {9};
        recovered_.class_heads.resize(kEventClasses);
        core_ = std::make_unique<BrokerCore>(BrokerOptions{}, directory_, recovered_, now_);
        const PeerEntry& entry = *directory_.newest(Role::agent, "pi");
        session_ = std::make_unique<ClientSession>(entry.name, entry.key, directory_.broker_id());
        Hello hello;
        hello.na = {3};
        hello.spool = kSpool;
        hello.boot_id = "boot";
        deliver(session_->hello(hello));
    }

    [[nodiscard]] Bytes sample() {
        ++made_;
        return session_->seal(FrameType::batch, sample_batch(readings_, made_));
    }

    /// One frame in, and everything that follows: the commit, the events published, the acknowledgement.
    void deliver(const Bytes& frame) {
        now_.boot_ms += 200;  // longer than metrics wait for company
        now_.wall_us += 200'000;
        core_->on_frame(from_, "agent/pi/1", frame, Key32{4}, now_);
        core_->on_time(now_);
        perform();
    }

  private:
    void perform() {
        while (true) {
            const Actions actions = core_->take_actions(now_);
            if (actions.empty()) return;
            for (const Action& action : actions) {
                if (const auto* commit = std::get_if<Commit>(&action))
                    core_->on_committed(commit->token, Done{}, now_);
                if (const auto* send = std::get_if<SendTo>(&action)) receive(send->frame);
                keep(action);
            }
        }
    }

    void receive(const Bytes& frame) {
        if (session_->ready()) return;
        const auto input = session_->on_frame(frame);
        if (const auto* auth = std::get_if<ClientSession::SendAuth>(&input))
            core_->on_frame(from_, "agent/pi/1", auth->frame, Key32{}, now_);
    }

    const Address from_{Port::agents, "12345"};
    Now now_{1'000'000, 1'700'000'000'000'000};
    PeerDirectory directory_;
    journal::Recovered recovered_;
    std::unique_ptr<BrokerCore> core_;
    std::unique_ptr<ClientSession> session_;
    swarm::Readings readings_;
    std::uint64_t made_ = 0;
};

}  // namespace

std::vector<Case> broker_cases() {
    return {
        // What the second has of the first is the agent's work.
        {"agent/sample made and signed",
         [] { return [table = std::make_shared<Table>()] { keep(table->sample()); }; }},
        {"broker/that sample taken, kept, published",
         [] { return [table = std::make_shared<Table>()] { table->deliver(table->sample()); }; }},
    };
}

}  // namespace pncp::bench
