// An agent with a disk spool over several runs: each is killed or stopped, and the next hands over what it
// left. The fake broker takes rows by the protocol's rule.
#include <gtest/gtest.h>

#include <memory>

#include "tests/unit/agent/core/bench.hpp"

namespace pncp::agent {
namespace {

using testing::Bench;
using testing::FakeDisk;

struct AgentDisk : ::testing::Test {
    FakeDisk disk;
    std::uint8_t runs = 0;

    /// Another run of the same agent: the broker goes on where it was.
    std::unique_ptr<Bench> run(const Bench* before = nullptr) {
        AgentConfig config = testing::test_config({});
        config.spool = Id16{++runs};
        config.disk = DiskSpool{8 * 1024 * 1024, 60'000};
        config.formers = disk.begin(config.spool, config.boot_id);
        auto bench = std::make_unique<Bench>(config);
        bench->disk = &disk;
        bench->reachable = false;
        if (before != nullptr) {
            bench->broker.heads = before->broker.heads;
            bench->now = before->now;
        }
        bench->start();
        return bench;
    }
    static void let_in(Bench& bench) {
        bench.reachable = true;
        bench.pass(60'000);
    }
};

TEST_F(AgentDisk, AtRestNothingIsWritten) {
    auto bench = run();
    let_in(*bench);
    bench->pass(3'600'000);
    EXPECT_EQ(disk.writes, 0U);
    EXPECT_EQ(disk.segments(), 0U);
}

TEST_F(AgentDisk, AKilledRunIsHandedOverUnderItsOwnIdBeforeTheNextBegins) {
    auto first = run();
    first->pass(600'000);
    ASSERT_GT(disk.writes, 0U);
    auto second = run(first.get());
    EXPECT_EQ(second->core.formers(), 1U);
    let_in(*second);
    EXPECT_EQ(second->core.formers(), 0U);
    ASSERT_GE(second->broker.hellos.size(), 2U);
    EXPECT_EQ(second->broker.hellos[0].spool, Id16{1});
    EXPECT_EQ(second->broker.hellos[1].spool, Id16{2});
    EXPECT_TRUE(second->broker.byes.empty())
        << "what was only in memory is lost, and the broker is to say so";
    EXPECT_GE(second->broker.heads[Id16{1}].metrics, 54U);
    EXPECT_EQ(disk.spools.size(), 1U) << "the former one is forgotten";
    EXPECT_EQ(second->opened_ms.size(), second->closed + 1) << "no new connection for the change";
}

TEST_F(AgentDisk, ACleanStopLosesNothingAndSaysSo) {
    auto first = run();
    first->pass(200'000);
    first->perform(first->core.stop(first->now, "stopped by a test"));
    first->pass(5'000);
    ASSERT_TRUE(first->core.stopped());
    const StreamHeads made = first->core.spool().heads();
    ASSERT_GT(made.metrics, 15U);
    auto second = run(first.get());
    let_in(*second);
    EXPECT_EQ(second->broker.heads[Id16{1}], made);
    ASSERT_EQ(second->broker.byes.size(), 1U);
    EXPECT_TRUE(second->broker.byes[0].all_acknowledged);
}

TEST_F(AgentDisk, SeveralRunsWithoutABrokerAreHandedOverInOrder) {
    std::unique_ptr<Bench> last;
    for (int i = 0; i < 5; ++i) {
        last = run(last.get());
        last->pass(300'000);
    }
    let_in(*last);
    std::vector<Id16> order;
    for (const Hello& hello : last->broker.hellos)
        if (order.empty() || order.back() != hello.spool) order.push_back(hello.spool);
    EXPECT_EQ(order, (std::vector<Id16>{Id16{1}, Id16{2}, Id16{3}, Id16{4}, Id16{5}}));
    EXPECT_EQ(last->core.formers(), 0U);
    EXPECT_EQ(disk.spools.size(), 1U);
}

TEST_F(AgentDisk, ACommandForAFormerSpoolIsNotRunAndNotAnswered) {
    auto first = run();
    first->pass(600'000);
    auto second = run(first.get());
    second->broker.acknowledge = false;  // keeps the former session going
    let_in(*second);
    ASSERT_EQ(second->core.formers(), 1U);
    second->perform(
        second->core.on_frame(second->broker.command(testing::id16(5), Id16{1}, "hostname"), second->now));
    EXPECT_TRUE(second->runs.empty());
    EXPECT_TRUE(second->broker.command_acks.empty());
}

TEST_F(AgentDisk, AKillBeforeTheEndOfTheHandOverBeginsItAgain) {
    auto first = run();
    first->pass(600'000);
    auto second = run(first.get());
    second->broker.acknowledge = false;
    let_in(*second);
    ASSERT_EQ(second->core.formers(), 1U);
    second->pass(120'000);
    auto third = run(second.get());
    let_in(*third);
    EXPECT_EQ(third->core.formers(), 0U);
    ASSERT_FALSE(third->broker.rows.empty());
    EXPECT_EQ(third->broker.rows.front().seq, second->broker.heads[Id16{1}].metrics + 1);
    EXPECT_EQ(disk.spools.size(), 1U);
}

TEST_F(AgentDisk, AFullDiskIsToldOnceAndTheAgentGoesOn) {
    auto bench = run();
    disk.bytes_max = 0;
    bench->pass(3'600'000);
    EXPECT_EQ(bench->logged("can't be written"), 1U);
    disk.bytes_max = 1'000'000;
    bench->pass(120'000);
    EXPECT_EQ(bench->logged("can be written to its folder again"), 1U);
    bench->perform(bench->core.stop(bench->now, "stopped by a test"));
    bench->pass(5'000);
    EXPECT_TRUE(bench->core.stopped());
}

TEST_F(AgentDisk, AStopOnAFullDiskEnds) {
    auto bench = run();
    disk.bytes_max = 0;
    bench->pass(30'000);
    bench->perform(bench->core.stop(bench->now, "stopped by a test"));
    bench->pass(5'000);
    EXPECT_TRUE(bench->core.stopped());
    EXPECT_FALSE(FakeDisk::look_at(disk.spools.back()).clean);
}

TEST_F(AgentDisk, TheDiskStaysWithinItsBoundForAWeekAndMemoryToo) {
    auto bench = run();
    bench->pass(7LL * 24 * 3'600'000);
    EXPECT_LE(disk.size(), 8U * 1024 * 1024);
    EXPECT_LE(bench->core.spool().bytes(), 64U * 1024);
    let_in(*bench);
    bench->pass(60'000);
    EXPECT_TRUE(bench->core.spool().empty());
    EXPECT_EQ(disk.segments(), 0U);
}

}  // namespace
}  // namespace pncp::agent
