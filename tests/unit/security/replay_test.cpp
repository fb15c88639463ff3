// Every recorded frame once more: in its session, in another one, as another agent's, back to where it came
// from, after restarts of either side. Each test counts its tries, so that an empty loop can't pass.
#include "tests/unit/security/joined.hpp"

namespace pncp::security {
namespace {

class Replays : public testing::Test {
  protected:
    /// The frames of an agent, an operator and a subscriber in session: each type that they exchange.
    void record() {
        cast_ = tell_story(joined_);
        story_ = joined_.recorded;
        for (const Passage& passage : story_) (passage.up ? up_ : down_).push_back(&passage);
        ASSERT_GT(up_.size(), 12U);
        ASSERT_GT(down_.size(), 12U);
        types_of(*cast_.pi);
    }

    /// The recording must hold what is claimed of it.
    void types_of(const Party& party) {
        std::set<FrameType> types;
        for (const Passage& passage : story_)
            if (passage.party == &party) types.insert(passage.type());
        for (const FrameType type : {FrameType::hello, FrameType::challenge, FrameType::auth,
                                     FrameType::ready, FrameType::catalogue, FrameType::batch, FrameType::ack,
                                     FrameType::command, FrameType::command_ack, FrameType::heartbeat})
            ASSERT_TRUE(types.contains(type)) << frame_type_name(type);
    }

    /// A frame that went up, on a connection of the broker's: nothing may come of it but a CHALLENGE to a
    /// HELLO, which binds nothing and which nobody can answer, or NO_SESSION.
    void replay_up(const Passage& passage, const broker::Address& from, const std::string& identity,
                   Party* listener) {
        ++tried_;
        const Tried tried = joined_.try_broker(from, identity, passage.frame);
        EXPECT_EQ(tried.effects, 0U) << frame_type_name(passage.type());
        EXPECT_LE(tried.challenges, passage.type() == FrameType::hello ? 1U : 0U)
            << frame_type_name(passage.type());
        accepted_ += tried.effects;
        // Whoever has this connection gets the answer, and is not to lose its session by it.
        if (listener == nullptr) return;
        for (const Bytes& answer : tried.no_sessions) {
            const bool refused = joined_.refuses(*listener, answer);
            EXPECT_TRUE(refused) << frame_type_name(passage.type());
            accepted_ += refused ? 0U : 1U;
        }
    }

    void replay_down(const Passage& passage, Party& party) {
        ++tried_;
        const bool refused = joined_.refuses(party, passage.frame);
        EXPECT_TRUE(refused) << frame_type_name(passage.type());
        accepted_ += refused ? 0U : 1U;
    }

