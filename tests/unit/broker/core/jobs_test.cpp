// Jobs: every target ends in exactly one result, nothing runs twice, and nothing is sent before it is
// committed.
#include "tests/unit/broker/core/bench.hpp"

namespace pncp::broker {
namespace {

const Id16 kJob = {{42}};

SendRequest send_request(const std::string& target = "*", const std::string& name = "lslogs") {
    return {kJob, target, name, {}, 0, "tester"};
}
std::vector<Command> commands(const Peer& peer) {
    std::vector<Command> found;
    for (const auto& [type, payload] : peer.inbox)
        if (type == FrameType::command) found.push_back(*decode<Command>(payload));
    return found;
}
Row result_row(std::uint64_t seq, const Id16& command, Outcome outcome = Outcome::finished) {
    ResultBody body;
    body.command = command;
    body.name = "lslogs";
    body.outcome = outcome;
    return {Stream::results, seq, RowKind::result, 1, 0, false, encode(body)};
}
std::map<std::string, Outcome> outcomes(const Bench& bench) {
    std::map<std::string, Outcome> found;
    for (const Event& event : bench.stored(EventKind::result)) {
        EXPECT_FALSE(found.contains(event.agent)) << event.agent << " ended twice";
        found[event.agent] = decode<ResultBody>(event.body)->outcome;
    }
    return found;
}

TEST(Jobs, EveryTargetEndsInExactlyOneResult) {
    Bench bench;
    Peer& one = bench.connect(Role::agent, "pi-1", "a");
    Peer& two = bench.connect(Role::agent, "pi-2", "b");
    Peer& ada = bench.connect(Role::operator_, "ada", "o");
    EXPECT_EQ(bench.ask<SendReply>(ada, send_request()).targets, 3U);
    ASSERT_EQ(commands(one).size(), 1U);
    bench.send(one, FrameType::batch, Bench::batch(one, 0, {result_row(1, commands(one)[0].command)}));
    bench.send(two, FrameType::heartbeat, Heartbeat{});
    auto reply = bench.ask<JobReply>(ada, JobRequest{kJob, 0, 0});
    EXPECT_EQ(reply.answered, 2U);
    EXPECT_FALSE(reply.ended);
    for (int i = 0; i < 5; ++i) {
        bench.pass(10'000);
        bench.send(two, FrameType::heartbeat, Heartbeat{});
        bench.send(ada, FrameType::request, Request(StatusRequest{}));
    }
    reply = bench.ask<JobReply>(ada, JobRequest{kJob, reply.next, 0});
    EXPECT_TRUE(reply.ended);
    EXPECT_EQ(reply.answered, 3U);
    const auto ends = outcomes(bench);
    EXPECT_EQ(ends.at("pi-1"), Outcome::finished);
    EXPECT_EQ(ends.at("pi-2"), Outcome::timeout);
    EXPECT_EQ(ends.at("pi-3"), Outcome::offline);
}

TEST(Jobs, NothingIsSentBeforeItsEventIsCommitted) {
    Bench bench;
    Peer& pi = bench.connect(Role::agent, "pi-1", "a");
    Peer& ada = bench.connect(Role::operator_, "ada", "o");
    bench.journal_waits = true;
    bench.send(ada, FrameType::request, Request(send_request("pi-1")));
    EXPECT_TRUE(commands(pi).empty());
    bench.commit(*bench.waiting_commit);
    bench.perform();
    EXPECT_EQ(commands(pi).size(), 1U);
}

TEST(Jobs, AJournalThatFailsSendsNothingAndSaysSo) {
    Bench bench;
    Peer& pi = bench.connect(Role::agent, "pi-1", "a");
    Peer& ada = bench.connect(Role::operator_, "ada", "o");
    bench.journal_fails = true;
    EXPECT_EQ(bench.ask<ErrorReply>(ada, send_request("pi-1")).code, ErrorCode::journal);
    EXPECT_TRUE(commands(pi).empty());
    bench.journal_fails = false;
    bench.pass(2'000);
    EXPECT_TRUE(commands(pi).empty());
    EXPECT_EQ(bench.ask<SendReply>(ada, send_request("pi-1")).targets, 1U);
}

TEST(Jobs, TheSameJobIdAttachesInsteadOfSendingAgain) {
    Bench bench;
    Peer& pi = bench.connect(Role::agent, "pi-1", "a");
    Peer& ada = bench.connect(Role::operator_, "ada", "o");
    EXPECT_FALSE(bench.ask<SendReply>(ada, send_request("pi-1")).attached);
    EXPECT_TRUE(bench.ask<SendReply>(ada, send_request("pi-1")).attached);
    EXPECT_EQ(commands(pi).size(), 1U);
}

TEST(Jobs, AReconnectWithTheSameSpoolGetsTheCommandAgain) {
    Bench bench;
    bench.connect(Role::agent, "pi-1", "a");
    Peer& ada = bench.connect(Role::operator_, "ada", "o");
    (void)bench.ask<SendReply>(ada, send_request("pi-1"));
    EXPECT_EQ(commands(bench.connect(Role::agent, "pi-1", "b")).size(), 1U);
}

TEST(Jobs, AnotherSpoolEndsTheCommandInterruptedAndNeverGetsIt) {
    Bench bench;
    bench.connect(Role::agent, "pi-1", "a");
    Peer& ada = bench.connect(Role::operator_, "ada", "o");
    (void)bench.ask<SendReply>(ada, send_request("pi-1"));
    EXPECT_TRUE(commands(bench.connect(Role::agent, "pi-1", "b", {{2}})).empty());
    EXPECT_EQ(outcomes(bench).at("pi-1"), Outcome::interrupted);
}

TEST(Jobs, OneAgentCannotAnswerForAnother) {
    Bench bench;
    Peer& one = bench.connect(Role::agent, "pi-1", "a");
    Peer& two = bench.connect(Role::agent, "pi-2", "b");
    Peer& ada = bench.connect(Role::operator_, "ada", "o");
    (void)bench.ask<SendReply>(ada, send_request("pi-1"));
    bench.send(two, FrameType::batch, Bench::batch(two, 0, {result_row(1, commands(one)[0].command)}));
    EXPECT_EQ(bench.ask<JobReply>(ada, JobRequest{kJob, 0, 0}).answered, 0U);
}

TEST(Jobs, ALongPollIsAnsweredWhenTheResultIsCommitted) {
    Bench bench;
    Peer& pi = bench.connect(Role::agent, "pi-1", "a");
    Peer& ada = bench.connect(Role::operator_, "ada", "o");
    (void)bench.ask<SendReply>(ada, send_request("pi-1"));
    const auto first = bench.ask<JobReply>(ada, JobRequest{kJob, 0, 0});
    const std::size_t before = ada.inbox.size();
    bench.send(ada, FrameType::request, Request(JobRequest{kJob, first.next, 5'000}));
    EXPECT_EQ(ada.inbox.size(), before) << "it waits";
    bench.send(pi, FrameType::batch, Bench::batch(pi, 0, {result_row(1, commands(pi)[0].command)}));
    const auto reply = bench.last_reply<JobReply>(ada);
    EXPECT_TRUE(reply.ended);
    ASSERT_EQ(reply.rows.size(), 1U);
    EXPECT_EQ(decode<Event>(reply.rows[0].event)->kind, EventKind::result);
}

TEST(Jobs, GoOnAfterARestartOfTheBroker) {
    Bench bench;
    Peer& pi = bench.connect(Role::agent, "pi-1", "a");
    Peer& ada = bench.connect(Role::operator_, "ada", "o");
    (void)bench.ask<SendReply>(ada, send_request());
    const Id16 command = commands(pi)[0].command;
    const auto before = bench.events;
    bench.start();
    for (const EventKind kind : {EventKind::job, EventKind::command, EventKind::result})
        for (const auto& stored : before)
            if (const auto event = decode<Event>(stored.event); event->kind == kind)
                bench.core->restore(stored.seq, *event);
    Peer& back = bench.connect(Role::agent, "pi-1", "c");
    ASSERT_EQ(commands(back).size(), 1U);
    EXPECT_EQ(commands(back)[0].command, command) << "the same id: the device will not run it again";
    bench.send(back, FrameType::batch, Bench::batch(back, 0, {result_row(1, command)}));
    Peer& again = bench.connect(Role::operator_, "ada", "p");
    const auto reply = bench.ask<JobReply>(again, JobRequest{kJob, 0, 0});
    EXPECT_TRUE(reply.ended);
    EXPECT_EQ(reply.targets, 3U);
}

TEST(Jobs, WrongNamesAreErrorsThatHelp) {
    Bench bench;
    Peer& pi = bench.connect(Role::agent, "pi-1", "a");
    const std::vector<CatalogueEntry> entries = {{"lslogs", "", {}}, {"uptime", "", {}}};
    bench.send(pi, FrameType::catalogue, Catalogue{catalogue_hash(entries), entries});
    Peer& ada = bench.connect(Role::operator_, "ada", "o");
    const auto agent = bench.ask<ErrorReply>(ada, send_request("pi-1,pi-77"));
    EXPECT_EQ(agent.code, ErrorCode::unknown_agent);
    EXPECT_NE(agent.message.find("pi-77"), std::string::npos);
    EXPECT_EQ(bench.ask<ErrorReply>(ada, AgentsRequest{.after = {}, .target = "pi-1,pi-77"}).code,
              ErrorCode::unknown_agent);
    EXPECT_EQ(bench.ask<AgentsReply>(ada, AgentsRequest{.after = {}, .target = "pi-1,x-*"}).rows.size(), 1U);
    EXPECT_EQ(bench.ask<ErrorReply>(ada, send_request("*", "uptme")).known.front(), "uptime");
    const auto command = bench.ask<ErrorReply>(ada, send_request("*", "lslog"));
    EXPECT_EQ(command.code, ErrorCode::unknown_command);
    EXPECT_EQ(command.known, (std::vector<std::string>{"lslogs", "uptime"}));
    EXPECT_EQ(bench.ask<ErrorReply>(ada, send_request(",")).code, ErrorCode::unknown_agent);
    EXPECT_EQ(bench.ask<ErrorReply>(ada, send_request("x-*")).code, ErrorCode::no_target);
    EXPECT_EQ(bench.ask<ErrorReply>(ada, send_request("*", "a/b")).code, ErrorCode::malformed);
    EXPECT_EQ(bench.stored(EventKind::job).size(), 0U);
    EXPECT_EQ(bench.stored(EventKind::audit).size(), 6U) << "refusals are audited too";
}

TEST(Control, RightsAreEnforcedAndAudited) {
    Bench bench;
    Peer& bridge = bench.connect(Role::subscriber, "bridge", "s");
    EXPECT_EQ(bench.ask<ErrorReply>(bridge, send_request()).code, ErrorCode::denied);
    EXPECT_EQ(bench.ask<ErrorReply>(bridge, KeyIssueRequest{"x", Role::operator_}).code, ErrorCode::denied);
    Peer& ada = bench.connect(Role::operator_, "ada", "o");
    EXPECT_EQ(bench.ask<ErrorReply>(ada, KeyIssueRequest{"x", Role::operator_}).code, ErrorCode::denied);
    EXPECT_EQ(bench.stored(EventKind::audit).size(), 3U);
    Peer& local = bench.connect(Role::operator_, "local", "l");
    const auto key = bench.ask<KeyIssueReply>(local, KeyIssueRequest{"pi-4", Role::agent});
    EXPECT_EQ(key.key, bench.directory.newest(Role::agent, "pi-4")->key);
    for (const auto& event : bench.events) {
        const auto bytes = std::string(text_view(event.event));
        EXPECT_EQ(bytes.find(std::string(text_view(key.key))), std::string::npos) << "a key in the journal";
    }
}

TEST(Control, RevokingEndsTheLiveSessionAtOnce) {
    Bench bench;
    Peer& pi = bench.connect(Role::agent, "pi-1", "a");
    Peer& local = bench.connect(Role::operator_, "local", "l");
    (void)bench.ask<DoneReply>(local, KeyRevokeRequest{"pi-1", Role::agent});
    const std::size_t before = pi.inbox.size();
    bench.send(pi, FrameType::heartbeat, Heartbeat{});
    EXPECT_EQ(pi.inbox.size(), before);
    EXPECT_EQ(bench.ask<AgentsReply>(local, AgentsRequest{}).rows.size(), 2U);
}

TEST(Control, FetchAndCursorServeASubscriber) {
    Bench bench;
    Peer& pi = bench.connect(Role::agent, "pi-1", "a");
    bench.send(pi, FrameType::batch, Bench::batch(pi, 0, {Bench::metrics_row(1)}));
    bench.pass(limits::kGroupWaitMs);
    Peer& bridge = bench.connect(Role::subscriber, "bridge", "s");
    EXPECT_TRUE(bridge.ready->feed_key);
    const auto page = bench.ask<FetchReply>(bridge, FetchRequest{0, "metrics/", 10});
    ASSERT_EQ(page.rows.size(), 1U);
    EXPECT_EQ(page.journal, bench.recovered.journal);
    EXPECT_EQ(bench.ask<CursorReply>(bridge, CursorRequest{page.journal, page.rows[0].seq}).sequence,
              page.rows[0].seq);
    EXPECT_EQ(bench.ask<ErrorReply>(bridge, CursorRequest{page.journal, 1'000'000}).code,
              ErrorCode::malformed);
}

TEST(Control, EveryPublishedFrameBearsItsSequenceAndTheFeedsTag) {
    Bench bench;
    bench.connect(Role::agent, "pi-1", "a");
    bench.pass(1'000);
    SigningKey key(feed_key(bench.directory.master(), 1));
    std::uint64_t last = 0;
    for (const auto& [topic, frame] : bench.published) {
        auto parsed = parse_frame(frame);
        const auto& good = std::get<UnverifiedFrame>(parsed);
        EXPECT_TRUE(good.verify(key));
        EXPECT_EQ(good.header.session, bench.recovered.journal);
        if (topic == kHeartbeatTopic) {
            EXPECT_TRUE(decode<FeedHeartbeat>(good.payload));
            continue;
        }
        EXPECT_EQ(good.header.counter, ++last);
        EXPECT_EQ(decode<Event>(good.payload)->topic, topic);
    }
    EXPECT_GT(last, 0U);
}

}  // namespace
}  // namespace pncp::broker
