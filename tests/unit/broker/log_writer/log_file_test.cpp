#include "broker/log_writer/log_file.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "broker/log_writer/log_writer.hpp"
#include "tests/unit/schema/subscriber/fake_broker.hpp"

namespace pncp::log_writer {
namespace {

using pncp::testing::TempFolder;
using pncp::testing::test_event;

std::string contents(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream all;
    all << in.rdbuf();
    return all.str();
}
void overwrite(const std::string& path, const std::string& text) {
    std::ofstream(path, std::ios::binary) << text;
}
std::vector<std::string> lines_of(const std::string& path) {
    std::vector<std::string> lines;
    std::istringstream in(contents(path));
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
}

struct Said : Teller {
    std::vector<std::string> infos, warnings, errors;
    void info(const std::string& text) override { infos.push_back(text); }
    void warning(const std::string& text) override { warnings.push_back(text); }
    void error(const std::string& text) override { errors.push_back(text); }
};

/// Lets files grow to `bytes` only: a disk that is full, as far as write(2) is concerned.
class SmallDisk {
  public:
    explicit SmallDisk(std::size_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
        ::getrlimit(RLIMIT_FSIZE, &before_);
        rlimit limit{bytes, before_.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &limit);
    }
    ~SmallDisk() {
        ::setrlimit(RLIMIT_FSIZE, &before_);
        std::signal(SIGXFSZ, handler_);
    }
    SmallDisk(const SmallDisk&) = delete;
    SmallDisk& operator=(const SmallDisk&) = delete;

