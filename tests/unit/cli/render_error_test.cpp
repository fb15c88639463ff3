#include "cli/render_error.hpp"

#include <gtest/gtest.h>

namespace pncp::cli {
namespace {

TEST(CliRenderError, UnknownCommandNamesTheKnownOnes) {
    const ErrorReply reply{
        ErrorCode::unknown_command, "no agent offers lslog", "see pncp-cli commands", {"lslogs", "disk"}};
    EXPECT_EQ(render_error(reply),
              "pncp-cli: no agent offers lslog\n  known commands, nearest first: lslogs, disk\n  see "
              "pncp-cli commands\n");
}

TEST(CliRenderError, TextOfTheBrokerIsEscaped) {
    const ErrorReply reply{ErrorCode::denied, "no\033[2J\n", {}, {}};
    EXPECT_EQ(render_error(reply), "pncp-cli: no\\x1b[2J\\n\n");
}

TEST(CliRenderError, ExitCodesFollowTheTable) {
    const std::vector<std::pair<ErrorCode, int>> table{
        {ErrorCode::malformed, 1},   {ErrorCode::unknown_command, 2}, {ErrorCode::unknown_agent, 2},
        {ErrorCode::no_target, 5},   {ErrorCode::denied, 6},          {ErrorCode::unknown_job, 2},
        {ErrorCode::overload, 1},    {ErrorCode::journal, 1},         {ErrorCode::exists, 2},
        {ErrorCode::unknown_peer, 2}};
    for (const auto& [code, exit] : table) EXPECT_EQ(number(error_exit_code(code)), exit);
}

}  // namespace
}  // namespace pncp::cli
