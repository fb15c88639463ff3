// Rotation and compression on a real disk, killed at every step.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <set>

#include "broker/log_writer/log_reader.hpp"
#include "broker/log_writer/log_set.hpp"
#include "broker/log_writer/log_writer.hpp"
#include "broker/log_writer/verifier.hpp"
#include "tests/unit/schema/subscriber/fake_broker.hpp"

namespace pncp::log_writer {
namespace {

using pncp::testing::TempFolder;
using pncp::testing::test_event;

struct Silent : Teller {
    void info(const std::string&) override {}
    void warning(const std::string& text) override { warnings.push_back(text); }
    void error(const std::string& text) override { errors.push_back(text); }
    std::vector<std::string> warnings, errors;
};

class RotateTest : public ::testing::Test {
  protected:
    /// Goes on from where the file stands to event `last`, as with a broker, three lines a group.
    void write_to(std::uint64_t last, const StepObserver& before = {}) {
        auto file = LogFile::open(path);
        ASSERT_TRUE(file.ok()) << file.error().text();
        LogWriter writer(*file, teller, policy, before);
        writer.set_time(1'000, wall_us);
        writer.on_journal(journal);
        while (file->chain().cursor.sequence < last) {
            for (int i = 0; i < 3 && file->chain().cursor.sequence < last; ++i)
                ASSERT_TRUE(writer.on_event({file->chain().cursor.sequence + 1, test_event()}));
            (void)writer.settle(true);
            writer.compress();
        }
        while (writer.wake_at_ms() <= 1'000) writer.compress();
    }
    std::set<std::string> names() const {
        std::set<std::string> all;
        for (const auto& entry : std::filesystem::directory_iterator(folder / "."))
            all.insert(entry.path().filename());
        return all;
    }
    /// Every event from `first` to `last` once, in order, in a chain without a fault; nothing half done is
    /// left.
    void expect_whole(std::uint64_t first, std::uint64_t last) const {
        Verifier verifier;
        const auto files = files_of_log(path);
        ASSERT_TRUE(files.ok());
        std::uint64_t seq = first - 1;
        for (const std::string& each : *files) {
            verifier.begin_file(each);
            auto reader = LogReader::open(each);
            ASSERT_TRUE(reader.ok());
            for (auto line = reader->next();; line = reader->next()) {
                ASSERT_TRUE(line.ok()) << line.error().text();
                if (!*line) break;
                verifier.line(**line);
                const auto record = read_record(**line);
                if (record && !record->header) {
                    EXPECT_EQ(record->state.cursor.sequence, ++seq);
                }
            }
            verifier.end_file(reader->torn_bytes(), each == path);
        }
        EXPECT_EQ(seq, last);
        for (const Finding& each : verifier.findings())
            ADD_FAILURE() << each.file << ":" << each.line << each.what;
        for (const std::string& name : names()) {
            EXPECT_FALSE(name.ends_with(".next") || name.ends_with(".part")) << name;
            EXPECT_TRUE(name == "pncp_log.txt" || !policy.compress || name.ends_with(".gz")) << name;
        }
    }
    TempFolder folder;
    std::string path = folder / "pncp_log.txt";
    Id16 journal{7};
    Silent teller;
    RotationPolicy policy{.size_bytes = 2'500, .age_ms = 0, .keep = 0, .compress = true};
    std::int64_t wall_us = 0;
};

TEST_F(RotateTest, FilesEndBySizeAreCompressedAndJoined) {
    write_to(30);
    expect_whole(1, 30);
    EXPECT_GE(names().size(), 4U);
    EXPECT_TRUE(names().contains("pncp_log.txt.000001.gz"));
    EXPECT_TRUE(teller.errors.empty());
}

TEST_F(RotateTest, AFileEndsByAgeEvenWhenNothingNewComes) {
    policy = {.size_bytes = 0, .age_ms = 60'000, .keep = 0, .compress = false};
    auto file = LogFile::open(path);
    ASSERT_TRUE(file.ok());
    LogWriter writer(*file, teller, policy);
    writer.set_time(0, 0);
    writer.on_journal(journal);
    ASSERT_TRUE(writer.on_event({1, test_event()}));
    EXPECT_EQ(writer.settle(true), 1U);
    writer.set_time(60'000, 60'000'000);
    (void)writer.settle(false);
    EXPECT_TRUE(names().contains("pncp_log.txt.000001"));
    EXPECT_FALSE(file->has_events());
    writer.set_time(120'000, 120'000'000);
    (void)writer.settle(false);
    EXPECT_EQ(names().size(), 2U) << "a header alone never ends";
    writer.set_time(120'000, 120'000'000);
    EXPECT_EQ(file->chain().cursor.sequence, 1U);
}

TEST_F(RotateTest, TheAgeOfAFileSurvivesARestart) {
    policy = {.size_bytes = 0, .age_ms = 60'000, .keep = 0, .compress = false};
    write_to(3);
    wall_us = 61'000'000;
    write_to(6);
    EXPECT_TRUE(names().contains("pncp_log.txt.000001"));
    expect_whole(1, 6);
}

TEST_F(RotateTest, RetentionKeepsTheNewestFiles) {
    policy.keep = 2;
    write_to(60);
    EXPECT_EQ(names().size(), 3U);
    auto reader = LogReader::open(files_of_log(path)->front());
    ASSERT_TRUE(reader.ok());
    const auto header = read_record(**reader->next());
    ASSERT_TRUE(header);
    expect_whole(header->state.cursor.sequence + 1, 60);
}

TEST_F(RotateTest, ANewFileHasTheModeOfTheOldOne) {
    write_to(3);
    ASSERT_EQ(::chmod(path.c_str(), 0604), 0);
    write_to(30);
    struct stat info {};
    ASSERT_EQ(::stat(path.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777U, 0604U);
    ASSERT_EQ(::stat((path + ".000001.gz").c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777U, 0604U);
}

TEST_F(RotateTest, ARotationThatFailsLeavesTheFileAsItWasAndIsSaid) {
    ASSERT_TRUE(std::filesystem::create_directories(path + ".next/in the way"));
    write_to(30);
    EXPECT_EQ(teller.errors.size(), 1U);
    std::filesystem::remove_all(path + ".next");
    EXPECT_EQ(names().size(), 1U);
    expect_whole(1, 30);
}

TEST_F(RotateTest, KilledAtAnyStepItLosesAndDoublesNothing) {
    std::vector<std::string> steps;
    write_to(20, [&](std::string_view step) { steps.emplace_back(step); });
    const std::set<std::string> kinds(steps.begin(), steps.end());
    for (const char* step : {"write next", "link old", "rename next", "sync folder", "rotated", "write part",
                             "sync part", "publish compressed", "remove plain", "compressed"})
        EXPECT_TRUE(kinds.contains(step)) << step;
    ASSERT_GE(steps.size(), 20U);
    for (std::size_t kill_at = 0; kill_at < steps.size(); ++kill_at) {
        for (const std::string& name : names()) std::filesystem::remove(folder / name);
        const pid_t child = ::fork();
        if (child == 0) {
            std::size_t at = 0;
            write_to(20, [&](std::string_view) {
                if (at++ == kill_at) ::raise(SIGKILL);
            });
            ::_exit(0);
        }
        int status = 0;
        ASSERT_EQ(::waitpid(child, &status, 0), child);
        ASSERT_TRUE(WIFSIGNALED(status)) << "at " << steps[kill_at];
        SCOPED_TRACE("killed before step " + std::to_string(kill_at) + ": " + steps[kill_at]);
        write_to(25);
        expect_whole(1, 25);
    }
}

TEST_F(RotateTest, AnEmptyFileDefersToTheCompressedOneBeforeIt) {
    write_to(30);
    auto reader = LogReader::open(path);
    ASSERT_TRUE(reader.ok());
    const auto header = read_record(**reader->next());
    ASSERT_TRUE(header);
    for (const std::string text : {"", "{\"pncp_log\":1,\"jour"}) {
        std::ofstream(path, std::ios::trunc) << text;
        auto file = LogFile::open(path);
        ASSERT_TRUE(file.ok()) << file.error().text();
        EXPECT_TRUE(file->fresh());
        EXPECT_EQ(file->chain().hash, header->previous);
        EXPECT_EQ(file->chain().cursor, header->state.cursor);
    }
    write_to(40);
    expect_whole(1, 40);
}

TEST_F(RotateTest, AMissingFileGoesOnAfterOneThatWasMovedAwayAndItsTornEndIsHealed) {
    policy = {};
    write_to(5);
    std::filesystem::rename(path, path + ".1");
    std::filesystem::resize_file(path + ".1", std::filesystem::file_size(path + ".1") - 10);
    auto file = LogFile::open(path);
    ASSERT_TRUE(file.ok()) << file.error().text();
    EXPECT_EQ(file->chain().cursor.sequence, 4U);
    EXPECT_NE(file->healed().find(".1"), std::string::npos);
}

TEST_F(RotateTest, AFileThatOnlyLooksLikeOneOfTheLogsIsPassedOverAndLeftAlone) {
    write_to(30);
    std::ofstream(path + ".swp") << "an editor's";
    std::ofstream(path + ".old.gz") << "nothing packed";
    std::filesystem::remove(path);
    auto file = LogFile::open(path);
    ASSERT_TRUE(file.ok()) << file.error().text();
    EXPECT_GT(file->chain().cursor.sequence, 0U);
    EXPECT_TRUE(std::filesystem::exists(path + ".swp"));
}

TEST_F(RotateTest, ADamagedOldFileIsSaidWhereTheLogWouldGoOnAfterIt) {
    write_to(30);
    const auto files = files_of_log(path);
    const std::string newest = (*files)[files->size() - 2];
    std::filesystem::resize_file(newest, std::filesystem::file_size(newest) - 20);
    std::filesystem::remove(path);
    const auto file = LogFile::open(path);
    ASSERT_FALSE(file.ok());
    EXPECT_NE(file.error().text().find("damaged"), std::string::npos) << file.error().text();
}

}  // namespace
}  // namespace pncp::log_writer