  private:
    rlimit before_{};
    void (*handler_)(int);
};

class LogFileTest : public ::testing::Test {
  protected:
    /// A whole file of a header and `events` lines; its text.
    std::string write_log(std::uint64_t events) {
        auto file = LogFile::open(path);
        EXPECT_TRUE(file.ok());
        LogWriter writer(*file, said);
        writer.set_time(now, 0);
        writer.on_journal(journal);
        for (std::uint64_t seq = 1; seq <= events; ++seq) EXPECT_TRUE(writer.on_event({seq, test_event()}));
        const auto durable = writer.settle(true);
        EXPECT_EQ(durable.value_or(0), events);
        return contents(path);
    }
    TempFolder folder;
    std::string path = folder / "pncp_log.txt";
    Id16 journal{7};
    Said said;
    std::int64_t now = 1'000;
};

TEST_F(LogFileTest, ANewFileIsReadableByTheGroupAndBeginsWithAHeader) {
    write_log(0);
    struct stat info {};
    ASSERT_EQ(::stat(path.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777U & ~0640U, 0U);
    const auto header = nlohmann::json::parse(lines_of(path).at(0));
    EXPECT_EQ(header["pncp_log"], 1);
    EXPECT_EQ(header["journal"], to_hex(journal));
    EXPECT_EQ(header["previous_sequence"], 0);
    EXPECT_EQ(header["previous_hash"], std::string(64, '0'));
}

TEST_F(LogFileTest, ATornLastLineIsCutAtEveryByteAndTheFileGoesOnFromTheLineBefore) {
    const std::string whole = write_log(3);
    const std::size_t last = whole.rfind('\n', whole.size() - 2) + 1;
    for (std::size_t size = last; size <= whole.size(); ++size) {
        overwrite(path, whole.substr(0, size));
        auto file = LogFile::open(path);
        ASSERT_TRUE(file.ok()) << size;
        const bool all = size == whole.size();
        EXPECT_EQ(file->chain().cursor, (Cursor{journal, all ? 3U : 2U})) << size;
        EXPECT_EQ(file->healed().empty(), all || size == last) << size;
        LogWriter writer(*file, said);
        writer.on_journal(journal);
        if (!all) {
            ASSERT_TRUE(writer.on_event({3, test_event()}));
        }
        (void)writer.settle(true);
        EXPECT_EQ(contents(path), whole) << "the same line again, chained to the one before";
    }
}

TEST_F(LogFileTest, AFileWithAHeaderOnlyGoesOnWhereTheHeaderSays) {
    write_log(0);
    auto file = LogFile::open(path);
    ASSERT_TRUE(file.ok());
    EXPECT_FALSE(file->fresh());
    EXPECT_EQ(file->chain().cursor, (Cursor{journal, 0}));
}

TEST_F(LogFileTest, AnEmptyFileAndATornHeaderAreBegunAnew) {
    const std::string header = write_log(0);
    for (std::size_t size = 0; size < header.size(); ++size) {
        overwrite(path, header.substr(0, size));
        auto file = LogFile::open(path);
        ASSERT_TRUE(file.ok()) << size;
        EXPECT_TRUE(file->fresh());
        EXPECT_EQ(contents(path), "");
    }
}

TEST_F(LogFileTest, AFileThatIsNoLogIsRefusedAndLeftAsItIs) {
    for (const std::string text : {"root:x:0:0\n", "hello", "{\"a\":1}\n{\"b\":2}\n"}) {
        overwrite(path, text);
        auto file = LogFile::open(path);
        ASSERT_FALSE(file.ok());
        EXPECT_NE(file.error().text().find("no PNCP log"), std::string::npos);
        EXPECT_EQ(contents(path), text);
    }
}

TEST_F(LogFileTest, DamagedLinesAtTheEndAreMovedAsideNotLost) {
    const std::string whole = write_log(3);
    std::string damaged = whole;
    damaged[damaged.size() - 150] ^= 1;
    overwrite(path, damaged);
    auto file = LogFile::open(path);
    ASSERT_TRUE(file.ok());
    EXPECT_EQ(file->chain().cursor.sequence, 2U);
    EXPECT_NE(file->healed().find("damaged"), std::string::npos);
    EXPECT_EQ(contents(path) + contents(path + ".damaged"), damaged);
}

TEST_F(LogFileTest, ASecondWriterIsKeptOut) {
    auto first = LogFile::open(path);
    ASSERT_TRUE(first.ok());
    auto second = LogFile::open(path);
    ASSERT_FALSE(second.ok());
    EXPECT_NE(second.error().text().find("another pncp-log-writer"), std::string::npos);
}

TEST_F(LogFileTest, AMissingFolderSaysWhatToDo) {
    auto file = LogFile::open(folder / "nowhere/pncp_log.txt");
    ASSERT_FALSE(file.ok());
    EXPECT_NE(file.error().text().find("make its folder"), std::string::npos) << file.error().text();
}

TEST_F(LogFileTest, AFullDiskHoldsTheCursorAndLosesNothing) {
    auto file = LogFile::open(path);
    ASSERT_TRUE(file.ok());
    LogWriter writer(*file, said);
    writer.set_time(now, 0);
    writer.on_journal(journal);
    std::uint64_t taken = 0;
    {
        const SmallDisk disk(2'000);
        for (int turn = 0; turn < 20; ++turn) {
            writer.set_time(now += 2'000, 0);
            for (int i = 0; i < 40 && writer.on_event({taken + 1, test_event()}); ++i) ++taken;
            EXPECT_EQ(writer.settle(false), std::nullopt);
        }
        EXPECT_TRUE(writer.failing());
        EXPECT_EQ(taken, LogFile::kGroupLines) << "takes no more than a group, then stalls";
        EXPECT_EQ(said.errors.size(), 1U) << "said once";
    }
    writer.set_time(now += 2'000, 0);
    EXPECT_EQ(writer.settle(false), taken);
    EXPECT_FALSE(writer.failing());
    const auto lines = lines_of(path);
    ASSERT_EQ(lines.size(), taken + 1);
    for (std::size_t i = 0; i < lines.size(); ++i) {
        const auto state = read_line(lines[i]);
        ASSERT_TRUE(state) << i;
        EXPECT_EQ(state->cursor.sequence, i);
    }
}

TEST_F(LogFileTest, LinesAreVisibleAtOnceAndSyncedOnceASecond) {
    auto file = LogFile::open(path);
    ASSERT_TRUE(file.ok());
    LogWriter writer(*file, said);
    writer.set_time(now, 0);
    writer.on_journal(journal);
    ASSERT_TRUE(writer.on_event({1, test_event()}));
    EXPECT_EQ(writer.settle(false), std::nullopt);
    EXPECT_EQ(lines_of(path).size(), 2U);
    EXPECT_EQ(writer.wake_at_ms(), now + 1'000);
    writer.set_time(now + 1'000, 0);
    EXPECT_EQ(writer.settle(false), 1U);
}

TEST_F(LogFileTest, AFullGroupIsSyncedAtOnceAndTheFeedAskedToGoOn) {
    auto file = LogFile::open(path);
    ASSERT_TRUE(file.ok());
    LogWriter writer(*file, said);
    writer.set_time(now, 0);
    writer.on_journal(journal);
    std::uint64_t seq = 0;
    while (writer.on_event({seq + 1, test_event()})) ++seq;
    EXPECT_EQ(seq, LogFile::kGroupLines);
    EXPECT_EQ(writer.settle(false), seq);
    EXPECT_EQ(writer.wake_at_ms(), 0);
    writer.set_time(now, 0);
    EXPECT_TRUE(writer.on_event({seq + 1, test_event()}));
}

TEST_F(LogFileTest, AfterTheFileWasMovedAwayTheChainGoesOnInANewOne) {
    auto file = LogFile::open(path);
    ASSERT_TRUE(file.ok());
    LogWriter writer(*file, said);
    writer.on_journal(journal);
    ASSERT_TRUE(writer.on_event({1, test_event()}));
    ASSERT_EQ(::rename(path.c_str(), (path + ".1").c_str()), 0);
    EXPECT_EQ(writer.reopen(), 1U) << "the old file's end is durable, and to be anchored";
    ASSERT_TRUE(writer.on_event({2, test_event()}));
    EXPECT_EQ(writer.settle(true), 2U);
    const auto old_lines = lines_of(path + ".1");
    const auto new_lines = lines_of(path);
    ASSERT_EQ(old_lines.size(), 2U);
    ASSERT_EQ(new_lines.size(), 2U);
    const auto header = nlohmann::json::parse(new_lines[0]);
    EXPECT_EQ(header["previous_sequence"], 1);
    EXPECT_EQ(header["previous_hash"], nlohmann::json::parse(old_lines[1])["hash"]);
    EXPECT_EQ(LogFile::open(path + ".1")->chain().cursor.sequence, 1U) << "its lock is free again";
}

TEST_F(LogFileTest, AReplacedJournalIsAGapAndTheCursorFollowsTheNewOne) {
    write_log(3);
    {
        auto file = LogFile::open(path);
        ASSERT_TRUE(file.ok());
        LogWriter writer(*file, said);
        const Id16 next{8};
        writer.on_gap({4, 0, "the journal was replaced", {next, 0}});
        writer.on_journal(next);
        ASSERT_TRUE(writer.on_event({1, test_event()}));
        EXPECT_EQ(writer.settle(true), 1U);
        EXPECT_EQ(said.warnings.size(), 1U);
    }
    auto file = LogFile::open(path);
    ASSERT_TRUE(file.ok());
    EXPECT_EQ(file->chain().cursor, (Cursor{Id16{8}, 1}));
}

}  // namespace
}  // namespace pncp::log_writer
