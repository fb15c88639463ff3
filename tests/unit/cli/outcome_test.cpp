#include "cli/outcome.hpp"

#include <gtest/gtest.h>

namespace pncp::cli {
namespace {

struct Expected {
    std::vector<Verdict> verdicts;
    ExitCode code;
};

Tally tally_of(const std::vector<Verdict>& verdicts) {
    Tally tally;
    for (const Verdict each : verdicts) tally.add(each);
    return tally;
}

TEST(CliOutcome, ExitCodesFollowTheTable) {
    const std::vector<Expected> table{
        {{}, ExitCode::no_target},
        {{Verdict::ok}, ExitCode::ok},
        {{Verdict::ok, Verdict::failed}, ExitCode::some_failed},
        {{Verdict::ok, Verdict::refused}, ExitCode::some_failed},
        {{Verdict::failed, Verdict::offline, Verdict::denied}, ExitCode::some_failed},
        {{Verdict::ok, Verdict::timeout}, ExitCode::some_unanswered},
        {{Verdict::ok, Verdict::offline}, ExitCode::some_unanswered},
        {{Verdict::interrupted}, ExitCode::some_unanswered},
        {{Verdict::cancelled}, ExitCode::some_unanswered},
        {{Verdict::unknown}, ExitCode::some_unanswered},
        {{Verdict::ok, Verdict::denied, Verdict::offline}, ExitCode::denied},
    };
    for (const Expected& each : table) {
        const Tally tally = tally_of(each.verdicts);
        EXPECT_EQ(tally.exit_code(), each.code) << tally.summary();
    }
}

TEST(CliOutcome, SummaryCountsAddUpToTheTargets) {
    Tally tally = tally_of({Verdict::ok, Verdict::offline, Verdict::ok});
    EXPECT_EQ(tally.summary(), "3 agents: 2 ok, 1 offline");
    EXPECT_EQ(tally.total(), 3U);
    EXPECT_EQ(tally_of({Verdict::failed}).summary(), "1 agent: 1 failed");
}

TEST(CliOutcome, TargetsThatHaveNotEndedCountAsUnanswered) {
    const Tally tally = tally_of({Verdict::ok, Verdict::ok});
    EXPECT_EQ(tally.summary(3), "5 agents: 2 ok, 3 not ended yet");
    EXPECT_EQ(tally.exit_code(3), ExitCode::some_unanswered);
    EXPECT_EQ(tally_of({}).exit_code(1), ExitCode::some_unanswered);
    EXPECT_EQ(tally_of({Verdict::failed}).exit_code(1), ExitCode::some_failed);
}

TEST(CliOutcome, EveryOutcomeOnTheWireHasExactlyOneVerdict) {
    const std::vector<std::pair<Outcome, std::string_view>> table{
        {Outcome::finished, "ok"},         {Outcome::timeout, "timeout"},
        {Outcome::refused, "refused"},     {Outcome::offline, "offline"},
        {Outcome::denied, "denied"},       {Outcome::interrupted, "interrupted"},
        {Outcome::cancelled, "cancelled"}, {Outcome::unknown, "unknown"},
        {Outcome::killed, "failed"},
    };
    for (const auto& [outcome, name] : table) {
        ResultBody body;
        body.outcome = outcome;
        EXPECT_EQ(verdict_name(verdict_of(body)), name);
    }
    ResultBody body;
    body.exit_code = 1;
    EXPECT_EQ(verdict_of(body), Verdict::failed);
}

}  // namespace
}  // namespace pncp::cli
