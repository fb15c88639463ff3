#include "schema/program/manual.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "schema/program/settings.hpp"

namespace pncp {
namespace {

using testing::HasSubstr;
using testing::Not;

Program table() {
    return {
        .name = "pncp-x",
        .purpose = "Does `x` and nothing else.",
        .file = "x",
        .settings =
            {{.key = "influx.url",
              .default_text = "a",
              .help = "Where.",
              .value_name = "URL",
              .group = "Store"},
             {.key = "password", .help = "Its password.", .group = "Store", .secret = true},
             {.key = "wait", .kind = Kind::duration, .default_text = "1s", .help = "Wait.", .letter = 'w'}},
        .verbs = {{.name = "run",
                   .purpose = "Run it",
                   .usage = "[ARG...]",
                   .settings = {{.key = "once", .kind = Kind::flag, .help = "Stop soon."}},
                   .details = "Examples:\n  pncp-x run '.'\n\n.not a request"}},
        .more = "pncp-y(8)",
        .section = 1,
        .about = {"More of it."},
        .files = {{"/etc/pncp/x.toml", "Settings."}}};
}

TEST(Manual, APageHasWhatHelpHas) {
    const std::string page = manual_page(table());
    EXPECT_THAT(page, HasSubstr(".TH PNCP-X 1 \"@DATE@\""));
    for (const char* part :
         {"\\fB\\-\\-influx\\-url\\fR \\fIURL\\fR", "\\fB\\-w\\fR, \\fB\\-\\-wait\\fR", "\\fB\\-\\-once\\fR",
          "[PNCP_INFLUX_URL]", "Default: 1s.", "\\fB78\\fR", ".SH FILES", "More of it.", "pncp\\-y(8)",
          "\\fB\\-\\-check\\-config\\fR", ".SS run"})
        EXPECT_THAT(page, HasSubstr(part));
    EXPECT_THAT(page, Not(HasSubstr("\\-\\-password"))) << "secrets have no option";
}

TEST(Manual, NoTextIsTakenForARequest) {
    const std::string page = manual_page(table());
    EXPECT_THAT(page, HasSubstr("\n\\&.not a request\n"));
    EXPECT_THAT(page, HasSubstr("pncp\\-x run \\(aq.\\(aq"));
    EXPECT_EQ(roff_text(".x"), "\\&.x");
    EXPECT_EQ(roff_text("'x"), "\\(aqx");
    EXPECT_EQ(roff_text("a\\b"), "a\\eb");
    EXPECT_EQ(roff_text("use `a-b` now"), "use \\fBa\\-b\\fR now");
    EXPECT_EQ(roff_text("one ` alone"), "one \\(ga alone");
}

TEST(Manual, SettingsNameTypeDefaultAndVariable) {
    const std::string part = manual_settings(table());
    EXPECT_THAT(part, HasSubstr(".SH PNCP-X\n"));
    EXPECT_THAT(part, HasSubstr("\\fBwait\\fR\nWait. Default: 1s. [PNCP_WAIT] It is a duration"));
    EXPECT_THAT(part, HasSubstr("\\fBpassword\\fR"));
}

TEST(Manual, TheOptionThatPrintsItIsInNoHelp) {
    const std::vector<const char*> words{"pncp-x", "--help-man=page"};
    const Loaded page = load_settings(table(), static_cast<int>(words.size()), words.data(), {});
    EXPECT_EQ(page.finished, ExitCode::ok);
    EXPECT_EQ(page.out, manual_page(table()));
    const std::vector<const char*> help{"pncp-x", "--help"};
    EXPECT_THAT(load_settings(table(), 2, help.data(), {}).out, Not(HasSubstr("help-man")));
}

}  // namespace
}  // namespace pncp
