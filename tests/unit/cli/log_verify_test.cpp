// pncp-cli log verify, with a broker that answers from a list.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "cli/log_verb.hpp"
#include "schema/codec.hpp"
#include "tests/unit/broker/log_writer/log_lines.hpp"
#include "tests/unit/cli/fake_world.hpp"

namespace pncp::cli {
namespace {

using log_writer::LineMaker;

class LogVerifyTest : public ::testing::Test {
  protected:
    LogVerifyTest() {
        log.header();
        log.events(5);
        log.anchor();
        log.events(2);
        write("pncp_log.txt", log.lines);
    }
    void write(const std::string& name, const std::vector<std::string>& lines) {
        std::ofstream file(folder / name, std::ios::trunc);
        for (const std::string& line : lines) file << line << '\n';
    }
    /// The anchors that the broker's journal holds, one page.
    void broker_knows(const std::vector<std::pair<std::uint64_t, AnchorBody>>& anchors) {
        FetchReply page{log.chain.cursor.journal, 1, 99, 99, {}};
        for (const auto& [seq, body] : anchors) {
            Event event;
            event.topic = "audit/log-writer/";
            event.kind = EventKind::anchor;
            event.direction = Direction::subscriber_to_broker;
            event.body = encode(body);
            page.rows.push_back({seq, encode(event)});
        }
        fake.conversation.answers.emplace_back(Reply(page));
    }
    void broker_checks(std::vector<std::uint64_t> bad = {}) {
        fake.conversation.answers.emplace_back(Reply(AnchorCheckReply{std::move(bad)}));
    }
    ExitCode run(std::vector<const char*> more = {}) {
        more.insert(more.begin(), {"--state-dir", state.c_str(), "log", "verify"});
        return fake.run(more);
    }
    pncp::testing::TempFolder folder;
    std::string state = folder / ".";
    LineMaker log;
    FakeWorld fake;
    const std::string& out = fake.console.out_text;
    const std::string& err = fake.console.err_text;
};

TEST_F(LogVerifyTest, AGoodLogWithAnchorsThatTheBrokerConfirmsIsGood) {
    broker_knows({});
    broker_checks();
    EXPECT_EQ(run(), ExitCode::ok) << out << err;
    EXPECT_NE(out.find("good: 9 lines in 1 files, events 1 to 8"), std::string::npos) << out;
    EXPECT_NE(out.find("1 anchors are the broker's, the last of event 5; 3 lines after it"),
              std::string::npos)
        << out;
    ASSERT_EQ(fake.conversation.asked.size(), 2U);
    EXPECT_EQ(std::get<FetchRequest>(fake.conversation.asked[0]).prefix, "audit/log-writer/");
}

TEST_F(LogVerifyTest, AnEditIsNamedWithFileAndLine) {
    log.lines[3].replace(log.lines[3].find("started"), 7, "stopped");
    write("pncp_log.txt", log.lines);
    EXPECT_EQ(run({"--offline"}), ExitCode::log_altered);
    EXPECT_NE(out.find("/pncp_log.txt:4: the line was edited"), std::string::npos) << out;
    EXPECT_TRUE(fake.conversation.asked.empty());
}

TEST_F(LogVerifyTest, OfflineSaysThatAnchorsWereNotChecked) {
    EXPECT_EQ(run({"--offline"}), ExitCode::ok);
    EXPECT_NE(out.find("the broker was not asked"), std::string::npos) << out;
    EXPECT_NE(err.find("the log is "), std::string::npos) << "which file it is, since none was named";
    EXPECT_EQ(err.find("anchors"), std::string::npos) << err;
}

TEST_F(LogVerifyTest, WithoutABrokerTheChainIsCheckedAndTheExitCodeSaysWhatIsMissing) {
    fake.conversation.no_link =
        Failure{ExitCode::broker_unreachable, {"cannot reach the broker", "start it"}};
    EXPECT_EQ(run(), ExitCode::broker_unreachable);
    EXPECT_NE(out.find("good: "), std::string::npos);
    EXPECT_NE(err.find("anchors were not checked: cannot reach the broker"), std::string::npos) << err;
}

TEST_F(LogVerifyTest, AnAnchorThatTheBrokerDidNotMakeIsForged) {
    broker_knows({});
    broker_checks({0});
    EXPECT_EQ(run(), ExitCode::log_altered);
    EXPECT_NE(out.find("pncp_log.txt:7: the anchor of event 5 was not made by this broker"),
              std::string::npos)
        << out;
}

TEST_F(LogVerifyTest, AnEndThatWasCutOffIsFoundByWhatTheBrokerAnchored) {
    broker_knows({{9, AnchorBody{"log-writer", 8, log.chain.hash, {}}}});
    broker_checks();
    EXPECT_EQ(run(), ExitCode::ok) << "anchored as it stands; the anchor itself is not in the log yet: "
                                   << out;
    EXPECT_NE(out.find("the broker has anchored event 8, and the chain is as it was then"), std::string::npos)
        << out;

    log.lines.resize(log.lines.size() - 1);
    write("pncp_log.txt", log.lines);
    broker_knows({{9, AnchorBody{"log-writer", 8, log.chain.hash, {}}}});
    broker_checks();
    EXPECT_EQ(run(), ExitCode::log_altered);
    EXPECT_NE(out.find("the log ends at event 7, but it had event 8"), std::string::npos) << out;
    broker_knows({{9, AnchorBody{"log-writer", 8, log.chain.hash, {}}}});
    broker_checks();
    EXPECT_EQ(run({"--partial"}), ExitCode::ok) << "newer files exist elsewhere";
}

TEST_F(LogVerifyTest, AnAnchorThatWasReplacedByAnotherEventIsMissed) {
    const auto anchor = log_writer::read_anchor(log.lines[6]);
    ASSERT_TRUE(anchor);
    LineMaker forged;
    forged.header();
    forged.events(8);
    write("pncp_log.txt", forged.lines);
    EXPECT_EQ(run({"--offline"}), ExitCode::ok) << "a whole chain of somebody's own making";
    broker_knows({{6, *anchor}});
    EXPECT_EQ(run(), ExitCode::log_altered);
    EXPECT_NE(out.find("made as event 6, is not in the log"), std::string::npos) << out;
}

TEST_F(LogVerifyTest, ABrokerThatRefusesIsSaid) {
    fake.conversation.answers.emplace_back(
        Reply(ErrorReply{ErrorCode::denied, "not for you", "ask root", {}}));
    EXPECT_EQ(run(), ExitCode::denied);
    EXPECT_NE(err.find("not for you; ask root"), std::string::npos) << err;
}

TEST_F(LogVerifyTest, OldFilesOfTheFolderAreCheckedToo) {
    write("pncp_log.txt.000001", log.lines);
    LineMaker next;
    next.chain = log.chain;
    next.header();
    next.events(2);
    write("pncp_log.txt", next.lines);
    EXPECT_EQ(run({"--offline"}), ExitCode::ok) << out;
    EXPECT_NE(out.find("in 2 files, events 1 to 10"), std::string::npos) << out;
    const std::string old = folder / "pncp_log.txt.000001";
    EXPECT_EQ(run({"--offline", old.c_str()}), ExitCode::ok);
}

TEST_F(LogVerifyTest, WhatCannotBeReadIsNoVerdict) {
    EXPECT_EQ(run({"--offline", "/nonexistent/pncp_log.txt"}), ExitCode::unavailable);
    EXPECT_NE(out.find("cannot read"), std::string::npos);
    write("pncp_log.txt.000001.gz", {"\x1f\x8b\x08 not really"});
    const std::string gz = folder / "pncp_log.txt.000001.gz";
    EXPECT_EQ(run({"--offline", gz.c_str()}), ExitCode::log_altered);
    EXPECT_NE(out.find("is damaged"), std::string::npos) << out;
}

TEST_F(LogVerifyTest, JsonHoldsTheSame) {
    log.lines.erase(log.lines.begin() + 3);
    write("pncp_log.txt", log.lines);
    EXPECT_EQ(run({"--offline", "-o", "json"}), ExitCode::log_altered);
    const auto json = nlohmann::json::parse(out);
    EXPECT_EQ(json["good"], false);
    EXPECT_EQ(json["findings"][0]["line"], 4);
    EXPECT_EQ(json["anchors_checked"], false);
}

}  // namespace
}  // namespace pncp::cli
