// Operators' rights, and who may connect how often.
#include "broker/core/rights.hpp"

#include "bench.hpp"
#include "broker/core/admission.hpp"

namespace pncp::broker {
namespace {

TEST(Glob, MatchesTheWholeTextOnly) {
    EXPECT_TRUE(glob_matches("pi-*", "pi-12"));
    EXPECT_TRUE(glob_matches("*", ""));
    EXPECT_TRUE(glob_matches("a*b*c", "a-b-b-c"));
    EXPECT_TRUE(glob_matches("pi-?", "pi-1"));
    EXPECT_FALSE(glob_matches("pi-?", "pi-12"));
    EXPECT_FALSE(glob_matches("pi", "pi-1"));
    EXPECT_FALSE(glob_matches("", "x"));
    // A pattern made to be slow is not.
    EXPECT_FALSE(glob_matches("*a*a*a*a*a*a*a*b", std::string(2'000, 'a')));
}

TEST(Rights, AreNobodysUnlessARuleGivesThem) {
    const Rights rights({{"ada", {"lslogs", "disk*"}, {"pi-*", "role=camera"}, false}});
    EXPECT_TRUE(rights.may_send("ada", "lslogs", "pi-1", {}));
    EXPECT_TRUE(rights.may_send("ada", "disk-usage", "cam-1", {"role=camera"}));
    EXPECT_FALSE(rights.may_send("ada", "reboot", "pi-1", {}));
    EXPECT_FALSE(rights.may_send("ada", "lslogs", "cam-1", {"role=lamp"}));
    EXPECT_FALSE(rights.may_send("eve", "lslogs", "pi-1", {}));
    EXPECT_FALSE(rights.may_read("eve"));
    EXPECT_FALSE(rights.may_keys("ada"));
}

TEST(Rights, CommandsAndAgentsOfDifferentRulesDontMix) {
    const Rights rights({{"ada", {"reboot"}, {"lab-1"}, false}, {"ada", {"disk"}, {"*"}, false}});
    EXPECT_TRUE(rights.may_send("ada", "reboot", "lab-1", {}));
    EXPECT_FALSE(rights.may_send("ada", "reboot", "pi-1", {}));
}

TEST(Rights, TheLocalOperatorMayEverythingUnlessARuleNamesIt) {
    EXPECT_TRUE(Rights().may_send("local", "reboot", "pi-1", {}));
    EXPECT_TRUE(Rights().may_keys("local"));
    const Rights named({{"local", {"disk"}, {"*"}, false}});
    EXPECT_FALSE(named.may_send("local", "reboot", "pi-1", {}));
    EXPECT_FALSE(named.may_keys("local"));
    EXPECT_TRUE(named.may_send("local", "disk", "pi-1", {}));
}

Request send_to(const char* target, std::uint8_t job) {
    return SendRequest{Id16{job}, target, "disk", {}, 1'000, ""};
}

TEST(RightsInTheBroker, DeniedTargetsEndAsDeniedAndTheOthersRun) {
    Bench bench;
    bench.rights = Rights({{"ada", {"disk"}, {"pi-1"}, false}});
    bench.start();
    Peer& pi = bench.connect(Role::agent, "pi-1", "a");
    Peer& other = bench.connect(Role::agent, "pi-2", "b");
    Peer& ada = bench.connect(Role::operator_, "ada", "o");
    EXPECT_EQ(bench.ask<SendReply>(ada, send_to("pi-1,pi-2", 1)).targets, 2U);
    EXPECT_EQ(pi.inbox.back().first, FrameType::command);
    EXPECT_TRUE(other.inbox.empty()) << "nothing reaches it";
    const auto results = bench.stored(EventKind::result);
    ASSERT_EQ(results.size(), 1U);
    const auto body = *decode<ResultBody>(results[0].body);
    EXPECT_EQ(body.outcome, Outcome::denied);
    EXPECT_EQ(body.reason, "operator ada may not send disk to it");
    const auto audits = bench.stored(EventKind::audit);
    EXPECT_NE(decode<AuditBody>(audits.back().body)->detail.find("denied for 1"), std::string::npos);
}

TEST(RightsInTheBroker, AnOperatorWithoutARuleIsToldWhereToWriteOne) {
    Bench bench;
    bench.rights = Rights();
    bench.start();
    bench.connect(Role::agent, "pi-1", "a");
    Peer& ada = bench.connect(Role::operator_, "ada", "o");
    const auto error = bench.ask<ErrorReply>(ada, send_to("pi-1", 1));
    EXPECT_EQ(error.code, ErrorCode::denied);
    EXPECT_NE(error.next.find("rights.toml"), std::string::npos);
    EXPECT_EQ(bench.ask<ErrorReply>(ada, AgentsRequest{}).code, ErrorCode::denied);
    EXPECT_EQ(bench.stored(EventKind::audit).size(), 2U) << "what was refused is in the audit too";
}

TEST(RightsInTheBroker, AReloadHoldsForSessionsThatAreOpen) {
    Bench bench;
    bench.connect(Role::agent, "pi-1", "a");
    Peer& ada = bench.connect(Role::operator_, "ada", "o");
    Peer& local = bench.connect(Role::operator_, "local", "l");
    bench.ask<SendReply>(ada, send_to("pi-1", 1));
    bench.reloaded = Reloaded{bench.directory.file(), {}};
    bench.ask<DoneReply>(local, ReloadRequest{});
    EXPECT_EQ(bench.ask<ErrorReply>(ada, send_to("pi-1", 2)).code, ErrorCode::denied);
}

TEST(SecretArguments, ReachTheAgentAndNoEvent) {
    Bench bench;
    Peer& pi = bench.connect(Role::agent, "pi-1", "a");
    const std::vector<CatalogueEntry> entries = {
        {"wifi", "", {"network: /[a-z]+/", "password: /.+/ (secret)"}}};
    bench.send(pi, FrameType::catalogue, Catalogue{catalogue_hash(entries), entries});
    Peer& local = bench.connect(Role::operator_, "local", "l");
    bench.ask<SendReply>(local, SendRequest{Id16{1}, "*", "wifi", {"home", "hunter2"}, 1'000, ""});
    const auto command = decode<Command>(pi.inbox.back().second);
    ASSERT_TRUE(command);
    EXPECT_EQ(command->arguments, (std::vector<std::string>{"home", "hunter2"}));
    for (const auto& event : bench.events)
        EXPECT_EQ(std::string(text_view(event.event)).find("hunter2"), std::string::npos);
    EXPECT_EQ(decode<CommandBody>(bench.stored(EventKind::command)[0].body)->arguments,
              (std::vector<std::string>{"home", "(secret)"}));
}

TEST(SecretArguments, AreNotSentAgainByABrokerThatForgotThem) {
    Bench bench;
    Peer& pi = bench.connect(Role::agent, "pi-1", "a");
    const std::vector<CatalogueEntry> entries = {{"wifi", "", {"password: /.+/ (secret)"}}};
    bench.send(pi, FrameType::catalogue, Catalogue{catalogue_hash(entries), entries});
    Peer& local = bench.connect(Role::operator_, "local", "l");
    bench.ask<SendReply>(local, SendRequest{Id16{1}, "pi-1", "wifi", {"hunter2"}, 60'000, ""});
    bench.start();
    for (const auto& stored : bench.events)
        if (const auto event = decode<Event>(stored.event)) bench.core->restore(stored.seq, *event);
    pi.inbox.clear();
    bench.handshake(pi);
    bench.perform();
    for (const auto& [type, payload] : pi.inbox) EXPECT_NE(type, FrameType::command);
    const auto results = bench.stored(EventKind::result);
    ASSERT_EQ(results.size(), 1U);
    EXPECT_EQ(decode<ResultBody>(results[0].body)->outcome, Outcome::interrupted);
}

struct Gate {
    Gate() : directory(MasterSecret{nonce(7)}, PeersFile{}), admission(directory) {
        key = directory.issue(Role::agent, "pi-1")->curve_public;
        reader = *directory.issue(Role::subscriber, "reader");
    }
    PeerDirectory directory;
    Admission admission;
    Key32 key{};
    PeerEntry reader;
    Now now{1'000, 0};
};

TEST(Admission, AKeyIsGoodOnItsOwnSocketsOnly) {
    Gate gate;
    EXPECT_EQ(gate.admission.connection("agents", gate.key, gate.now).user_id, "agent/pi-1/1");
    EXPECT_FALSE(gate.admission.connection("control", gate.key, gate.now).user_id);
    EXPECT_FALSE(gate.admission.connection("feed", gate.key, gate.now).user_id);
    EXPECT_FALSE(gate.admission.connection("agents", gate.reader.curve_public, gate.now).user_id);
    EXPECT_FALSE(gate.admission.connection("agents", nonce(99), gate.now).user_id);
}

TEST(Admission, AKeyThatComesTooOftenIsPutOffNotRefused) {
    Gate gate;
    for (std::uint32_t i = 0; i < limits::kConnectionBurst; ++i)
        EXPECT_TRUE(gate.admission.connection("agents", gate.key, gate.now).user_id);
    EXPECT_TRUE(gate.admission.connection("agents", gate.key, gate.now).later);
    gate.now.boot_ms += limits::kConnectionEveryMs;
    EXPECT_TRUE(gate.admission.connection("agents", gate.key, gate.now).user_id);
    EXPECT_TRUE(gate.admission.connection("feed", gate.reader.curve_public, gate.now).user_id)
        << "another key does not pay for it";
}

Bytes subscribe(std::uint8_t first, std::string_view topic) {
    Bytes bytes{first};
    bytes.insert(bytes.end(), topic.begin(), topic.end());
    return bytes;
}

TEST(Admission, WhoSubscribesWithoutEndIsCutOffAndKeptOut) {
    Gate gate;
    const std::string id = gate.reader.name.text();
    for (std::uint32_t i = 0; i < limits::kSubscriptionBurst; ++i)
        EXPECT_FALSE(gate.admission.subscription(id, subscribe(1, std::to_string(i)), gate.now));
    EXPECT_TRUE(gate.admission.subscription(id, subscribe(1, "one more"), gate.now));
    EXPECT_TRUE(gate.admission.connection("feed", gate.reader.curve_public, gate.now).later);
    EXPECT_TRUE(gate.admission.connection("control", gate.reader.curve_public, gate.now).user_id);
    gate.now.boot_ms += limits::kIgnoreMs;
    gate.admission.expire(gate.now);
    EXPECT_TRUE(gate.admission.connection("feed", gate.reader.curve_public, gate.now).user_id);
}

TEST(Admission, SubscriptionsOfAllTogetherAreBounded) {
    Gate gate;
    bool cut = false;
    std::size_t asked = 0;
    for (; !cut; ++asked) {
        ASSERT_LE(asked, limits::kSubscriptions + 1);
        cut = gate.admission.subscription("subscriber/s" + std::to_string(asked / 1'000) + "/1",
                                          subscribe(1, "t"), gate.now);
    }
    EXPECT_EQ(asked, limits::kSubscriptions + 1);
    gate.admission.feed_rebound();
    EXPECT_EQ(gate.admission.subscriptions(), 0U);
    EXPECT_FALSE(gate.admission.subscription("subscriber/x/1", subscribe(0, "t"), gate.now));
    EXPECT_EQ(gate.admission.subscriptions(), 0U) << "giving up what one has not is no credit";
}

}  // namespace
}  // namespace pncp::broker
