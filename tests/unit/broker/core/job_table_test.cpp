// Ended jobs are kept at hand as long as there is room for their targets.
#include "broker/core/job_table.hpp"

#include <gtest/gtest.h>

#include "schema/codec.hpp"

namespace pncp::broker {
namespace {

Id16 id_of(std::uint8_t number) { return {{number}}; }

/// A job of so many targets, all of which answer.
void run(JobTable& jobs, std::uint8_t number, std::size_t targets) {
    JobBody body;
    body.job = id_of(number);
    body.targets = targets;
    Job& job = jobs.create(body, 1, 0);
    for (std::size_t i = 0; i < targets; ++i) jobs.add_target(job, "pi-" + std::to_string(i));
    ResultBody result;
    result.outcome = Outcome::finished;
    const Bytes encoded = encode(result);
    std::uint64_t seq = 0;
    for (const auto& [agent, target] : job.targets) {
        CommittedEvent committed;
        committed.seq = ++seq;
        committed.event.kind = EventKind::result;
        committed.event.agent = agent;
        committed.event.command = target.command;
        committed.event.body = encoded;
        EXPECT_EQ(jobs.note(committed), seq == targets);
    }
}

TEST(JobTable, ForgetsEndedJobsWhoseTargetsHaveNoRoomOldestFirst) {
    JobTable jobs;
    run(jobs, 1, 10);
    run(jobs, 2, limits::kTargetsRemembered / 2);
    run(jobs, 3, limits::kTargetsRemembered / 2 - 10);
    EXPECT_NE(jobs.find(id_of(1)), nullptr);
    run(jobs, 4, 1);
    EXPECT_EQ(jobs.find(id_of(1)), nullptr);
    EXPECT_NE(jobs.find(id_of(2)), nullptr);
    run(jobs, 5, limits::kTargetsRemembered + 1);
    EXPECT_EQ(jobs.find(id_of(4)), nullptr);
    EXPECT_NE(jobs.find(id_of(5)), nullptr) << "somebody waits for its end";
    EXPECT_EQ(jobs.open_targets(), 0U);
}

}  // namespace
}  // namespace pncp::broker
