#include "cli/job_view.hpp"

#include <gtest/gtest.h>

#include "fake_world.hpp"

namespace pncp::cli {
namespace {

TEST(CliJobView, EveryTargetEndsOnceAndTheCountsAddUp) {
    JobView view(fake_job());
    EXPECT_TRUE(view.add(page(2, {command_row("pi-1"), command_row("pi-2")})).empty());
    EXPECT_FALSE(view.complete());
    const auto first =
        view.add(page(2, {output_row("pi-1", 0, "abc"), result_row("pi-1", result_body(Outcome::finished))}));
    ASSERT_EQ(first.size(), 1U);
    EXPECT_EQ(first[0].agent, "pi-1");
    EXPECT_FALSE(view.complete());
    EXPECT_EQ(view.add(page(2, {result_row("pi-2", result_body(Outcome::offline))})).size(), 1U);
    EXPECT_TRUE(view.complete());
    EXPECT_TRUE(view.close().empty());
    EXPECT_EQ(view.tally().summary(), "2 agents: 1 ok, 1 offline");
    EXPECT_EQ(view.command(), "lslogs");
    EXPECT_EQ(view.arguments(), std::vector<std::string>{"-l"});
    EXPECT_EQ(view.next(), 99U);
}

TEST(CliJobView, OutputRowsAndTailAreJoinedPerStream) {
    JobView view(fake_job());
    ResultBody body = result_body(Outcome::finished, "tail");
    body.out_bytes = 9;
    body.err = to_bytes(pncp::view("!"));
    body.err_bytes = 6;
    const auto endings =
        view.add(page(1, {output_row("pi-1", 0, "head "), output_row("pi-2", 0, "other's"),
                          output_row("pi-1", 0, "error", OutputStream::err), result_row("pi-1", body)}));
    ASSERT_EQ(endings.size(), 1U);
    EXPECT_EQ(endings[0].out.text, "head tail");
    EXPECT_EQ(endings[0].err.text, "error!");
}

TEST(CliJobView, SecondResultOfATargetIsIgnored) {
    JobView view(fake_job());
    const EventRow row = result_row("pi-1", result_body(Outcome::finished));
    EXPECT_EQ(view.add(page(2, {row, row})).size(), 1U);
    EXPECT_EQ(view.tally().total(), 1U);
    EXPECT_FALSE(view.complete());
}

TEST(CliJobView, GarbageRowsAndPagesOfAnotherJobChangeNothing) {
    JobView view(fake_job());
    EventRow garbage{1, {0xC1, 0xFF}};
    EXPECT_TRUE(view.add(page(1, {garbage, result_row("", result_body(Outcome::finished))})).empty());
    JobReply other = page(1, {result_row("pi-1", result_body(Outcome::finished))});
    other.job.fill(8);
    EXPECT_TRUE(view.add(other).empty());
    EXPECT_EQ(view.tally().total(), 0U);
}

TEST(CliJobView, TargetsWithoutAResultEndAsInterrupted) {
    JobView view(fake_job());
    static_cast<void>(view.add(page(3, {command_row("pi-1"), output_row("pi-1", 0, "half")})));
    static_cast<void>(view.add(page(3, {}, true)));
    ASSERT_TRUE(view.complete());
    const auto rest = view.close();
    ASSERT_EQ(rest.size(), 1U);
    EXPECT_EQ(rest[0].agent, "pi-1");
    EXPECT_EQ(rest[0].out.text, "half");
    EXPECT_EQ(view.tally().summary(), "3 agents: 3 interrupted");
}

TEST(CliJobView, EndedPageWithRowsIsNotTheLastOne) {
    JobView view(fake_job());
    static_cast<void>(view.add(page(2, {result_row("pi-1", result_body(Outcome::finished))}, true)));
    EXPECT_FALSE(view.complete());
}

}  // namespace
}  // namespace pncp::cli
