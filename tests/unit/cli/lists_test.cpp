#include <gtest/gtest.h>

#include "fake_world.hpp"

namespace pncp::cli {
namespace {

AgentRow agent(std::string id) {
    AgentRow row;
    row.id = std::move(id);
    row.state = "online";
    return row;
}

TEST(CliLists, AgentsOfAllPagesComeInNaturalOrder) {
    FakeWorld fake;
    fake.conversation.answers = {Reply(AgentsReply{{agent("pi-1"), agent("pi-10")}, "pi-10"}),
                                 Reply(AgentsReply{{agent("pi-2")}, ""})};
    EXPECT_EQ(fake.run({"agents", "-o", "jsonl"}), ExitCode::ok);
    const std::string& out = fake.console.out_text;
    EXPECT_LT(out.find("\"pi-2\""), out.find("\"pi-10\""));
    EXPECT_EQ(std::get<AgentsRequest>(fake.conversation.asked.at(1)).after, "pi-10");
}

TEST(CliLists, PagesThatGoInCirclesEnd) {
    FakeWorld fake;
    const Reply page = AgentsReply{{agent("pi-1")}, "pi-1"};
    fake.conversation.answers = {page, page, page};
    EXPECT_EQ(fake.run({"agents"}), ExitCode::ok);
    EXPECT_EQ(fake.conversation.asked.size(), 2U);
}

TEST(CliLists, FleetWithoutAgentsSaysWhatToDo) {
    FakeWorld fake;
    fake.conversation.answers = {Reply(AgentsReply{})};
    EXPECT_EQ(fake.run({"agents"}), ExitCode::ok);
    EXPECT_NE(fake.console.err_text.find("pncp-cli enroll"), std::string::npos);
}

TEST(CliLists, CommandsAndStatusAreTables) {
    FakeWorld fake;
    fake.conversation.answers = {Reply(CommandsReply{{{"disk", "Disk use.", {}, 3}}, ""}),
                                 Reply(StatusReply{{{"journal.head", "8123"}}})};
    EXPECT_EQ(fake.run({"commands"}), ExitCode::ok);
    EXPECT_EQ(fake.run({"status"}), ExitCode::ok);
    EXPECT_NE(fake.console.out_text.find("disk     -          3       Disk use.\n"), std::string::npos);
    EXPECT_NE(fake.console.out_text.find("journal.head  8123\n"), std::string::npos);
}

TEST(CliLists, AnswerOfAnotherKindIsAnInternalError) {
    FakeWorld fake;
    fake.conversation.answers = {Reply(DoneReply{"done"})};
    EXPECT_EQ(fake.run({"agents"}), ExitCode::internal);
    EXPECT_NE(fake.console.err_text.find("same version"), std::string::npos);
}

}  // namespace
}  // namespace pncp::cli
