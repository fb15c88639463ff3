// Runs against both implementations of log.hpp.
#include "schema/program/log.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <functional>

#include "tests/unit/schema/program/temporary_folder.hpp"

namespace pncp::log {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

/// What `action` writes to descriptor 2. If `journal`, JOURNAL_STREAM names the file that stands for it.
std::string captured(const std::function<void()>& action, bool journal = false) {
    const test::TemporaryFolder folder;
    const std::string path = folder.write("stderr", "");
    const int saved = dup(STDERR_FILENO);
    const int file = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
    dup2(file, STDERR_FILENO);
    struct stat info {};
    fstat(file, &info);
    const std::string stream = cat(info.st_dev, ":", info.st_ino);
    setenv("JOURNAL_STREAM", journal ? stream.c_str() : "1:1", 1);
    open("pncp-test");
    action();
    dup2(saved, STDERR_FILENO);
    close(saved);
    close(file);
    unsetenv("JOURNAL_STREAM");
    std::ifstream text(path);
    return {std::istreambuf_iterator<char>(text), {}};
}

TEST(Log, ALineHasTimeLevelAndProgram) {
    EXPECT_THAT(captured([] { warning("disk is full"); }),
                MatchesRegex("[0-9]+-[0-9]+-[0-9]+T[0-9]+:[0-9]+:[0-9]+\\.[0-9][0-9][0-9]Z warning "
                             "pncp-test: disk is full\n"));
}

TEST(Log, ForTheJournalALineHasAPriorityAndNoTime) {
    const auto all = [] {
        set_level(Level::debug);
        debug("a");
        info("b");
        warning("c");
        error("d");
        set_level(Level::info);
    };
    EXPECT_EQ(captured(all, true), "<7>pncp-test: a\n<6>pncp-test: b\n<4>pncp-test: c\n<3>pncp-test: d\n");
}

TEST(Log, APeersTextCannotForgeALineNorAPriority) {
    const std::string lines =
        captured([] { info("agent \"x\n<0>2026-01-01 error pncp-broker: {} %s \x1b[2J\""); }, true);
    EXPECT_EQ(lines, "<6>pncp-test: agent \"x\\n<0>2026-01-01 error pncp-broker: {} %s \\x1b[2J\"\n");
}

TEST(Log, LinesBelowTheLevelAreNotPrinted) {
    EXPECT_EQ(captured([] { debug("quiet"); }), "");
    EXPECT_THAT(captured([] {
                    set_level(Level::error);
                    warning("quiet");
                    error("loud");
                    set_level(Level::info);
                }),
                testing::AllOf(HasSubstr(" error pncp-test: loud\n"), Not(HasSubstr("quiet"))));
}

TEST(Log, AnEndlessLineIsCutAndSaysSo) {
    const std::string lines = captured([] { info(std::string(1'000'000, 'x')); });
    EXPECT_LT(lines.size(), 5000U);
    EXPECT_THAT(lines, HasSubstr("more bytes]\n"));
}

TEST(Log, AClosedStderrIsSurvived) {
    captured([] {
        close(STDERR_FILENO);
        error("nobody hears");
    });
}

}  // namespace
}  // namespace pncp::log
