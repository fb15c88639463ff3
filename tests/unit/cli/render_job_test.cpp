#include "cli/render_job.hpp"

#include <gtest/gtest.h>

namespace pncp::cli {
namespace {

Ending ending(Verdict verdict, std::string reason = {}) {
    Ending made;
    made.agent = "pi-1";
    made.verdict = verdict;
    made.duration_ms = 12;
    made.reason = std::move(reason);
    return made;
}

TEST(CliRenderJob, EachVerdictHasItsHeadline) {
    Ending failed = ending(Verdict::failed);
    failed.exit_code = 2;
    Ending killed = ending(Verdict::failed);
    killed.signal = 9;
    Ending unanswered = ending(Verdict::timeout, "no answer until the deadline");
    unanswered.duration_ms = 0;
    const std::vector<std::pair<Ending, std::string>> table{
        {ending(Verdict::ok), "pi-1: ok (12 ms)\n"},
        {failed, "pi-1: failed: exit code 2 (12 ms)\n"},
        {killed, "pi-1: failed: signal 9 (12 ms)\n"},
        {ending(Verdict::timeout, "killed"), "pi-1: timeout: killed (12 ms)\n"},
        {unanswered, "pi-1: timeout: no answer until the deadline\n"},
        {ending(Verdict::refused, "not in the whitelist"), "pi-1: refused: not in the whitelist\n"},
        {ending(Verdict::denied, "anna may not"), "pi-1: denied: anna may not\n"},
        {ending(Verdict::offline, "last seen 5 min ago"), "pi-1: offline: last seen 5 min ago\n"},
        {ending(Verdict::interrupted, "may have run"), "pi-1: interrupted: may have run\n"},
        {ending(Verdict::cancelled), "pi-1: cancelled\n"},
        {ending(Verdict::unknown), "pi-1: unknown\n"},
    };
    for (const auto& [made, text] : table) EXPECT_EQ(render_ending(made, Style{}, 0), text);
}

TEST(CliRenderJob, OutputFollowsAndStderrIsMarked) {
    Ending made = ending(Verdict::ok);
    made.out.text = "one\ntwo";
    made.err.text = "bad\n\nworse\n";
    EXPECT_EQ(render_ending(made, Style{}, 0),
              "pi-1: ok (12 ms)\none\ntwo\nstderr: bad\nstderr: \nstderr: worse\n");
}

TEST(CliRenderJob, MissingAndCutOutputIsSaid) {
    Ending made = ending(Verdict::ok);
    made.out.text = "headtail";
    made.out.missing = {{4, 100}, {8, 7}};
    made.truncated = true;
    EXPECT_EQ(render_ending(made, Style{}, 0),
              "pi-1: ok (12 ms)\nhead\n[100 bytes of stdout are missing here]\ntail\n"
              "[7 bytes of stdout are missing here]\n[the device cut the output here, at its cap]\n");
}

TEST(CliRenderJob, TerminalGetsHarmlessTextAndAPipeTheBytes) {
    Ending made = ending(Verdict::ok, "\033[31m");
    made.out.text = "\033[2Jx\tü\n";
    const std::string shown = render_ending(made, Style{.colour = false, .neutralise = true}, 0);
    EXPECT_EQ(shown, "pi-1: ok: \\x1b[31m (12 ms)\n\\x1b[2Jx\tü\n");
    const std::string piped = render_ending(made, Style{}, 0);
    EXPECT_EQ(piped, "pi-1: ok: \\x1b[31m (12 ms)\n\033[2Jx\tü\n");
}

TEST(CliRenderJob, WhoLeavesLearnsHowToComeBack) {
    const std::string text = render_interrupted(Id16{});
    EXPECT_NE(text.find("pncp-cli job 00000000000000000000000000000000"), std::string::npos);
}

}  // namespace
}  // namespace pncp::cli
