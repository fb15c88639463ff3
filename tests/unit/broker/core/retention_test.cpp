// Consumers that hold events back, room in the journal, events that could not be kept, and the broker's own
// numbers.
#include "tests/unit/broker/core/bench.hpp"

namespace pncp::broker {
namespace {

constexpr std::int64_t kDayMs = 24LL * 3'600'000;

journal::StoreState state_with_room(std::uint64_t bytes) {
    journal::StoreState state;
    state.metrics_room_bytes = bytes;
    return state;
}

std::string value_of(const StatusReply& status, const std::string& name) {
    for (const StatusRow& row : status.rows)
        if (row.name == name) return row.value;
    return "(none)";
}

bool said(const Bench& bench, const std::string& part) {
    return std::any_of(bench.lines.begin(), bench.lines.end(),
                       [&](const std::string& line) { return line.find(part) != std::string::npos; });
}

Batch results_batch(const Peer& peer, std::uint64_t seq) {
    const Row row{Stream::results,
                  seq,
                  RowKind::gap,
                  1,
                  0,
                  false,
                  encode(GapBody{peer.spool, Stream::metrics, 1, 2, "spool full"})};
    return {peer.spool, "boot", 1, {0, seq - 1}, {row}};
}

/// A bench with a durable consumer "bridge" at `cursor`.
struct Consuming : Bench {
    explicit Consuming(std::uint64_t cursor) {
        pi = &connect(Role::agent, "pi-1", "a");
        for (std::uint64_t i = 1; i <= 20; ++i) {
            send(*pi, FrameType::batch, batch(*pi, i - 1, {metrics_row(i)}));
            pass(200);
        }
        bridge = &connect(Role::subscriber, "bridge", "s");
        EXPECT_EQ(ask<CursorReply>(*bridge, CursorRequest{recovered.journal, cursor}).sequence, cursor);
    }
    Peer* pi;
    Peer* bridge;
};

TEST(RetentionRule, ADurableConsumerHoldsBackWhatItHasNotPassed) {
    Consuming bench(7);
    EXPECT_EQ(bench.core->retention(bench.now).passed, 7U);
    (void)bench.ask<CursorReply>(*bench.bridge, CursorRequest{bench.recovered.journal, 9});
    EXPECT_EQ(bench.core->retention(bench.now).passed, 9U);
}

TEST(RetentionRule, ASubscriberWithoutACursorHoldsNothingBack) {
    Bench bench;
    Peer& bridge = bench.connect(Role::subscriber, "bridge", "s");
    (void)bench.ask<FetchReply>(bridge, FetchRequest{0, "", 10});
    EXPECT_EQ(bench.core->retention(bench.now).passed, bench.recovered.head);
}

TEST(RetentionRule, AConsumerThatIsSilentForTooLongIsForgottenUntilItIsBack) {
    Consuming bench(7);
    bench.pass(29 * kDayMs);
    EXPECT_EQ(bench.core->retention(bench.now).passed, 7U);
    (void)bench.core->retention(bench.now);
    bench.pass(2 * kDayMs);
    EXPECT_EQ(bench.core->retention(bench.now).passed, bench.recovered.head);
    bench.perform();
    EXPECT_TRUE(said(bench, "keeps no events for consumer bridge any more: it has been silent"));
    Peer& again = bench.connect(Role::subscriber, "bridge", "s2");
    (void)bench.ask<CursorReply>(again, CursorRequest{bench.recovered.journal, 8});
    EXPECT_EQ(bench.core->retention(bench.now).passed, 8U);
}

TEST(RetentionRule, AClockThatJumpsForgetsNobody) {
    Consuming bench(7);
    bench.now.wall_us += 400 * kDayMs * 1000;
    EXPECT_EQ(bench.core->retention(bench.now).passed, 7U);
    bench.recovered.cursors = {{"bridge", 7, bench.now.wall_us - 400 * kDayMs * 1000, false}};
    bench.start();
    EXPECT_EQ(bench.core->retention(bench.now).passed, 7U) << "after a start it has an hour to be heard";
    bench.pass(2 * 3'600'000);
    EXPECT_EQ(bench.core->retention(bench.now).passed, bench.recovered.head);
}

TEST(RetentionRule, ARevokedConsumerHoldsNothingBack) {
    Consuming bench(7);
    Peer& local = bench.connect(Role::operator_, "local", "op");
    (void)bench.ask<DoneReply>(local, KeyRevokeRequest{"bridge", Role::subscriber});
    EXPECT_EQ(bench.core->retention(bench.now).passed, bench.recovered.head);
}

TEST(RetentionRule, AnOpenJobKeepsItsEvents) {
    Bench bench;
    Peer& pi = bench.connect(Role::agent, "pi-1", "a");
    Peer& local = bench.connect(Role::operator_, "local", "op");
    const std::uint64_t before = bench.recovered.head;
    (void)bench.ask<SendReply>(local, SendRequest{{{5}}, "pi-1", "lslogs", {}, 1'000, ""});
    bench.send(pi, FrameType::batch, Bench::batch(pi, 0, {Bench::metrics_row(1)}));
    EXPECT_LE(bench.core->retention(bench.now).passed, before + 1);
    EXPECT_GE(bench.core->retention(bench.now).passed, before);
}

TEST(StoredCursor, BeyondTheHeadItIsSetBackAndSaid) {
    Bench bench;
    bench.recovered.cursors = {{"bridge", bench.recovered.head + 50, bench.now.wall_us, false}};
    bench.start();
    EXPECT_EQ(bench.core->retention(bench.now).passed, bench.recovered.head);
    EXPECT_TRUE(said(bench, "the stored cursor of consumer bridge lay beyond the journal's head"));
}

TEST(LostTail, APeerThatHasReadFurtherThanTheJournalEndsIsSaidOnce) {
    Bench bench;
    Peer& bridge = bench.connect(Role::subscriber, "bridge", "s");
    const std::uint64_t beyond = bench.recovered.head + 100;
    (void)bench.ask<FetchReply>(bridge, FetchRequest{beyond, "", 10});
    (void)bench.ask<ErrorReply>(bridge, CursorRequest{bench.recovered.journal, beyond});
    EXPECT_EQ(std::count_if(
                  bench.lines.begin(), bench.lines.end(),
                  [](const std::string& line) { return line.find("lost its tail") != std::string::npos; }),
              1);
    EXPECT_EQ(value_of(bench.ask<StatusReply>(bridge, StatusRequest{}), "journal.lost_tail"),
              std::to_string(beyond));
}

TEST(BackPressure, WithoutRoomMetricsStayWithTheAgentAndEverythingElseGoesOn) {
    Bench bench;
    Peer& pi = bench.connect(Role::agent, "pi-1", "a");
    bench.core->on_store_state(state_with_room(0), bench.now);
    bench.send(pi, FrameType::batch, Bench::batch(pi, 0, {Bench::metrics_row(1)}));
    bench.pass(200);
    EXPECT_TRUE(bench.stored(EventKind::metrics).empty());
    EXPECT_TRUE(pi.inbox.empty()) << "no ACK, and no refusal";
    bench.send(pi, FrameType::batch, results_batch(pi, 1));
    EXPECT_EQ(bench.stored(EventKind::gap).size(), 1U);
    Peer& local = bench.connect(Role::operator_, "local", "op");
    EXPECT_EQ(bench.ask<SendReply>(local, SendRequest{{{5}}, "pi-1", "lslogs", {}, 1'000, ""}).targets, 1U);
    EXPECT_TRUE(said(bench, "no room for metrics"));

    bench.core->on_store_state(state_with_room(journal::StoreState::kUnlimited), bench.now);
    bench.send(pi, FrameType::batch, Bench::batch(pi, 0, {Bench::metrics_row(1)}));
    bench.pass(200);
    EXPECT_EQ(bench.stored(EventKind::metrics).size(), 1U);
    EXPECT_TRUE(said(bench, "takes metrics again"));
    EXPECT_EQ(value_of(bench.ask<StatusReply>(local, StatusRequest{}), "batches.held_back"), "1");
}

TEST(BackPressure, NoMoreIsTakenInThanThereIsRoomFor) {
    Bench bench;
    Peer& pi = bench.connect(Role::agent, "pi-1", "a");
    bench.core->on_store_state(state_with_room(1'000), bench.now);
    bench.journal_waits = true;
    for (std::uint64_t i = 1; i <= 50; ++i)
        bench.send(pi, FrameType::batch, Bench::batch(pi, i - 1, {Bench::metrics_row(i)}));
    EXPECT_LT(bench.core->waiting_rows(), 10U);
}

TEST(BackPressure, AGroupThatFindsNoRoomGivesUpItsMetricsOnly) {
    Bench bench;
    Peer& pi = bench.connect(Role::agent, "pi-1", "a");
    Peer& local = bench.connect(Role::operator_, "local", "op");
    bench.journal_waits = true;
    bench.send(pi, FrameType::batch, Bench::batch(pi, 0, {Bench::metrics_row(1)}));
    bench.send(local, FrameType::request, Request(SendRequest{{{5}}, "pi-1", "lslogs", {}, 1'000, ""}));
    ASSERT_TRUE(bench.waiting_commit);
    bench.journal_waits = false;
    const auto token = std::exchange(bench.waiting_commit, std::nullopt)->token;
    bench.core->on_committed(token, Error{"disk full", ""}, bench.now, true);
    bench.perform();
    EXPECT_EQ(bench.last_reply<SendReply>(local).targets, 1U) << "at once, without the metrics";
    EXPECT_TRUE(bench.stored(EventKind::metrics).empty());
    EXPECT_EQ(bench.recovered.jobs.size(), 1U);
    bench.send(pi, FrameType::batch, Bench::batch(pi, 0, {Bench::metrics_row(1)}));
    bench.pass(200);
    EXPECT_EQ(bench.stored(EventKind::metrics).size(), 1U) << "the agent sends it again";
}

TEST(OwnEvents, ThoseThatCouldNotWaitAreDeclared) {
    EventLog log(MasterSecret{nonce(77)}, Bench().recovered, 1);
    const Now now{1'000, 1'000'000};
    Actions actions;
    const auto event = [] {
        NewEvent one;
        one.event_class = EventClass::security;
        one.kind = EventKind::security;
        one.name = "tag";
        return one;
    };
    for (std::size_t i = 0; i < limits::kJournalQueueRows + 700; ++i) log.append(event(), now);
    EXPECT_EQ(log.not_kept(), 700U);
    for (int i = 0; i < 2; ++i) {
        actions.clear();
        log.flush(now, actions);
        ASSERT_EQ(actions.size(), 1U);
        const auto commit = std::get<Commit>(actions[0]);
        actions.clear();
        (void)log.committed(commit.token, Done{}, now, actions);
        if (i == 0) continue;
        ASSERT_EQ(commit.group->events.size(), 1U);
        const auto gap = decode<Event>(commit.group->events[0].event);
        ASSERT_TRUE(gap);
        EXPECT_EQ(gap->topic, "event/_broker/");
        const auto body = decode<GapBody>(gap->body);
        ASSERT_TRUE(body);
        EXPECT_EQ(body->last, 700U);
        EXPECT_NE(body->reason.find("security: 700"), std::string::npos) << body->reason;
    }
}

TEST(OwnNumbers, StatusTellsOfEveryConsumerAndOfGapsByReason) {
    Consuming bench(7);
    bench.send(*bench.pi, FrameType::batch, results_batch(*bench.pi, 1));
    const auto status = bench.ask<StatusReply>(*bench.bridge, StatusRequest{});
    EXPECT_EQ(value_of(status, "cursor.bridge"), "7");
    EXPECT_EQ(value_of(status, "lag.bridge"), std::to_string(bench.recovered.head - 7));
    EXPECT_EQ(value_of(status, "silent_s.bridge"), "0");
    EXPECT_EQ(value_of(status, "holds.bridge"), "yes");
    EXPECT_EQ(value_of(status, "gaps"), "1");
    EXPECT_EQ(value_of(status, "gaps.spool full"), "1");
    EXPECT_EQ(value_of(status, "rows.metrics"), "20");
    EXPECT_EQ(value_of(status, "journal.takes_metrics"), "yes");
    EXPECT_EQ(value_of(status, "journal.head"), std::to_string(bench.recovered.head));
}

TEST(OwnNumbers, BecomeAMetricsEventThatNoAgentCanForge) {
    Bench bench;
    bench.options.self_metrics_ms = 10'000;
    bench.options.host = "controller";
    bench.start();
    bench.pass(9'000);
    EXPECT_TRUE(bench.stored(EventKind::metrics).empty());
    bench.pass(2'000);
    bench.pass(200);
    const auto events = bench.stored(EventKind::metrics);
    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(events[0].topic, "metrics/_broker/");
    EXPECT_EQ(events[0].agent, "");
    EXPECT_FALSE(valid_id(kBrokersOwn));
    const auto body = decode<MetricsBody>(events[0].body);
    ASSERT_TRUE(body);
    EXPECT_EQ(body->points.at(0).measurement, "pncp");
    EXPECT_EQ(body->points[0].tags.at(0).second, "controller");
    const auto& fields = body->points[0].fields;
    EXPECT_TRUE(std::any_of(fields.begin(), fields.end(),
                            [](const auto& field) { return field.first == "journal_head"; }));
}

TEST(Consumers, SayHowTheyFareAndThatIsShownCutToASentence) {
    Bench bench;
    Peer& bridge = bench.connect(Role::subscriber, "bridge", "s");
    const Id16 journal = bench.recovered.journal;
    const auto shown = [&](const std::string& name) {
        for (const StatusRow& row : bench.ask<StatusReply>(bridge, StatusRequest{}).rows)
            if (row.name == name) return row.value;
        return std::string("absent");
    };
    (void)bench.ask<CursorReply>(bridge, CursorRequest{journal, 0});
    EXPECT_EQ(shown("error.bridge"), "absent");
    (void)bench.ask<CursorReply>(bridge, CursorRequest{journal, 0, std::string(5'000, 'x'), 7});
    EXPECT_EQ(shown("error.bridge"), std::string(200, 'x'));
    EXPECT_EQ(shown("dead_letters.bridge"), "7");
    (void)bench.ask<CursorReply>(bridge, CursorRequest{journal, 0, "", 7});
    EXPECT_EQ(shown("error.bridge"), "");
}

TEST(Polls, OfAJobWhoseEventsWereDeletedEnd) {
    Bench bench;
    Peer& local = bench.connect(Role::operator_, "local", "op");
    (void)bench.ask<SendReply>(local, SendRequest{{{5}}, "*", "lslogs", {}, 1'000, ""});
    bench.rows_deleted = true;
    auto reply = bench.ask<JobReply>(local, JobRequest{{{5}}, 0, 0});
    EXPECT_EQ(reply.rows.size(), 3U) << "in memory for a while";
    Peer& pi = bench.connect(Role::agent, "pi-1", "a");
    const Bytes output = encode(OutputBody{{}, OutputStream::out, 0, Bytes(limits::kOutputRowBytes)});
    for (std::uint64_t seq = 1; seq <= RecentEvents::kMostBytes / output.size(); ++seq) {
        Row row;
        row.stream = Stream::results;
        row.seq = seq;
        row.kind = RowKind::output;
        row.body = output;
        Batch batch = Bench::batch(pi, 0, {std::move(row)});
        batch.after = {0, seq - 1};
        bench.send(pi, FrameType::batch, batch);
    }
    reply = bench.ask<JobReply>(local, JobRequest{{{5}}, 0, 0});
    EXPECT_TRUE(reply.rows.empty());
    EXPECT_TRUE(reply.ended);
}

}  // namespace
}  // namespace pncp::broker
