#include "schema/program/setting.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace pncp {
namespace {

std::string problem(const Setting& setting, std::string_view text) {
    const Status fine = check_text(setting, text);
    return fine ? "" : fine.error().message;
}

TEST(Setting, FlagAndVariableDeriveFromTheKey) {
    const Setting setting{.key = "influx.retention_policy"};
    EXPECT_EQ(flag_name(setting), "influx-retention-policy");
    EXPECT_EQ(variable_name(setting), "PNCP_INFLUX_RETENTION_POLICY");
}

TEST(Setting, BoundsAreInclusiveAndSaid) {
    const Setting count{.key = "count", .kind = Kind::integer, .min = 1, .max = 10};
    EXPECT_EQ(problem(count, "1"), "");
    EXPECT_EQ(problem(count, "10"), "");
    EXPECT_EQ(problem(count, "0"), "must be from 1 to 10");
    const Setting wait{.key = "wait", .kind = Kind::duration, .min = 1000};
    EXPECT_EQ(problem(wait, "999ms"), "must be at least 1000 ms");
    const Setting size{.key = "size", .kind = Kind::size, .max = 1024};
    EXPECT_EQ(problem(size, "1KiB"), "");
    EXPECT_EQ(problem(size, "1025"), "must be at most 1024 bytes");
}

TEST(Setting, AWrongChoiceListsTheRightOnes) {
    const Setting output{.key = "output", .choices = {"text", "json"}};
    EXPECT_EQ(problem(output, "jsn"), "must be one of text, json; did you mean json?");
}

TEST(Setting, ListsSplitAtCommas) {
    EXPECT_EQ(split_list("a, b ,,c"), (std::vector<std::string>{"a", "b", "c"}));
    EXPECT_TRUE(split_list("").empty());
}

TEST(Setting, AMistakeInATableIsFoundAtOnce) {
    EXPECT_THROW(verify_table({.settings = {{.key = "a.b"}, {.key = "a_b"}}}), std::logic_error);
    EXPECT_THROW(verify_table({.settings = {{.key = "Bad"}}}), std::logic_error);
    EXPECT_THROW(verify_table({.settings = {{.key = "config"}}}), std::logic_error);
    EXPECT_THROW(verify_table({.settings = {{.key = "host", .letter = 'h'}}}), std::logic_error);
    EXPECT_THROW(verify_table({.settings = {{.key = "n1", .kind = Kind::integer, .default_text = "x"}}}),
                 std::logic_error);
    EXPECT_THROW(
        verify_table({.settings = {{.key = "to"}}, .verbs = {{.name = "send", .settings = {{.key = "to"}}}}}),
        std::logic_error);
    EXPECT_NO_THROW(verify_table({.settings = {{.key = "host", .letter = 'H'}}}));
}

}  // namespace
}  // namespace pncp
