#include "agent/script/script_spec.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "agent/executor/arguments.hpp"
#include "tests/unit/schema/program/temporary_folder.hpp"

namespace pncp::agent {
namespace {

using pncp::test::TemporaryFolder;
using testing::HasSubstr;

constexpr const char* kFull = R"(
[hello]
help = "A command in the same file"
path = "/usr/bin/true"

[[script]]
name = "soil"
path = "/usr/local/bin/soil"
arguments = ["--bus", "{1}"]
interval = "30s"
timeout = "5s"
output = "4KiB"
memory = "64MiB"
format = "json"
measurement = "garden"

[[script]]
name = "solar"
path = "/usr/local/bin/solar"
enabled = false
)";

std::string error_of(const std::string& text) {
    const auto scripts = parse_scripts(text, "f.toml");
    return scripts ? "" : scripts.error().text();
}

std::string with(const std::string& more) { return "[[script]]\nname='a'\npath='/usr/bin/true'\n" + more; }

TEST(ScriptSpec, ScriptsStandBesideCommandsInOneFile) {
    const auto scripts = parse_scripts(kFull, "f.toml");
    ASSERT_TRUE(scripts) << scripts.error().text();
    ASSERT_EQ(scripts->size(), 2U);
    const ScriptSpec& soil = scripts->front();
    EXPECT_EQ(soil.command.name, "soil");
    EXPECT_EQ(*make_argv(soil.command, {}),
              (std::vector<std::string>{"/usr/local/bin/soil", "--bus", "{1}"}));
    EXPECT_EQ(soil.interval_ms, 30'000);
    EXPECT_EQ(soil.command.timeout_ms, 5'000);
    EXPECT_EQ(soil.command.output_bytes, 4'096U);
    EXPECT_EQ(soil.format, ScriptFormat::json);
    EXPECT_EQ(soil.measurement, "garden");
    EXPECT_FALSE(scripts->back().command.enabled);
    const auto commands = parse_catalogue(kFull, "f.toml", {});
    ASSERT_TRUE(commands) << commands.error().text();
    EXPECT_EQ(commands->size(), 1U);
}

TEST(ScriptSpec, WhatIsLeftOutHasSaneValues) {
    const auto scripts = parse_scripts(with(""), "f.toml");
    ASSERT_TRUE(scripts);
    EXPECT_EQ(scripts->front().interval_ms, 60'000);
    EXPECT_EQ(scripts->front().command.timeout_ms, 10'000);
    EXPECT_EQ(scripts->front().command.output_bytes, 16'384U);
    EXPECT_EQ(scripts->front().format, ScriptFormat::influx);
    EXPECT_EQ(parse_scripts(with("format='json'"), "f")->front().measurement, "a");
    EXPECT_TRUE(parse_scripts("", "f")->empty());
}

TEST(ScriptSpec, AMistakeIsNamedWithItsPlaceAndWhatWouldBeRight) {
    const std::pair<std::string, const char*> wrong[] = {
        {with("intervall='1m'"), "f.toml:4: [[script]] has no key intervall; did you mean interval?"},
        {with("slot=1"), "has no key slot"},
        {with("interval='1ms'"), "[[script]] interval must be between 1s and 1w"},
        {with("interval=5"), "must be a text in quotes"},
        {with("format='influxdb'"), "must be influx or json; did you mean influx?"},
        {with("measurement='x'"), "which is for format"},
        {with("format='json'\nmeasurement='cpu'"), "PNCP's own"},
        {with("format='json'\nmeasurement='A b'"), "measurement must be"},
        {with("arguments=['a\\u0007']"), ""},
        {with("timeout='1ms'"), "timeout must be between"},
        {"[[script]]\nname='x'\n", "needs path"},
        {"[[script]]\npath='/x'\n", "needs name"},
        {"[[script]]\nname='X'\npath='/x'\n", "name must be"},
        {"[[script]]\nname='x'\npath='x'\n", "must be absolute"},
        {"[[script]]\nname='x'\npath='/bin/sh'\n", "is a shell"},
        {"[[script]\nname='x'", "not valid TOML"}};
    for (const auto& [text, part] : wrong) EXPECT_THAT(error_of(text), HasSubstr(part)) << text;
    const auto single = parse_catalogue("[script]\nname='x'\n", "f.toml", {});
    ASSERT_FALSE(single);
    EXPECT_THAT(single.error().text(), HasSubstr("write [[script]]"));
    std::string many;
    for (std::size_t i = 0; i <= kScripts; ++i)
        many += "[[script]]\nname='s" + std::to_string(i) + "'\npath='/x'\n";
    EXPECT_THAT(error_of(many), HasSubstr("more than 64 scripts"));
}

TEST(ScriptSpec, ProgramsAndUsersAreCheckedAsThoseOfCommands) {
    const TemporaryFolder folder;
    const auto load = [&] { return load_scripts({folder.path(), true, {}, geteuid()}); };
    const auto program = folder.write("program", "#!/bin/true\n", 0777);
    const std::string table = "[[script]]\nname='a'\npath='" + program + "'\n";
    const auto file = folder.write("a.toml", table, 0644);
    EXPECT_THAT(load().error().text(), HasSubstr("has mode 0777"));
    chmod(program.c_str(), 0755);
    ASSERT_TRUE(load()) << load().error().text();
    EXPECT_EQ(load()->size(), 1U);
    folder.write("b.toml", table, 0644);
    EXPECT_THAT(load().error().text(), HasSubstr("is there already, at " + file + ":2"));
    folder.write("b.toml", "[[script]]\nname='b'\npath='/x'\nuser='no-such-user'\n", 0644);
    EXPECT_FALSE(load());
    folder.write("b.toml", "[[script]]\nname='b'\npath='/x'\nenabled=false\n", 0644);
    EXPECT_EQ(load()->size(), 1U);
    chmod(file.c_str(), 0666);
    EXPECT_THAT(load().error().text(), HasSubstr("chmod go-w"));
}

}  // namespace
}  // namespace pncp::agent
