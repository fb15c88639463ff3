// Jobs that last: batches, pauses, devices that come back, cancel, and all of it over a restart.
#include "tests/unit/broker/core/bench.hpp"

namespace pncp::broker {
namespace {

const Id16 kJob = {{42}};
constexpr std::int64_t kHourMs = 3'600'000;

std::vector<Command> commands(const Peer& peer) {
    std::vector<Command> found;
    for (const auto& [type, payload] : peer.inbox)
        if (type == FrameType::command) found.push_back(*decode<Command>(payload));
    return found;
}
std::size_t cancels(const Peer& peer) {
    return static_cast<std::size_t>(std::count_if(peer.inbox.begin(), peer.inbox.end(), [](const auto& got) {
        return got.first == FrameType::cancel;
    }));
}
std::map<std::string, ResultBody> results(const Bench& bench) {
    std::map<std::string, ResultBody> found;
    for (const Event& event : bench.stored(EventKind::result)) {
        EXPECT_FALSE(found.contains(event.agent)) << event.agent << " ended twice";
        found[event.agent] = *decode<ResultBody>(event.body);
    }
    return found;
}
SendRequest request(Rollout rollout) {
    SendRequest send{kJob, "*", "lslogs", {}, 0, "tester"};
    send.rollout = std::move(rollout);
    return send;
}
SendRequest patient(std::int64_t deliver_by_ms) {
    SendRequest send{kJob, "*", "lslogs", {}, 0, "tester"};
    send.deliver_by_ms = deliver_by_ms;
    return send;
}

class JobStages : public ::testing::Test {
  protected:
    JobStages() {
        for (const char* id : {"pi-1", "pi-2", "pi-3"}) come(id);
        ada = &bench.connect(Role::operator_, "ada", "o");
    }
    Peer& come(const std::string& id) {
        pis[id] = &bench.connect(Role::agent, id, id + std::to_string(++connections));
        seq[id] = 0;
        return *pis[id];
    }
    void answer(const std::string& id, std::int64_t exit_code = 0) {
        Peer& pi = *pis.at(id);
        ResultBody body;
        body.command = commands(pi).back().command;
        body.exit_code = exit_code;
        const std::uint64_t at = ++seq[id];
        Batch batch =
            Bench::batch(pi, 0, {{Stream::results, at, RowKind::result, 1, 0, false, encode(body)}});
        batch.after = {0, at - 1};
        bench.send(pi, FrameType::batch, batch);
    }
    /// Virtual time with everybody alive.
    void pass(std::int64_t ms) {
        for (; ms > 0; ms -= 10'000) {
            bench.pass(std::min<std::int64_t>(ms, 10'000));
            for (auto& [id, pi] : pis) bench.send(*pi, FrameType::heartbeat, Heartbeat{});
            bench.send(*ada, FrameType::request, Request(StatusRequest{}));
        }
    }
    std::string begun() {
        std::string text;
        for (const auto& [id, pi] : pis)
            if (!commands(*pi).empty()) text += id + " ";
        return text;
    }
    JobReply job() { return bench.ask<JobReply>(*ada, JobRequest{kJob, 0, 0}); }

    Bench bench;
    std::map<std::string, Peer*> pis;
    std::map<std::string, std::uint64_t> seq;
    Peer* ada = nullptr;
    int connections = 0;
};

TEST_F(JobStages, TheNextBatchBeginsWhenTheOneBeforeHasEndedAndThePauseIsOver) {
    EXPECT_EQ(bench.ask<SendReply>(*ada, request({.batch = 2, .pause_ms = 30'000})).targets, 3U);
    EXPECT_EQ(begun(), "pi-1 pi-2 ");
    answer("pi-1");
    pass(20'000);
    EXPECT_EQ(begun(), "pi-1 pi-2 ");
    answer("pi-2");
    pass(20'000);
    EXPECT_EQ(begun(), "pi-1 pi-2 ");
    pass(11'000);
    EXPECT_EQ(begun(), "pi-1 pi-2 pi-3 ");
    answer("pi-3");
    EXPECT_TRUE(job().ended);
    EXPECT_EQ(bench.stored(EventKind::job).size(), 2U);
    const auto end = decode<JobBody>(bench.stored(EventKind::job).back().body);
    EXPECT_TRUE(end->ended);
    EXPECT_EQ(end->ok, 3U);
}

TEST_F(JobStages, TooManyFailuresWithdrawWhatHasNotBegun) {
    (void)bench.ask<SendReply>(*ada, request({.batch = 1, .stop_failures = 1}));
    answer("pi-1", 3);
    EXPECT_EQ(begun(), "pi-1 ");
    const auto ends = results(bench);
    EXPECT_EQ(ends.at("pi-2").outcome, Outcome::cancelled);
    EXPECT_NE(ends.at("pi-3").reason.find("1 of 3 targets failed"), std::string::npos);
    EXPECT_TRUE(job().ended);
}

TEST_F(JobStages, AnExpressionAboutTheDevicesBegunStopsTheRollout) {
    (void)bench.ask<SendReply>(*ada, request({.batch = 1, .stop_when = "state=offline"}));
    bench.core->on_unreachable(pis.at("pi-3")->address, bench.now);
    answer("pi-1");
    EXPECT_EQ(begun(), "pi-1 pi-2 ") << "pi-3 is offline, but has not begun";
    bench.core->on_unreachable(pis.at("pi-1")->address, bench.now);
    answer("pi-2");
    EXPECT_EQ(results(bench).at("pi-3").outcome, Outcome::cancelled);
    EXPECT_NE(results(bench).at("pi-3").reason.find("pi-1 is state=offline"), std::string::npos);
}

TEST_F(JobStages, ARolloutGoesOnAfterTheBrokerWasKilled) {
    (void)bench.ask<SendReply>(*ada, request({.batch = 1}));
    answer("pi-1");
    EXPECT_EQ(begun(), "pi-1 pi-2 ");
    bench.start();
    for (const EventKind kind :
         {EventKind::job, EventKind::job_targets, EventKind::command, EventKind::result})
        for (std::size_t i = 0; i < bench.events.size(); ++i)
            if (const auto event = decode<Event>(bench.events[i].event); event->kind == kind)
                bench.core->restore(i + 1, *event);
    for (const char* id : {"pi-1", "pi-2", "pi-3"}) come(id);
    ada = &bench.connect(Role::operator_, "ada", "p");
    EXPECT_EQ(begun(), "pi-2 ") << "what had begun is sent again, the rest waits";
    answer("pi-2");
    EXPECT_EQ(begun(), "pi-2 pi-3 ");
    answer("pi-3");
    EXPECT_TRUE(job().ended);
    EXPECT_EQ(results(bench).size(), 3U);
}

TEST_F(JobStages, ADeviceThatIsOfflineGetsTheCommandOnceWhenItComesBack) {
    bench.core->on_unreachable(pis.at("pi-2")->address, bench.now);
    pis.erase("pi-2");
    (void)bench.ask<SendReply>(*ada, patient(24 * kHourMs));
    answer("pi-1");
    answer("pi-3");
    pass(2 * kHourMs);
    EXPECT_FALSE(job().ended);
    Peer& back = come("pi-2");
    pass(2'000);
    EXPECT_EQ(commands(back).size(), 1U);
    answer("pi-2");
    EXPECT_TRUE(job().ended);
    EXPECT_EQ(results(bench).at("pi-2").outcome, Outcome::finished);
}

TEST_F(JobStages, ADeviceThatDoesNotComeBackInTimeEndsAsOfflineAndNeverGetsIt) {
    bench.core->on_unreachable(pis.at("pi-2")->address, bench.now);
    pis.erase("pi-2");
    (void)bench.ask<SendReply>(*ada, patient(kHourMs));
    answer("pi-1");
    answer("pi-3");
    pass(kHourMs + 1'000);
    EXPECT_EQ(results(bench).at("pi-2").outcome, Outcome::offline);
    Peer& back = come("pi-2");
    pass(2'000);
    EXPECT_TRUE(commands(back).empty());
    EXPECT_TRUE(job().ended);
}

TEST_F(JobStages, CancelWithdrawsWhatWaitsAndTellsWhatRuns) {
    (void)bench.ask<SendReply>(*ada, request({.batch = 2}));
    answer("pi-1");
    const auto cancelled = bench.ask<CancelReply>(*ada, CancelRequest{kJob, "tester"});
    EXPECT_EQ(cancelled.withdrawn, 1U);
    EXPECT_EQ(cancelled.told, 1U);
    EXPECT_EQ(cancelled.ended, 1U);
    EXPECT_EQ(cancels(*pis.at("pi-2")), 1U);
    EXPECT_EQ(results(bench).at("pi-3").outcome, Outcome::cancelled);
    answer("pi-2");
    EXPECT_TRUE(job().ended);
    EXPECT_EQ(bench.stored(EventKind::job).size(), 3U) << "made, cancelled, ended";
    EXPECT_EQ(bench.ask<CancelReply>(*ada, CancelRequest{kJob, ""}).ended, 3U) << "once more changes nothing";
}

TEST_F(JobStages, ACancelledCommandIsNotSentAgainToADeviceThatComesBack) {
    (void)bench.ask<SendReply>(*ada, request({.batch = 3}));
    (void)bench.ask<CancelReply>(*ada, CancelRequest{kJob, ""});
    Peer& back = come("pi-2");
    EXPECT_TRUE(commands(back).empty());
    EXPECT_EQ(cancels(back), 1U);
    EXPECT_EQ(results(bench).at("pi-2").outcome, Outcome::cancelled);
}

TEST_F(JobStages, ACancelBeforeTheCommandIsDurableSendsNothing) {
    bench.journal_waits = true;
    bench.send(*ada, FrameType::request, Request(request({.batch = 3})));
    const Commit first = *bench.waiting_commit;
    bench.send(*ada, FrameType::request, Request(CancelRequest{kJob, ""}));
    bench.journal_waits = false;
    bench.commit(first);
    bench.perform();
    EXPECT_EQ(begun(), "");
    EXPECT_EQ(results(bench).size(), 3U);
    EXPECT_TRUE(job().ended);
}

TEST_F(JobStages, AFailedCommitLeavesTheNextBatchWaiting) {
    (void)bench.ask<SendReply>(*ada, request({.batch = 1}));
    bench.journal_waits = true;
    answer("pi-1");
    const Commit first = *bench.waiting_commit;
    bench.journal_waits = false;
    bench.commit(first);
    bench.journal_fails = true;
    bench.perform();
    EXPECT_EQ(begun(), "pi-1 ");
    bench.journal_fails = false;
    pass(5'000);
    EXPECT_EQ(begun(), "pi-1 pi-2 ");
}

TEST_F(JobStages, WhomASendWouldReachIsSaidWithoutSending) {
    bench.core->on_unreachable(pis.at("pi-2")->address, bench.now);
    const auto whom = bench.ask<TargetsReply>(*ada, TargetsRequest{"*", "lslogs"});
    ASSERT_EQ(whom.rows.size(), 3U);
    EXPECT_EQ(whom.rows[1].state, "offline");
    EXPECT_FALSE(whom.rows[1].denied);
    EXPECT_EQ(begun(), "");
    TargetsRequest skipping{"*", "lslogs"};
    skipping.offline = OfflineTargets::skip;
    EXPECT_EQ(bench.ask<TargetsReply>(*ada, skipping).total, 2U);
}

TEST_F(JobStages, WrongRolloutsAreRefused) {
    for (Rollout wrong :
         {Rollout{.batch = 0}, Rollout{.batch = 101, .batch_percent = true}, Rollout{.pause_ms = -1}})
        EXPECT_EQ(bench.ask<ErrorReply>(*ada, request(wrong)).code, ErrorCode::malformed);
    // As for a target that is no expression.
    const Rollout no_expression{.stop_when = "temp="};
    EXPECT_EQ(bench.ask<ErrorReply>(*ada, request(no_expression)).code, ErrorCode::unknown_agent);
}

}  // namespace
}  // namespace pncp::broker
