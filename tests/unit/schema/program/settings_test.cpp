#include "schema/program/settings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "tests/unit/schema/program/temporary_folder.hpp"

namespace pncp {
namespace {

using test::TemporaryFolder;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

Program bridge() {
    return {
        .name = "pncp-influx-bridge",
        .purpose = "Writes to InfluxDB.",
        .file = "bridge",
        .settings =
            {{.key = "influx.url", .default_text = "http://default"},
             {.key = "influx.password", .secret = true},
             {.key = "batch.points", .kind = Kind::integer, .default_text = "5000", .min = 1, .max = 10000},
             {.key = "batch.wait", .kind = Kind::duration, .default_text = "1s"},
             {.key = "batch.size", .kind = Kind::size, .default_text = "4MB"},
             {.key = "gzip", .kind = Kind::flag, .default_text = "true"},
             {.key = "ratio", .kind = Kind::number, .default_text = "0.5"},
             {.key = "topics", .kind = Kind::list, .default_text = "m,r"}},
        .other_variables = {"PNCP_KEY_FILE"}};
}

struct Case : testing::Test {
    TemporaryFolder folder;
    Surroundings around{.environment = {}, .config_dir = folder.path()};

    Loaded load(std::vector<const char*> words, const Program& program = bridge()) {
        words.insert(words.begin(), program.name.c_str());
        return load_settings(program, static_cast<int>(words.size()), words.data(), around);
    }
    void expect_configuration_error(const std::string& fragment) {
        const Loaded loaded = load({});
        ASSERT_EQ(loaded.finished, ExitCode::configuration) << loaded.out;
        EXPECT_THAT(loaded.err, HasSubstr(fragment));
    }
};
using LoadSettings = Case;
using Precedence = Case;
using CheckConfig = Case;

TEST_F(Precedence, IsDefaultThenFileThenDotenvThenEnvironmentThenFlag) {
    EXPECT_EQ(load({}).settings.text("influx.url"), "http://default");
    folder.write("bridge.toml", "[influx]\nurl = \"http://file\"\n", 0644);
    EXPECT_EQ(load({}).settings.text("influx.url"), "http://file");
    folder.write(".env", "PNCP_INFLUX_URL=http://dotenv\n");
    EXPECT_EQ(load({}).settings.text("influx.url"), "http://dotenv");
    around.environment["PNCP_INFLUX_URL"] = "http://environment";
    EXPECT_EQ(load({}).settings.text("influx.url"), "http://environment");
    EXPECT_EQ(load({"--influx-url", "http://flag"}).settings.text("influx.url"), "http://flag");
}

TEST_F(Precedence, EverySettingSaysWhereItComesFrom) {
    const std::string file = folder.write("bridge.toml", "gzip = false\n[influx]\nurl = \"x\"\n", 0644);
    folder.write(".env", "\nPNCP_RATIO=0.25\n");
    around.environment["PNCP_TOPICS"] = "a, b";
    const Settings settings = load({"--batch-wait=2m"}).settings;
    EXPECT_EQ(settings.where("influx.url"), file + ":3");
    EXPECT_EQ(settings.where("ratio"), folder / ".env:2: PNCP_RATIO");
    EXPECT_EQ(settings.where("topics"), "PNCP_TOPICS");
    EXPECT_EQ(settings.where("batch.wait"), "--batch-wait");
    EXPECT_EQ(settings.where("batch.size"), "the default");
    EXPECT_TRUE(settings.is_set("gzip"));
    EXPECT_FALSE(settings.is_set("batch.size"));
    EXPECT_FALSE(settings.flag("gzip"));
    EXPECT_DOUBLE_EQ(settings.number("ratio"), 0.25);
    EXPECT_THAT(settings.list("topics"), ElementsAre("a", "b"));
    EXPECT_EQ(settings.duration_ms("batch.wait"), 120'000);
    EXPECT_EQ(settings.size_bytes("batch.size"), 4'000'000);
    EXPECT_EQ(settings.integer("batch.points"), 5000);
}

TEST_F(Precedence, AnEmptyVariableCountsAsUnset) {
    around.environment["PNCP_BATCH_POINTS"] = "";
    EXPECT_EQ(load({}).settings.integer("batch.points"), 5000);
}

TEST_F(Precedence, AListGivenTwiceAdds) {
    EXPECT_THAT(load({"--topics", "a,b", "--topics=c"}).settings.list("topics"), ElementsAre("a", "b", "c"));
}

TEST_F(LoadSettings, ADamagedTableOrGetterIsAProgrammingError) {
    const Settings settings = load({}).settings;
    EXPECT_THROW((void)settings.text("influx.uri"), std::logic_error);
    EXPECT_THROW((void)settings.integer("influx.url"), std::logic_error);
}

TEST_F(LoadSettings, AnUnknownKeyNamesFileLineAndTheLikelyOne) {
    folder.write("bridge.toml", "# comment\n[influx]\nulr = \"x\"\n", 0644);
    expect_configuration_error("bridge.toml:3: unknown setting influx.ulr; did you mean influx.url?");
}

TEST_F(LoadSettings, AKeyUnderTheWrongHeadingIsFoundUnderTheRightOne) {
    folder.write("bridge.toml", "[batch]\nurl = \"x\"\ngzp = true\n", 0644);
    expect_configuration_error(":2: unknown setting batch.url; did you mean influx.url?");
    expect_configuration_error(":3: unknown setting batch.gzp; did you mean gzip?");
}

TEST_F(LoadSettings, AWrongTypeNamesFileAndLine) {
    folder.write("bridge.toml", "gzip = \"yes\"\n[batch]\npoints = \"9\"\nwait = 10\n[influx]\nurl = 5\n",
                 0644);
    const Loaded loaded = load({});
    ASSERT_EQ(loaded.finished, ExitCode::configuration);
    EXPECT_THAT(loaded.err, HasSubstr("bridge.toml:1: gzip must be true or false without quotes"));
    EXPECT_THAT(loaded.err, HasSubstr("bridge.toml:3: batch.points must be a whole number without quotes"));
    EXPECT_THAT(loaded.err, HasSubstr("bridge.toml:4: batch.wait must be a duration in quotes"));
    EXPECT_THAT(loaded.err, HasSubstr("bridge.toml:6: influx.url must be text in quotes"));
}

TEST_F(LoadSettings, AValueOutOfRangeNamesFileAndLine) {
    folder.write("bridge.toml", "[batch]\npoints = 0\n", 0644);
    expect_configuration_error("bridge.toml:2: batch.points \"0\" must be from 1 to 10000");
}

TEST_F(LoadSettings, ABadVariableIsAConfigurationErrorThatNamesIt) {
    around.environment["PNCP_BATCH_WAIT"] = "10";
    expect_configuration_error("PNCP_BATCH_WAIT \"10\" is not a duration");
}

TEST_F(LoadSettings, ABadFlagIsAUsageError) {
    const Loaded loaded = load({"--batch-points", "many"});
    EXPECT_EQ(loaded.finished, ExitCode::usage);
    EXPECT_THAT(loaded.err, HasSubstr("--batch-points \"many\" is not a whole number"));
    EXPECT_EQ(load({"--gzip=perhaps"}).finished, ExitCode::usage);
    const Loaded unknown = load({"--gzp"});
    EXPECT_EQ(unknown.finished, ExitCode::usage);
    EXPECT_THAT(unknown.err, HasSubstr("did you mean --gzip?"));
    EXPECT_THAT(unknown.err, HasSubstr("Try 'pncp-influx-bridge --help'"));
}

TEST_F(LoadSettings, AFileNamedByConfigMustExist) {
    const std::string path = folder / "absent.toml";
    const Loaded loaded = load({"--config", path.c_str()});
    EXPECT_EQ(loaded.finished, ExitCode::configuration);
    EXPECT_THAT(loaded.err, HasSubstr("can't open " + path));
}

TEST_F(LoadSettings, AConfigurationThatIsAFolderOrAFifoIsRefusedWithoutWaiting) {
    mkdir((folder / "bridge.toml").c_str(), 0700);
    expect_configuration_error("is not a regular file");
    ASSERT_EQ(mkfifo((folder / "fifo").c_str(), 0600), 0);
    EXPECT_EQ(load({"--config", (folder / "fifo").c_str()}).finished, ExitCode::configuration);
}

TEST_F(LoadSettings, DotenvIsReadBesideTheFileThatConfigNames) {
    TemporaryFolder other;
    const std::string file = other.write("mine.toml", "gzip = true\n", 0644);
    other.write(".env", "PNCP_RATIO=0.75\n");
    folder.write(".env", "PNCP_RATIO=0.1\n");
    EXPECT_DOUBLE_EQ(load({"--config", file.c_str()}).settings.number("ratio"), 0.75);
}

TEST_F(LoadSettings, DotenvThatOthersCanReadIsRefused) {
    folder.write(".env", "PNCP_INFLUX_PASSWORD=hunter2\n", 0644);
    const Loaded loaded = load({});
    EXPECT_EQ(loaded.finished, ExitCode::configuration);
    EXPECT_THAT(loaded.err, HasSubstr(".env holds a secret but its mode 0644 opens it to others"));
    EXPECT_THAT(loaded.err, HasSubstr("chmod 600"));
    EXPECT_THAT(loaded.err, Not(HasSubstr("hunter2")));
}

TEST_F(LoadSettings, AConfigurationFileWithASecretIsClosedToOthers) {
    folder.write("bridge.toml", "[influx]\npassword = \"hunter2\"\n", 0644);
    expect_configuration_error("holds a secret");
    folder.write("bridge.toml", "[influx]\npassword = \"hunter2\"\n", 0640);
    EXPECT_EQ(load({}).settings.text("influx.password"), "hunter2");
}

TEST_F(LoadSettings, ASecretComesFromTheEnvironmentButNeverFromAFlag) {
    around.environment["PNCP_INFLUX_PASSWORD"] = "hunter2";
    EXPECT_EQ(load({}).settings.text("influx.password"), "hunter2");
    const Loaded loaded = load({"--influx-password=hunter2"});
    EXPECT_EQ(loaded.finished, ExitCode::usage);
    EXPECT_THAT(loaded.err, Not(HasSubstr("hunter2")));
}

TEST_F(LoadSettings, AWrongSecretIsNotRepeated) {
    Program program = bridge();
    program.settings.push_back({.key = "pin", .kind = Kind::integer, .secret = true});
    around.environment["PNCP_PIN"] = "hunter2";
    const Loaded loaded = load({}, program);
    EXPECT_EQ(loaded.finished, ExitCode::configuration);
    EXPECT_THAT(loaded.err, HasSubstr("PNCP_PIN is not a whole number"));
    EXPECT_THAT(loaded.err, Not(HasSubstr("hunter2")));
}

TEST_F(LoadSettings, AMisspeltVariableWarnsButAnotherProgramsDoesNot) {
    around.environment["PNCP_INFLUX_ULR"] = "x";
    around.environment["PNCP_KEY_FILE"] = "x";
    around.environment["PNCP_JOURNAL_LIMIT"] = "x";
    const Loaded loaded = load({});
    EXPECT_EQ(loaded.finished, std::nullopt);
    EXPECT_THAT(loaded.warnings,
                ElementsAre("unknown variable PNCP_INFLUX_ULR is ignored; did you mean PNCP_INFLUX_URL?"));
}

TEST_F(LoadSettings, APeersEscapeSequencesInAFileDontReachTheTerminal) {
    folder.write("bridge.toml", "\"a\\u001b[2J\" = 1\n", 0644);
    expect_configuration_error("unknown setting a\\x1b[2J");
}

TEST_F(LoadSettings, OptionsOfAVerbComeFromTheCommandLineOnly) {
    Program cli = bridge();
    cli.verbs = {
        {.name = "send", .settings = {{.key = "all", .kind = Kind::flag}}, .stop_at_positional = true}};
    around.environment["PNCP_ALL"] = "true";
    const Loaded loaded = load({"send", "lslogs", "--all"}, cli);
    ASSERT_EQ(loaded.finished, std::nullopt) << loaded.err;
    EXPECT_EQ(loaded.verb, "send");
    EXPECT_FALSE(loaded.settings.flag("all"));
    EXPECT_THAT(loaded.positionals, ElementsAre("lslogs", "--all"));
    folder.write("bridge.toml", "all = true\n", 0644);
    EXPECT_EQ(load({"send"}, cli).finished, ExitCode::configuration);
}

TEST_F(LoadSettings, HelpIsGivenEvenIfTheConfigurationIsBroken) {
    folder.write("bridge.toml", "= =", 0644);
    const Loaded help = load({"--help"});
    EXPECT_EQ(help.finished, ExitCode::ok);
    EXPECT_THAT(help.out, HasSubstr("Usage: pncp-influx-bridge"));
    EXPECT_EQ(load({"--version"}).finished, ExitCode::ok);
}

TEST_F(CheckConfig, SaysGoodAndWhatWasReadWithoutAnyValue) {
    const std::string file = folder.write("bridge.toml", "[influx]\nurl = \"http://secretive\"\n", 0644);
    folder.write(".env", "PNCP_INFLUX_PASSWORD=hunter2\n");
    around.environment["PNCP_RATIO"] = "0.125";
    const Loaded loaded = load({"--check-config", "--gzip"});
    EXPECT_EQ(loaded.finished, ExitCode::ok) << loaded.err;
    EXPECT_THAT(loaded.out, HasSubstr("configuration is good\n"));
    EXPECT_THAT(loaded.out, HasSubstr(file));
    EXPECT_THAT(loaded.out, HasSubstr(folder / ".env"));
    EXPECT_THAT(loaded.out, HasSubstr("environment PNCP_RATIO"));
    EXPECT_THAT(loaded.out, HasSubstr("--gzip"));
    for (const char* value : {"hunter2", "secretive", "0.125"})
        EXPECT_THAT(loaded.out, Not(HasSubstr(value)));
}

TEST_F(CheckConfig, ReportsEveryProblemAtOnce) {
    folder.write("bridge.toml", "gzp = true\n[batch]\npoints = 99999\n", 0644);
    around.environment["PNCP_RATIO"] = "half";
    const Loaded loaded = load({"--check-config"});
    EXPECT_EQ(loaded.finished, ExitCode::configuration);
    EXPECT_THAT(loaded.out, IsEmpty());
    EXPECT_THAT(loaded.err, HasSubstr(":1: unknown setting gzp"));
    EXPECT_THAT(loaded.err, HasSubstr(":3: batch.points"));
    EXPECT_THAT(loaded.err, HasSubstr("PNCP_RATIO"));
}

TEST_F(CheckConfig, RunsTheProgramsOwnCheck) {
    Program program = bridge();
    program.check = [](const Settings& settings) -> Status {
        if (settings.flag("gzip")) return Done{};
        return Error{settings.where("gzip") + ": gzip is needed here", "set it"};
    };
    folder.write("bridge.toml", "gzip = false\n", 0644);
    const Loaded loaded = load({"--check-config"}, program);
    EXPECT_EQ(loaded.finished, ExitCode::configuration);
    EXPECT_THAT(loaded.err, HasSubstr("bridge.toml:1: gzip is needed here; set it"));
    EXPECT_EQ(load({"--check-config", "--gzip"}, program).finished, ExitCode::ok);
}

}  // namespace
}  // namespace pncp
