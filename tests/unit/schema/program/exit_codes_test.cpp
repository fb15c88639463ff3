#include "schema/program/exit_codes.hpp"

#include <gtest/gtest.h>

namespace pncp {
namespace {

TEST(ExitCodes, HaveTheNumbersThatScriptsRelyOn) {
    EXPECT_EQ(number(ExitCode::ok), 0);
    EXPECT_EQ(number(ExitCode::internal), 1);
    EXPECT_EQ(number(ExitCode::usage), 2);
    EXPECT_EQ(number(ExitCode::some_failed), 3);
    EXPECT_EQ(number(ExitCode::some_unanswered), 4);
    EXPECT_EQ(number(ExitCode::no_target), 5);
    EXPECT_EQ(number(ExitCode::denied), 6);
    EXPECT_EQ(number(ExitCode::broker_unreachable), 7);
    EXPECT_EQ(number(ExitCode::log_altered), 8);
    EXPECT_EQ(number(ExitCode::unavailable), 69);
    EXPECT_EQ(number(ExitCode::configuration), 78);
    EXPECT_EQ(number(ExitCode::interrupted), 130);
}

TEST(ExitCodes, EachIsExplained) {
    for (int code = 0; code < 256; ++code) {
        const bool listed = code <= 8 || code == 69 || code == 78 || code == 130;
        EXPECT_EQ(!exit_code_help(static_cast<ExitCode>(code)).empty(), listed) << code;
    }
}

}  // namespace
}  // namespace pncp
