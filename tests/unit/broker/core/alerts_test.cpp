// Alerts: when they begin and end, and what the broker does about them.
#include "broker/core/alerts.hpp"

#include "tests/unit/broker/core/bench.hpp"

namespace pncp::broker {
namespace {

using Kind = Condition::Kind;
constexpr std::int64_t kSecond = 1'000;

MetricsBody temperature(double celsius) { return {{{"temp", {}, {{"temp", celsius}}}}}; }
AlertRule hot(std::int64_t for_ms = 0) {
    AlertRule rule{"hot", "temp > 80", {Kind::above, "temp", "temp", 80}, std::nullopt};
    rule.condition.for_ms = for_ms;
    return rule;
}
AlertRule away() {
    AlertRule rule{"away", "offline > 2m", {}, std::nullopt};
    rule.condition.kind = Kind::offline;
    rule.condition.for_ms = 120 * kSecond;
    return rule;
}
const std::vector<std::string> kNoTags;
TargetFacts pi(std::string_view id = "pi-1", const std::vector<std::string>& tags = kNoTags) {
    TargetFacts facts;
    facts.id = id;
    facts.tags = &tags;
    return facts;
}

TEST(Alerts, BeginOnceWhenTheConditionHasHeldLongEnough) {
    Alerts alerts({hot(60 * kSecond)}, 0);
    EXPECT_TRUE(alerts.on_sample(pi(), temperature(85), 10 * kSecond).empty());
    EXPECT_TRUE(alerts.on_sample(pi(), temperature(79), 20 * kSecond).empty());
    EXPECT_TRUE(alerts.on_sample(pi(), temperature(85), 30 * kSecond).empty()) << "it counts anew";
    EXPECT_TRUE(alerts.on_sample(pi(), temperature(85), 89 * kSecond).empty());
    const auto begun = alerts.on_sample(pi(), temperature(86.5), 90 * kSecond);
    ASSERT_EQ(begun.size(), 1U);
    EXPECT_EQ(begun[0], (AlertBody{"hot", "pi-1", true, "temp > 80", "temp 86.5"}));
    EXPECT_TRUE(alerts.on_sample(pi(), temperature(90), 100 * kSecond).empty());
    EXPECT_EQ(alerts.active(), 1U);
}

TEST(Alerts, OneThatFluttersIsOneAlert) {
    Alerts alerts({hot()}, 0);
    std::size_t changes = alerts.on_sample(pi(), temperature(81), 0).size();
    for (int i = 1; i < 100; ++i)
        changes += alerts.on_sample(pi(), temperature(i % 2 == 0 ? 81 : 79), i * 10 * kSecond).size();
    EXPECT_EQ(changes, 1U);
    EXPECT_TRUE(alerts.on_sample(pi(), temperature(70), 1'000 * kSecond).empty());
    const auto over = alerts.on_sample(pi(), temperature(70), 1'060 * kSecond);
    ASSERT_EQ(over.size(), 1U);
    EXPECT_FALSE(over[0].active);
    EXPECT_EQ(alerts.active(), 0U);
}

TEST(Alerts, AClearConditionMakesABand) {
    AlertRule rule = hot();
    rule.clear = Condition{Kind::below, "temp", "temp", 70};
    Alerts alerts({rule}, 0);
    EXPECT_EQ(alerts.on_sample(pi(), temperature(81), 0).size(), 1U);
    EXPECT_TRUE(alerts.on_sample(pi(), temperature(75), 3'600 * kSecond).empty());
    EXPECT_EQ(alerts.on_sample(pi(), temperature(69), 3'610 * kSecond).size(), 1U);
}

TEST(Alerts, TheWorstPointCountsAndAMissingFieldSaysNothing) {
    const Condition little{Kind::below, "disk", "used_percent", 10, true};
    const MetricsBody disks{{{"disk", {{"path", "/"}}, {{"used_percent", 40.0}}},
                             {"disk", {{"path", "/data"}}, {{"used_percent", 93.5}}}}};
    const auto found = find(little, disks);
    ASSERT_TRUE(found);
    EXPECT_TRUE(found->holds);
    EXPECT_EQ(found->value, "disk_free 6.5%");
    EXPECT_FALSE(find(little, temperature(20)));
    const Condition flag{Kind::flag, "pi_throttled", "under_voltage"};
    EXPECT_TRUE(find(flag, {{{"pi_throttled", {}, {{"under_voltage", true}}}}})->holds);
    EXPECT_FALSE(find(flag, {{{"pi_throttled", {}, {{"under_voltage", false}}}}})->holds);
    EXPECT_FALSE(find(flag, {{{"pi_throttled", {}, {{"under_voltage", std::string("yes")}}}}}));
}

TEST(Alerts, NobodyIsCalledOfflineForTheTimeBeforeTheBrokerBegan) {
    Alerts alerts({away()}, 1'000 * kSecond);
    EXPECT_TRUE(alerts.on_presence(pi(), 900 * kSecond, 1'060 * kSecond).empty());
    EXPECT_EQ(alerts.on_presence(pi(), 1'021 * kSecond, 1'121 * kSecond).size(), 1U);
    const auto back = alerts.on_presence(pi(), 0, 1'130 * kSecond);
    ASSERT_EQ(back.size(), 1U);
    EXPECT_FALSE(back[0].active);
}

TEST(Alerts, WhatWasActiveBeforeARestartBeginsNoSecondTime) {
    Alerts alerts({away()}, 0);
    alerts.restore({"away", "pi-1", true, "offline > 2m", ""});
    alerts.restore({"away", "pi-2", true, "offline > 2m", ""});
    alerts.restore({"away", "pi-2", false, "offline > 2m", ""});
    EXPECT_EQ(alerts.active(), 1U);
    EXPECT_TRUE(alerts.on_presence(pi(), 300 * kSecond, 300 * kSecond).empty());
    EXPECT_EQ(alerts.on_presence(pi("pi-2"), 300 * kSecond, 300 * kSecond).size(), 1U);
}

TEST(Alerts, ARuleThatIsGoneOrChangedEndsItsAlerts) {
    Alerts alerts({hot(), away()}, 0);
    (void)alerts.on_sample(pi(), temperature(90), 0);
    (void)alerts.on_presence(pi("pi-2"), 300 * kSecond, 300 * kSecond);
    AlertRule hotter = hot();
    hotter.when = "temp > 95";
    EXPECT_EQ(alerts.replace({hotter, away()}).size(), 1U);
    EXPECT_EQ(alerts.replace({}).size(), 1U);
    EXPECT_EQ(alerts.active(), 0U);
    EXPECT_TRUE(alerts.none());
}

TEST(Alerts, ARuleWatchesOnlyTheAgentsItNames) {
    AlertRule rule = hot();
    rule.agents = "site=roof";
    Alerts alerts({rule}, 0);
    EXPECT_TRUE(alerts.on_sample(pi(), temperature(90), 0).empty());
    const std::vector<std::string> roof{"site=roof"};
    EXPECT_EQ(alerts.on_sample(pi("pi-2", roof), temperature(90), 0).size(), 1U);
}

// --- in the broker

std::vector<AlertBody> stored_alerts(const Bench& bench) {
    std::vector<AlertBody> found;
    for (const Event& event : bench.stored(EventKind::alert)) found.push_back(*decode<AlertBody>(event.body));
    return found;
}
Batch sample(const Bench& bench, const Peer& peer, std::uint64_t seq, double celsius) {
    Row row = Bench::metrics_row(seq);
    row.wall_us = bench.now.wall_us;
    row.clock_synced = true;
    row.body = encode(temperature(celsius));
    return Bench::batch(peer, seq - 1, {row});
}

TEST(AlertsOfTheBroker, AreEventsAndSendTheirCommandOnce) {
    Bench bench;
    AlertRule rule = hot();
    rule.send = {"lslogs", "-l"};
    bench.options.alerts = {rule};
    bench.start();
    Peer& pi_1 = bench.connect(Role::agent, "pi-1", "a");
    bench.send(pi_1, FrameType::batch, sample(bench, pi_1, 1, 85));
    bench.send(pi_1, FrameType::batch, sample(bench, pi_1, 2, 86));
    ASSERT_EQ(stored_alerts(bench).size(), 1U);
    EXPECT_EQ(bench.stored(EventKind::alert)[0].topic, "alert/hot/");
    std::vector<Command> sent;
    for (const auto& [type, payload] : pi_1.inbox)
        if (type == FrameType::command) sent.push_back(*decode<Command>(payload));
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(sent[0].arguments, std::vector<std::string>{"-l"});
    EXPECT_EQ(decode<JobBody>(bench.stored(EventKind::job)[0].body)->operator_id, "_alert");
}

TEST(AlertsOfTheBroker, ADelayedSampleSaysNothingAboutNow) {
    Bench bench;
    bench.options.alerts = {hot()};
    bench.start();
    Peer& pi_1 = bench.connect(Role::agent, "pi-1", "a");
    Batch late = sample(bench, pi_1, 1, 85);
    late.rows[0].wall_us -= 3'600'000'000;
    bench.send(pi_1, FrameType::batch, late);
    EXPECT_TRUE(stored_alerts(bench).empty());
}

TEST(AlertsOfTheBroker, AnAgentThatStaysAwayIsOneAlertUntilItIsBack) {
    Bench bench;
    bench.options.alerts = {away()};
    bench.start();
    bench.core->on_unreachable(bench.connect(Role::agent, "pi-1", "a").address, bench.now);
    for (int i = 0; i < 60; ++i) bench.pass(5'000);
    ASSERT_EQ(stored_alerts(bench).size(), 1U) << "agents that never came are not gone";
    EXPECT_TRUE(stored_alerts(bench)[0].active);
    Peer& back = bench.connect(Role::agent, "pi-1", "b");
    for (int i = 0; i < 2; ++i) {
        bench.pass(5'000);
        bench.send(back, FrameType::heartbeat, Heartbeat{});
    }
    ASSERT_EQ(stored_alerts(bench).size(), 2U);
    EXPECT_FALSE(stored_alerts(bench)[1].active);
}

TEST(AlertsOfTheBroker, ARevokedAgentsAlertEnds) {
    Bench bench;
    bench.options.alerts = {hot()};
    bench.start();
    Peer& pi_1 = bench.connect(Role::agent, "pi-1", "a");
    bench.send(pi_1, FrameType::batch, sample(bench, pi_1, 1, 85));
    Peer& local = bench.connect(Role::operator_, "local", "l");
    bench.send(local, FrameType::request, Request(KeyRevokeRequest{"pi-1", Role::agent}));
    bench.pass(6'000);
    ASSERT_EQ(stored_alerts(bench).size(), 2U);
    EXPECT_EQ(stored_alerts(bench)[1].value, "the agent is not enrolled any more");
}

}  // namespace
}  // namespace pncp::broker
