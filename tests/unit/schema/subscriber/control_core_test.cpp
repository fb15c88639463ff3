#include "schema/subscriber/control_core.hpp"

#include <gtest/gtest.h>

#include "schema/codec.hpp"
#include "schema/keys.hpp"
#include "schema/limits.hpp"

namespace pncp {
namespace {

MasterSecret master() {
    MasterSecret secret;
    secret.bytes.fill(0x5a);
    return secret;
}

KeyFile subscriber_key() {
    KeyFile key;
    key.peer = {Role::subscriber, "log-writer", 1};
    key.key = peer_key(master(), key.peer);
    key.broker[0] = 7;
    return key;
}

/// A core, its virtual clock and the far end.
class ControlCoreTest : public testing::Test {
  protected:
    /// The first action of a kind in what the last call brought.
    template <typename Kind>
    std::optional<Kind> got() const {
        for (const auto& action : out)
            if (const auto* match = std::get_if<Kind>(&action)) return *match;
        return std::nullopt;
    }
    Bytes sent() const {
        const auto frame = got<SendFrame>();
        return frame ? frame->frame : Bytes{};
    }
    void clear() { out.clear(); }
    void open(ControlCore& client) {
        clear();
        now = std::max(now, client.wake_at_ms());
        client.tick(now, out);
        ASSERT_TRUE(got<OpenSocket>());
        clear();
        client.on_open({}, now, out);
    }
    /// Everything up to READY; leaves what came after it in `out`.
    void establish(ControlCore& client) {
        open(client);
        const Bytes hello = sent();
        auto begun = ServerSession::begin(std::get<UnverifiedFrame>(parse_frame(hello)), key.peer, key.key,
                                          key.broker, Key32{++nonce}, 0);
        server = std::move(std::get<ServerSession::Begun>(begun).session);
        clear();
        client.on_frame(std::get<ServerSession::Begun>(begun).challenge, now, out);
        const Bytes auth = sent();
        ASSERT_TRUE(
            std::holds_alternative<Verified>(server->on_frame(std::get<UnverifiedFrame>(parse_frame(auth)))));
        clear();
        client.on_frame(server->seal(FrameType::ready, Ready{}), now, out);
        ASSERT_TRUE(got<SessionReady>());
    }
    KeyFile key = subscriber_key();
    ControlActions out;
    std::int64_t now = 1'000;
    std::uint8_t nonce = 0;
    std::unique_ptr<ServerSession> server;
    ControlCore core{key, "ipc:///x", 1, ControlCore::OnLoss::resend};
};

TEST_F(ControlCoreTest, ARequestMadeBeforeTheSessionIsSentBehindReady) {
    core.start(StatusRequest{}, now, out);
    EXPECT_TRUE(out.empty());
    establish(core);
    ASSERT_TRUE(got<SendFrame>());
    clear();
    core.on_frame(server->seal(FrameType::reply, Reply{DoneReply{"ok"}}), now, out);
    EXPECT_TRUE(got<Replied>());
    EXPECT_FALSE(core.busy());
}

TEST_F(ControlCoreTest, NoSessionOpensAFreshSocketAndSendsTheRequestAgain) {
    establish(core);
    core.start(StatusRequest{}, now, out);
    const auto header = std::get<UnverifiedFrame>(parse_frame(sent())).header;
    clear();
    core.on_frame(make_no_session(key.peer, key.key, header.session, "restarted"), now, out);
    EXPECT_TRUE(got<CloseSocket>());
    EXPECT_FALSE(got<Trouble>()) << "nothing a person needs to know";
    establish(core);
    EXPECT_TRUE(got<SendFrame>());
}

TEST_F(ControlCoreTest, AClientThatAsksAnewForgetsTheRequestWithItsSession) {
    ControlCore forgetting(key, "ipc:///x", 1, ControlCore::OnLoss::forget);
    establish(forgetting);
    forgetting.start(StatusRequest{}, now, out);
    forgetting.on_connection_failed(ControlFailure::unreachable, now, out);
    EXPECT_FALSE(forgetting.busy());
    establish(forgetting);
    EXPECT_FALSE(got<SendFrame>());
}

TEST_F(ControlCoreTest, SilenceEndsTheSocketAndPausesGrowUpToALimit) {
    std::int64_t longest = 0;
    for (int i = 0; i < 12; ++i) {
        open(core);
        clear();
        now = core.wake_at_ms();
        core.tick(now, out);
        EXPECT_TRUE(got<CloseSocket>());
        ASSERT_TRUE(got<Trouble>());
        EXPECT_EQ(got<Trouble>()->problem.failure, ControlFailure::unreachable);
        longest = std::max(longest, core.wake_at_ms() - now);
    }
    EXPECT_GT(longest, 900);
    EXPECT_LE(longest, 2'000);
}

TEST_F(ControlCoreTest, ALongPollMayTakeAsLongAsItAskedFor) {
    establish(core);
    core.start(JobRequest{{}, 0, limits::kLongPollMs}, now, out);
    EXPECT_GT(core.wake_at_ms() - now, limits::kLongPollMs);
}

TEST_F(ControlCoreTest, ALocalBrokerThatIsSilentAfterHelloProbablyDoesNotKnowTheKey) {
    open(core);
    core.on_connected();
    now = core.wake_at_ms();
    clear();
    core.tick(now, out);
    ASSERT_TRUE(got<Trouble>());
    EXPECT_EQ(got<Trouble>()->problem.failure, ControlFailure::refused);
}

TEST_F(ControlCoreTest, AChallengeUnderAnotherKeyIsAnotherBroker) {
    open(core);
    SigningKey other(Key32{1});
    const Bytes forged =
        make_frame({FrameType::challenge, Direction::broker_to_subscriber, 1, {}, 0}, other, Challenge{});
    clear();
    core.on_frame(forged, now, out);
    ASSERT_TRUE(got<Trouble>());
    EXPECT_EQ(got<Trouble>()->problem.failure, ControlFailure::wrong_broker);
}

TEST_F(ControlCoreTest, AReplyThatMakesNoSenseIsAProtocolFailure) {
    establish(core);
    core.start(StatusRequest{}, now, out);
    clear();
    core.on_frame(server->seal(FrameType::reply, Auth{"x"}), now, out);
    ASSERT_TRUE(got<Trouble>());
    EXPECT_EQ(got<Trouble>()->problem.failure, ControlFailure::protocol);
}

TEST_F(ControlCoreTest, GarbageInEveryStateEndsInAFreshSocketAtMost) {
    const Bytes garbage(100, 0x41);
    core.on_frame(garbage, now, out);
    EXPECT_TRUE(out.empty());
    open(core);
    core.on_frame(garbage, now, out);
    EXPECT_TRUE(got<CloseSocket>());
    establish(core);
    clear();
    core.on_frame(garbage, now, out);
    EXPECT_TRUE(got<CloseSocket>());
    establish(core);
}

}  // namespace
}  // namespace pncp