    /// Everybody who was in session still is, and hears and is heard.
    void expect_all_well() {
        EXPECT_EQ(accepted_, 0U);
        const std::size_t stored = joined_.stored();
        const std::size_t replies = cast_.local->replies.size();
        joined_.pass(65'000);
        EXPECT_TRUE(cast_.pi->core->in_session());
        EXPECT_GT(joined_.stored(), stored) << "the agent's samples arrive";
        joined_.ask(*cast_.local, StatusRequest{});
        EXPECT_EQ(cast_.local->replies.size(), replies + 1);
        EXPECT_TRUE(cast_.pi->core->spool().empty()) << "and are acknowledged";
        EXPECT_EQ(cast_.pi->runs.size(), 1U) << "no command ran twice";
    }

    Joined joined_;
    Cast cast_;
    std::vector<Passage> story_;
    std::vector<const Passage*> up_;
    std::vector<const Passage*> down_;
    std::size_t tried_ = 0;
    std::size_t accepted_ = 0;
};

TEST_F(Replays, InTheSameSessionAreRefused) {
    record();
    for (const Passage* passage : up_) {
        // A HELLO once more begins another handshake beside the session, which is tested below.
        if (passage->type() == FrameType::hello) continue;
        replay_up(*passage, passage->party->address, passage->party->identity, passage->party);
    }
    for (const Passage* passage : down_) replay_down(*passage, *passage->party);
    EXPECT_EQ(tried_, story_.size() - 3) << "all but the three HELLOs";
    expect_all_well();
}

TEST_F(Replays, OfAHelloBeginAHandshakeThatNobodyCanFinish) {
    record();
    std::size_t challenges = 0;
    for (const Passage* passage : up_) {
        if (passage->type() != FrameType::hello) continue;
        for (int again = 0; again < 3; ++again) {
            ++tried_;
            const Tried tried =
                joined_.try_broker(passage->party->address, passage->party->identity, passage->frame);
            EXPECT_EQ(tried.effects, 0U);
            challenges += tried.challenges;
        }
        for (const Passage* auth : up_)
            if (auth->type() == FrameType::auth && auth->party == passage->party)
                replay_up(*auth, passage->party->address, passage->party->identity, nullptr);
    }
    EXPECT_EQ(tried_, 3U * 3U + 3U);
    EXPECT_EQ(challenges, 9U);
    EXPECT_EQ(joined_.core->pending_handshakes(), 3U) << "one a connection";
    expect_all_well();
}

TEST_F(Replays, InAnotherSessionOfTheSameAgentAreRefused) {
    record();
    joined_.cut(*cast_.pi);
    joined_.pass(5'000);
    ASSERT_TRUE(cast_.pi->core->in_session());
    std::size_t expected = 0;
    for (const Passage& passage : story_) {
        if (passage.party != cast_.pi) continue;
        ++expected;
        if (passage.up)
            replay_up(passage, cast_.pi->address, cast_.pi->identity, cast_.pi);
        else
            replay_down(passage, *cast_.pi);
    }
    EXPECT_EQ(tried_, expected);
    EXPECT_GT(tried_, 15U);
    expect_all_well();
}

TEST_F(Replays, AsAnotherAgentsAreRefused) {
    record();
    Party& other = joined_.start_agent("pi-2");
    joined_.pass(1'000);
    ASSERT_TRUE(other.core->in_session());
    std::size_t expected = 0;
    for (const Passage& passage : story_) {
        ++expected;
        if (passage.up)
            replay_up(passage, other.address, other.identity, &other);
        else
            replay_down(passage, other);
    }
    EXPECT_EQ(tried_, expected);
    expect_all_well();
    EXPECT_TRUE(other.core->in_session());
    EXPECT_TRUE(other.runs.empty());
}

TEST_F(Replays, OnAConnectionOfTheSamePeerAndOnAnUnprovenOneAreRefused) {
    record();
    for (const Passage* passage : up_)
        for (const bool proven : {true, false}) {
            const broker::Port port = passage->party->address.port;
            replay_up(*passage, {port, proven ? "second" : "unproven"},
                      proven ? passage->party->identity : "", nullptr);
        }
    EXPECT_EQ(tried_, 2 * up_.size());
    expect_all_well();
}

TEST_F(Replays, BackToWhereTheyCameFromAreRefused) {
    record();
    for (const Passage* passage : up_) replay_down(*passage, *passage->party);
    for (const Passage* passage : down_)
        replay_up(*passage, passage->party->address, passage->party->identity, passage->party);
    EXPECT_EQ(tried_, story_.size());
    expect_all_well();
}

TEST_F(Replays, AfterARestartOfTheBrokerAreRefused) {
    record();
    joined_.restart_broker();
    // Before anybody is back: the old connections are gone with the broker's sockets, so nobody listens.
    for (const Passage* passage : up_)
        replay_up(*passage, passage->party->address, passage->party->identity, nullptr);
    EXPECT_EQ(joined_.core->agents_online(), 0U);
    joined_.cut(*cast_.pi);
    joined_.pass(5'000);
    cast_.local = &joined_.connect(Role::operator_, "local");
    ASSERT_TRUE(cast_.pi->core->in_session());
    for (const Passage& passage : story_) {
        Party& party = passage.party->role == Role::agent ? *cast_.pi : *cast_.local;
        if (passage.up)
            replay_up(passage, party.address, party.identity, &party);
        else
            replay_down(passage, party);
    }
    EXPECT_EQ(tried_, up_.size() + story_.size());
    expect_all_well();
}

TEST_F(Replays, AfterARestartOfTheAgentAreRefusedInEveryState) {
    record();
    std::vector<const Passage*> to_agent;
    for (const Passage* passage : down_)
        if (passage->party == cast_.pi) to_agent.push_back(passage);
    ASSERT_GT(to_agent.size(), 5U);
    std::size_t states = 0;
    joined_.tap = [&](const Passage& now) {
        // CHALLENGE and READY are about to come: the agent is in hello_sent, then in auth_sent.
        if (now.type() != FrameType::challenge && now.type() != FrameType::ready) return;
        ++states;
        for (const Passage* passage : to_agent) replay_down(*passage, *now.party);
    };
    cast_.pi = &joined_.start_agent("pi-1");
    joined_.pass(1'000);
    ASSERT_TRUE(cast_.pi->core->in_session());
    joined_.tap = nullptr;
    for (const Passage* passage : to_agent) replay_down(*passage, *cast_.pi);
    EXPECT_EQ(states, 2U);
    EXPECT_EQ(tried_, 3 * to_agent.size());
    EXPECT_TRUE(cast_.pi->runs.empty()) << "no recorded command runs";
    EXPECT_EQ(accepted_, 0U);
}

}  // namespace
}  // namespace pncp::security
