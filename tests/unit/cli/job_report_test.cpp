// The forms of a job's results: groups, differences, outliers, table, CSV.
#include "cli/job_report.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cli/render_job.hpp"
#include "fake_world.hpp"

namespace pncp::cli {
namespace {

/// Four agents: three alike (one of them later), one that differs in a line, one that failed, one without
/// an answer.
struct Reported : FakeWorld {
    explicit Reported(std::vector<const char*> options) {
        ResultBody failed = result_body(Outcome::finished, "boom\n");
        failed.exit_code = 2;
        ResultBody late = result_body(Outcome::finished, "a\nb\nc\n");
        late.duration_ms = 99;
        ResultBody refused = result_body(Outcome::refused);
        refused.reason = "no such command";
        conversation.answers = {
            Reply(SendReply{fake_job(), 6, false}),
            Reply(page(6, {result_row("pi-2", result_body(Outcome::finished, "a\nb\nc\n")),
                           result_row("pi-9", result_body(Outcome::finished, "a\nx\nc\n")),
                           result_row("pi-1", result_body(Outcome::finished, "a\nb\nc\n"))})),
            Reply(page(6,
                       {result_row("pi-4", failed), result_row("pi-3", late), result_row("pi-5", refused)}))};
        options.insert(options.begin(), {"send", "--all"});
        options.push_back("lslogs");
        code = run(options);
    }
    ExitCode code;
};

TEST(CliJobReport, AlikeOutputsStandOnceUnderFoldedNames) {
    const Reported fake({"-b"});
    EXPECT_EQ(fake.code, ExitCode::some_failed);
    EXPECT_EQ(fake.console.out_text,
              "pi-[1-3] (3): ok\na\nb\nc\n"
              "pi-9 (1): ok\na\nx\nc\n"
              "pi-4 (1): failed: exit code 2\nboom\n"
              "pi-5 (1): refused: no such command\n");
    EXPECT_EQ(fake.console.err_text, "6 agents: 4 ok, 1 failed, 1 refused\n");
}

TEST(CliJobReport, DiffIsAgainstTheMajority) {
    const Reported fake({"--diff"});
    EXPECT_TRUE(
        fake.console.out_text.starts_with("pi-[1-3] (3): ok\na\nb\nc\n"
                                          "pi-9 (1): ok\n@@ -1,3 +1,3 @@\n a\n-b\n+x\n c\n"
                                          "pi-4 (1): failed: exit code 2\n@@ -1,3 +1 @@\n-a\n"))
        << fake.console.out_text;
}

TEST(CliJobReport, OutliersLeaveTheMajorityOut) {
    const Reported fake({"--outliers"});
    EXPECT_TRUE(fake.console.out_text.starts_with("pi-9 (1): ok\na\nx\nc\n")) << fake.console.out_text;
    EXPECT_EQ(fake.console.out_text.find("pi-[1-3]"), std::string::npos);
    EXPECT_EQ(Reported({"--outliers", "--diff"}).console.out_text.find("pi-[1-3]"), std::string::npos);
}

TEST(CliJobReport, WhatWentWrongIsSummedUpByReason) {
    const Reported fake({});
    EXPECT_EQ(fake.console.err_text,
              "6 agents: 4 ok, 1 failed, 1 refused\n  failed: exit code 2: pi-4\n  refused: no such command: "
              "pi-5\n");
}

TEST(CliJobReport, TableHasALineAnAgentInNaturalOrder) {
    const Reported fake({"-o", "table"});
    EXPECT_EQ(fake.console.out_text,
              "AGENT  OUTCOME  CODE  TIME   OUTPUT\n"
              "pi-1   ok       0     12 ms  a\n"
              "pi-2   ok       0     12 ms  a\n"
              "pi-3   ok       0     99 ms  a\n"
              "pi-4   failed   2     12 ms  boom\n"
              "pi-5   refused  -     12 ms  no such command\n"
              "pi-9   ok       0     12 ms  a\n");
}

TEST(CliJobReport, TableOnATerminalFitsIntoIt) {
    std::vector<Ending> endings(1);
    endings[0].agent = "pi-1";
    endings[0].out.text = std::string(200, 'x') + "\nmore";
    const std::string table = render_job_table(endings, {.width = 60});
    EXPECT_EQ(table.find("more"), std::string::npos);
    std::size_t begin = 0;
    for (std::size_t end = 0; (end = table.find('\n', begin)) != std::string::npos; begin = end + 1)
        EXPECT_LE(width_of(table.substr(begin, end - begin)), 60U);
}

TEST(CliJobReport, CsvQuotesWhatItMust) {
    const Reported fake({"-o", "csv"});
    const std::string& text = fake.console.out_text;
    EXPECT_TRUE(
        text.starts_with("agent,outcome,exit_code,signal,duration_ms,reason,stdout,stderr,truncated,missing_"
                         "bytes,time,last_seen\r\n"
                         "pi-2,ok,0,,12,,\"a\nb\nc\n\",,false,0,2001-09-09T01:46:40.123Z,\r\n"))
        << text;
    Ending ending;
    ending.agent = "pi-1";
    ending.verdict = Verdict::timeout;
    ending.reason = "killed, \"hard\"";
    EXPECT_EQ(csv_result(ending, {}), "pi-1,timeout,,,0,\"killed, \"\"hard\"\"\",,,false,0,,\r\n");
    ending.out.text = "\033[2J";
    EXPECT_EQ(csv_result(ending, {.colour = false, .neutralise = true}).find('\033'), std::string::npos);
}

TEST(CliJobReport, NoProgressLineWhereThereIsNoTerminal) {
    for (const char* form : {"text", "table", "json", "jsonl", "csv"})
        EXPECT_EQ(Reported({"-o", form}).console.err_text.find('\033'), std::string::npos) << form;
}

TEST(CliJobReport, TroublesNeverSteerTheTerminal) {
    Ending ending;
    ending.verdict = Verdict::refused;
    ending.reason = "\033[2Jgone\nforged: ok";
    const std::vector<EndingGroup> groups{{ending, {"pi-1"}}};
    EXPECT_EQ(render_troubles(groups, {}).find('\033'), std::string::npos);
    EXPECT_EQ(std::string(render_troubles(groups, {})).find('\n'), render_troubles(groups, {}).size() - 1);
}

}  // namespace
}  // namespace pncp::cli
