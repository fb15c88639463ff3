#include "agent/builtin/builtin.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "tests/unit/agent/sampler/temp_tree.hpp"

namespace pncp {

using test::sampler_of;
using testing::HasSubstr;

TEST(Builtin, ThereAreSixCommandsEachWithHelp) {
    std::vector<std::string_view> names;
    for (const auto& command : builtin_commands()) {
        names.push_back(command.name);
        EXPECT_FALSE(command.help.empty());
        EXPECT_EQ(command.help.find('\n'), std::string_view::npos);
    }
    EXPECT_THAT(names, testing::ElementsAre("disk", "hostname", "lslogs", "metrics", "network", "uptime"));
}

TEST(Builtin, AnUnknownNameIsRefusedAndTheKnownOnesAreNamed) {
    auto sampler = sampler_of(test::tree_path("pi4"));
    const auto result = run_builtin("upt\nime", {}, sampler, 0);
    EXPECT_EQ(result.exit_code, kExitUnknown);
    EXPECT_EQ(result.out, "");
    EXPECT_EQ(
        result.err,
        "'upt\\x0aime' is no built-in command; there are disk, hostname, lslogs, metrics, network, uptime\n");
}

TEST(Builtin, ArgumentsAreRefusedByEveryCommand) {
    auto sampler = sampler_of(test::tree_path("pi4"));
    const std::array<std::string, 1> args{"--help; rm\x1b"};
    for (const auto& command : builtin_commands()) {
        const auto result = run_builtin(command.name, args, sampler, 0);
        EXPECT_EQ(result.exit_code, kExitUsage) << command.name;
        EXPECT_EQ(result.out, "") << command.name;
        EXPECT_THAT(result.err, HasSubstr("takes no arguments, got '--help; rm\\x1b'"));
    }
}

TEST(Builtin, EveryCommandAnswersOnARecordedTree) {
    const test::TempTree tree{"pi-zero-2w"};
    tree.write("var/log/syslog", "x");
    auto sampler = sampler_of(tree.path());
    for (const auto& command : builtin_commands()) {
        const auto result = run_builtin(command.name, {}, sampler, 0);
        EXPECT_EQ(result.exit_code, 0) << command.name << result.err;
        EXPECT_TRUE(result.out.ends_with('\n')) << command.name;
        EXPECT_EQ(result.err, "") << command.name;
    }
}

TEST(Builtin, WhatNeedsProcSaysSoWhereThereIsNone) {
    auto sampler = sampler_of("/no/such/tree");
    for (const auto* name : {"disk", "lslogs", "network", "uptime"}) {
        const auto result = run_builtin(name, {}, sampler, 0);
        EXPECT_EQ(result.exit_code, kExitFailed) << name;
        EXPECT_EQ(result.out, "") << name;
        EXPECT_TRUE(result.err.starts_with(name)) << result.err;
    }
}

TEST(Builtin, HostnameIsTheMachines) {
    std::array<char, 256> name{};
    ASSERT_EQ(::gethostname(name.data(), name.size() - 1), 0);
    auto sampler = sampler_of("");
    EXPECT_EQ(run_builtin("hostname", {}, sampler, 0).out, std::string{name.data()} + "\n");
}

TEST(Builtin, MetricsIsTheJsonOfTheSummary) {
    auto sampler = sampler_of(test::tree_path("pi4"));
    const auto expected = metrics_json(sampler.look(0)) + "\n";
    EXPECT_EQ(run_builtin("metrics", {}, sampler, 0).out, expected);
    EXPECT_THAT(expected, HasSubstr(R"("cpu_percent":[)"));
}

}  // namespace pncp
