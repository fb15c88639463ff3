#include "schema/program/help.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

namespace pncp {
namespace {

using testing::HasSubstr;
using testing::Not;

const Program kBridge{
    .name = "pncp-influx-bridge",
    .purpose = "Writes what the broker publishes into InfluxDB 1.x.",
    .file = "bridge",
    .settings =
        {{.key = "influx.url",
          .default_text = "http://127.0.0.1:8086",
          .help = "Where InfluxDB listens; the path /write is added to it and the name of the database too.",
          .value_name = "URL",
          .group = "InfluxDB"},
         {.key = "influx.password",
          .default_text = "changeme",
          .help = "Password of the user.",
          .group = "InfluxDB",
          .secret = true},
         {.key = "batch_wait",
          .kind = Kind::duration,
          .default_text = "1s",
          .help = "Longest wait for a batch.",
          .letter = 'w'},
         {.key = "log_level", .help = "Least level.", .choices = {"debug", "info"}}},
    .verbs = {{.name = "run",
               .purpose = "Run it",
               .usage = "[ARG...]",
               .settings = {{.key = "once", .kind = Kind::flag, .help = "Stop after one batch."}}}},
    .more = "pncp-influx-bridge(8)"};

TEST(Help, NamesDefaultsVariablesExitCodesAndWhereToReadMore) {
    const std::string help = help_text(kBridge, nullptr);
    EXPECT_THAT(help, HasSubstr("Usage: pncp-influx-bridge [OPTION...] COMMAND ..."));
    EXPECT_THAT(help, HasSubstr(kBridge.purpose));
    EXPECT_THAT(help, HasSubstr("\nInfluxDB:\n"));
    EXPECT_THAT(help, HasSubstr("  -w, --batch-wait DURATION"));
    EXPECT_THAT(help, HasSubstr("Default: 1s."));
    EXPECT_THAT(help, HasSubstr("[PNCP_BATCH_WAIT]"));
    EXPECT_THAT(help, HasSubstr("--log-level debug|info"));
    EXPECT_THAT(help, HasSubstr("/etc/pncp/bridge.toml"));
    EXPECT_THAT(help, HasSubstr("78  the configuration"));
    EXPECT_THAT(help, HasSubstr("More: pncp-influx-bridge(8)"));
}

TEST(Help, ASecretHasNoFlagAndItsDefaultIsNotShown) {
    const std::string help = help_text(kBridge, nullptr);
    EXPECT_THAT(help, HasSubstr("(influx.password)"));
    EXPECT_THAT(help, HasSubstr("PNCP_INFLUX_PASSWORD"));
    EXPECT_THAT(help, Not(HasSubstr("--influx-password")));
    EXPECT_THAT(help, Not(HasSubstr("changeme")));
}

TEST(Help, OfAVerbShowsItsOptionsWithoutVariables) {
    const std::string help = help_text(kBridge, &kBridge.verbs[0]);
    EXPECT_THAT(help, HasSubstr("Usage: pncp-influx-bridge run [OPTION...] [ARG...]"));
    EXPECT_THAT(help, HasSubstr("--once"));
    EXPECT_THAT(help, Not(HasSubstr("PNCP_ONCE")));
    EXPECT_THAT(help, HasSubstr("PNCP_BATCH_WAIT"));
}

TEST(Help, FitsEightyColumns) {
    for (const Verb* verb : {static_cast<const Verb*>(nullptr), &kBridge.verbs[0]}) {
        std::istringstream lines(help_text(kBridge, verb));
        for (std::string line; std::getline(lines, line);) {
            EXPECT_LE(line.size(), 80U) << line;
            EXPECT_FALSE(line.ends_with(' ')) << line;
        }
    }
}

TEST(Help, TheVersionIsTheProjects) {
    EXPECT_THAT(version_text(kBridge),
                testing::MatchesRegex("pncp-influx-bridge [0-9]+\\.[0-9]+\\.[0-9]+\n"));
}

}  // namespace
}  // namespace pncp
