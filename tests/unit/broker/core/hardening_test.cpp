// Found by a reader who tried to break it: sizes that don't fit an event, sessions that end while they are
// being answered, and jobs whose last words fall into a failed commit or a restart.
#include "tests/unit/broker/core/bench.hpp"

namespace pncp::broker {
namespace {

const Id16 kJob = {{5}};

void restore_all(Bench& bench) {
    for (const auto event_class : {EventClass::job, EventClass::command, EventClass::result})
        for (const auto& stored : std::vector(bench.events))
            if (stored.event_class == event_class)
                bench.core->restore(stored.seq, *decode<Event>(stored.event));
    bench.perform();
}

void expect_readable(const Bench& bench) {
    for (const auto& stored : bench.events) EXPECT_TRUE(decode<Event>(stored.event)) << stored.topic;
}

TEST(Hardening, AnOperatorWhoSendsOnlyJunkIsIgnoredAndNothingElseHappens) {
    Bench bench;
    Peer& local = bench.connect(Role::operator_, "local", "op");
    for (int i = 0; i < 25; ++i) bench.send(local, FrameType::request, Bye{"not a request", true});
    Peer& ada = bench.connect(Role::operator_, "ada", "o");
    EXPECT_TRUE(ada.ready);
}

TEST(Hardening, ACatalogueThatFitsNoEventIsRefused) {
    for (const std::size_t size : {10'000U, 16'300U}) {
        Bench bench;
        Peer& pi = bench.connect(Role::agent, "pi-1", "a");
        std::vector<CatalogueEntry> entries;
        for (int i = 0; i < 3; ++i) entries.push_back({"c" + std::to_string(i), std::string(size, 'x'), {}});
        bench.send(pi, FrameType::catalogue, Catalogue{catalogue_hash(entries), entries});
        EXPECT_TRUE(bench.stored(EventKind::catalogue).empty());
        expect_readable(bench);
    }
}

TEST(Hardening, ArgumentsThatFitNoEventAreAnError) {
    Bench bench;
    bench.connect(Role::agent, "pi-1", "a");
    Peer& local = bench.connect(Role::operator_, "local", "op");
    for (const std::size_t count : {32U, 4U}) {
        const SendRequest request{
            kJob, "pi-1", "lslogs", std::vector<std::string>(count, std::string(16'000 / count, 'a')), 0, ""};
        EXPECT_EQ(bench.ask<ErrorReply>(local, request).code, ErrorCode::malformed);
    }
    const SendRequest longest{kJob, "pi-1", "lslogs", std::vector<std::string>(7, std::string(1'024, 'a')),
                              0,    ""};
    EXPECT_EQ(bench.ask<SendReply>(local, longest).targets, 1U);
    expect_readable(bench);
}

TEST(Hardening, LongTextsOfPeersAreCut) {
    Bench bench;
    Peer& pi = bench.connect(Role::agent, "pi-1", "a");
    bench.send(pi, FrameType::bye, Bye{std::string(16'000, 'x'), false});
    expect_readable(bench);
    Peer& ada = bench.connect(Role::operator_, "ada", "o");
    EXPECT_LT(bench.ask<AgentsReply>(ada, AgentsRequest{}).rows[0].reason.size(), 300U);
}

TEST(Hardening, AJobWhoseEndWasNotCommittedIsClosedAfterTheRestart) {
    Bench bench;
    Peer& local = bench.connect(Role::operator_, "local", "op");
    bench.journal_waits = true;
    bench.send(local, FrameType::request, Request(SendRequest{kJob, "*", "lslogs", {}, 0, ""}));
    ASSERT_TRUE(bench.waiting_commit);
    bench.commit(Commit(*bench.waiting_commit));
    bench.journal_waits = false;
    bench.peers.clear();
    bench.start();
    restore_all(bench);
    bench.pass(100'000);
    EXPECT_EQ(bench.stored(EventKind::result).size(), 3U) << "one a target";
    ASSERT_EQ(bench.recovered.jobs.size(), 1U);
    EXPECT_TRUE(bench.recovered.jobs[0].ended);
}

TEST(Hardening, ADevicesRefusalEndsItsTargetAsRefused) {
    Bench bench;
    Peer& pi = bench.connect(Role::agent, "pi-1", "a");
    Peer& local = bench.connect(Role::operator_, "local", "op");
    (void)bench.ask<SendReply>(local, SendRequest{kJob, "pi-1", "lslogs", {}, 1'000, ""});
    bench.send(pi, FrameType::command_ack,
               CommandAck{command_id(kJob, "pi-1"), CommandState::refused, "queue full"});
    bench.pass(1'000);
    ASSERT_EQ(bench.stored(EventKind::result).size(), 1U);
    EXPECT_EQ(decode<ResultBody>(bench.stored(EventKind::result)[0].body)->outcome, Outcome::refused);
}

TEST(Hardening, TheEndOfAJobSurvivesAFailedCommit) {
    Bench bench;
    Peer& pi = bench.connect(Role::agent, "pi-1", "a");
    Peer& local = bench.connect(Role::operator_, "local", "op");
    (void)bench.ask<SendReply>(local, SendRequest{kJob, "pi-1", "lslogs", {}, 1'000, ""});
    ResultBody result;
    result.command = command_id(kJob, "pi-1");
    result.name = "lslogs";
    bench.journal_waits = true;
    const Row row{Stream::results, 1, RowKind::result, 1, 0, false, encode(result)};
    bench.send(pi, FrameType::batch, Bench::batch(pi, 0, {row}));
    ASSERT_TRUE(bench.waiting_commit);
    bench.commit(Commit(*bench.waiting_commit));
    bench.journal_waits = false;
    bench.journal_fails = true;
    bench.perform();
    bench.journal_fails = false;
    for (int i = 0; i < 5; ++i) bench.pass(1'000);
    EXPECT_EQ(bench.stored(EventKind::job).size(), 2U) << "begun and ended";
    EXPECT_TRUE(bench.recovered.jobs.at(0).ended);
}

TEST(Hardening, ASpoolThatNeverCommittedIsDeclaredLostAfterARestart) {
    Bench bench;
    bench.connect(Role::agent, "pi-1", "a", {{1}});
    bench.peers.clear();
    bench.start();
    bench.connect(Role::agent, "pi-1", "b", {{2}});
    EXPECT_EQ(bench.stored(EventKind::gap).size(), 2U);
}

}  // namespace
}  // namespace pncp::broker
