// The real AgentCore and the real BrokerCore joined in memory, with operators and subscribers beside: every
// frame is seen by a tap before it is delivered, and attacks are tried on either side without a delivery.
// One thread; time is a number. The tests beside say what an attacker on the path must not achieve.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/core/agent_core.hpp"
#include "broker/core/broker_core.hpp"
#include "schema/codec.hpp"

namespace pncp::security {

/// A peer and its connection. An agent is an AgentCore, anybody else a ClientSession.
struct Party {
    Role role = Role::agent;
    std::string id;
    broker::Address address;
    std::string identity;  ///< User-Id that CURVE proved
    std::unique_ptr<agent::AgentCore> core;
    std::optional<ClientSession> session;
    std::vector<Reply> replies;
    std::vector<agent::RunCommand> runs;
    std::vector<Id16> cancelled;
    bool open = true;  ///< an agent's socket
    bool lost = false;
};

/// A frame on its way, or recorded.
struct Passage {
    Party* party = nullptr;
    bool up = false;
    Bytes frame;
    [[nodiscard]] FrameType type() const { return static_cast<FrameType>(frame[4]); }
};

/// What became of a frame that was tried on the broker.
struct Tried {
    std::size_t effects = 0;     ///< commits, events, answers other than those below
    std::size_t challenges = 0;  ///< answers to a HELLO: nothing is bound by them
    std::vector<Bytes> no_sessions;
};

class Joined {
  public:
    Joined();

    // --- peers -----------------------------------------------------------------------------------------
    /// Starts an agent with a fresh memory spool, in place of the one of this id that may be there.
    Party& start_agent(const std::string& id);
    Party& connect(Role role, const std::string& id);
    void ask(Party& party, const Request& request);
    /// A command that the agent ran has ended.
    void finish(Party& party, agent::CommandFinished finished);
    /// Sends CANCEL, sealed with the session's key as the broker would: nobody asks it to yet. The broker's
    /// own next frame then bears a counter that was used, so the session is of no more use to it.
    void cancel(Party& party, const Id16& command);
    void stop(Party& party);
    /// Closes the agent's connection; it comes back by itself.
    void cut(Party& party);
    /// A new BrokerCore on the same journal; peers are not told.
    void restart_broker();

    // --- time ------------------------------------------------------------------------------------------
    /// Delivers everything that is on its way, and what follows from it.
    void settle();
    void pass(std::int64_t ms);

    // --- attacks ---------------------------------------------------------------------------------------
    /// Hands a frame to the broker. Each try comes a minute after the one before, so that the connection is
    /// not ignored for the number of its bad frames; nothing else depends on that time.
    Tried try_broker(const broker::Address& from, const std::string& identity, ByteView frame);
    /// True when the party refuses the frame: it is counted as refused and nothing is done but log. What
    /// comes to a socket that was closed is not even counted.
    bool refuses(Party& party, ByteView frame);

    /// Called before a frame is delivered.
    std::function<void(const Passage&)> tap;
    /// Every frame that was delivered.
    std::vector<Passage> recorded;
    /// Every EVENT frame, with its topic.
    std::vector<std::pair<std::string, Bytes>> published;
    /// Called before an EVENT frame goes to `published`.
    std::function<void(const Bytes&)> feed_tap;

    broker::PeerDirectory directory;
    std::optional<broker::BrokerCore> core;
    [[nodiscard]] agent::Clock clock() const { return {now_.boot_ms, now_.wall_us, false}; }
    [[nodiscard]] const broker::Now& now() const { return now_; }
    [[nodiscard]] std::size_t stored() const { return events_.size(); }
    Key32 nonce();

  private:
    void perform_broker();
    bool perform_broker_action(broker::Action& action);
    void commit(const broker::Commit& action);
    void perform_agent(Party& party, agent::Actions actions);
    void close(Party& party);
    void pass_on(const Passage& passage);
    void deliver(const Passage& passage);
    void deliver_down(Party& party, ByteView frame);

    journal::Recovered recovered_;
    std::vector<journal::StoredEvent> events_;
    std::vector<std::unique_ptr<Party>> parties_;
    std::vector<std::unique_ptr<Party>> gone_;  ///< `recorded` points to them
    std::deque<Passage> flying_;
    broker::Now now_{1'000'000, 1'700'000'000'000'000};
    std::int64_t tried_ms_ = 0;
    std::uint64_t counter_ = 0;
};

/// An operator, a subscriber and the agent pi-1 meet; samples, a command and its result, heartbeats, a page
/// of the journal. All are in session afterwards.
struct Cast {
    Party* local = nullptr;
    Party* bridge = nullptr;
    Party* pi = nullptr;
};
Cast tell_story(Joined& joined);
/// What ends sessions: REKEY, CANCEL, NO_SESSION, BYE. With the story before, every frame type has passed.
void farewell(Joined& joined, const Cast& cast);

}  // namespace pncp::security
