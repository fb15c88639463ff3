// Real files: what is written is found again, whatever is torn, strange, full or read-only.
#include "agent/spool/spool_folder.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <thread>

#include "tests/unit/schema/program/temporary_folder.hpp"

namespace pncp::agent {
namespace {

namespace fs = std::filesystem;
using pncp::test::TemporaryFolder;

Id16 spool_id(std::uint8_t number) { return Id16{number}; }

struct SpoolFolderTest : ::testing::Test {
    TemporaryFolder temporary;
    std::string path = temporary / "spool";

    SpoolFolder::Opened open(std::uint8_t id, const std::string& agent = "pi-1") {
        auto opened = SpoolFolder::open(path, {agent, "boot", spool_id(id)});
        if (!opened) throw std::runtime_error(opened.error().text());
        return std::move(*opened);
    }
    static SpoolAppend write(std::uint64_t first, int rows, std::uint32_t segment, std::uint32_t offset,
                             std::uint8_t id, Stream stream = Stream::metrics) {
        std::vector<Row> made;
        RowRefs refs;
        for (int i = 0; i < rows; ++i)
            made.push_back(
                {stream, first + static_cast<std::uint64_t>(i), RowKind::metrics, 1, 2, true, Bytes(50)});
        for (const Row& row : made) refs.push_back(&row);
        SpoolAppend append{stream, segment, offset, {}};
        append_records(append.bytes, spool_id(id), refs);
        return append;
    }
    /// Rows that can be read back of a former spool.
    static std::size_t rows_of(const SpoolFolder& folder, const FormerSpool& former) {
        std::size_t rows = 0;
        for (const Extent& extent : former.metrics) {
            const auto bytes = folder.read({former.id, Stream::metrics, extent});
            if (!bytes) continue;
            if (const auto read = read_records(*bytes, former.id, Stream::metrics)) rows += read->size();
        }
        return rows;
    }
    [[nodiscard]] std::vector<std::string> names() const {
        std::vector<std::string> found;
        for (const auto& entry : fs::directory_iterator(path)) found.push_back(entry.path().filename());
        std::sort(found.begin(), found.end());
        return found;
    }
    [[nodiscard]] std::string only_file_with(const std::string& part) const {
        for (const auto& name : names())
            if (name.find(part) != std::string::npos) return path + "/" + name;
        return "";
    }
};

TEST_F(SpoolFolderTest, WhatWasWrittenIsFoundByTheNextRun) {
    {
        auto first = open(1);
        EXPECT_TRUE(first.begun);
        EXPECT_TRUE(first.formers.empty());
        const auto one = write(1, 10, 1, kSpoolHeaderBytes, 1);
        ASSERT_TRUE(first.folder.append(one));
        ASSERT_TRUE(first.folder.append(
            write(11, 5, 1, static_cast<std::uint32_t>(kSpoolHeaderBytes + one.bytes.size()), 1)));
        ASSERT_TRUE(first.folder.append(write(1, 2, 1, kSpoolHeaderBytes, 1, Stream::results)));
    }
    auto second = open(2);
    ASSERT_EQ(second.formers.size(), 1U);
    EXPECT_EQ(second.formers[0].id, spool_id(1));
    EXPECT_EQ(second.formers[0].heads, (StreamHeads{15, 2}));
    EXPECT_FALSE(second.formers[0].clean);
    EXPECT_EQ(second.formers[0].boot_id, "boot");
    EXPECT_EQ(rows_of(second.folder, second.formers[0]), 15U);
    ASSERT_TRUE(second.folder.forget({spool_id(1)}));
    EXPECT_EQ(names().size(), 1U);
}

TEST_F(SpoolFolderTest, FolderAndFilesAreForNobodyElse) {
    auto opened = open(1);
    ASSERT_TRUE(opened.folder.append(write(1, 1, 1, kSpoolHeaderBytes, 1)));
    EXPECT_EQ(fs::status(path).permissions(), fs::perms::owner_all);
    for (const auto& name : names())
        EXPECT_EQ(fs::status(path + "/" + name).permissions(),
                  fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(SpoolFolderTest, AFolderThatOthersCanReadIsRefused) {
    fs::create_directory(path);
    fs::permissions(path, fs::perms::owner_all | fs::perms::group_read);
    EXPECT_FALSE(SpoolFolder::open(path, {"pi-1", "boot", spool_id(1)}));
}

TEST_F(SpoolFolderTest, TwoAgentsCannotShareAFolder) {
    auto opened = open(1);
    const auto second = SpoolFolder::open(path, {"pi-1", "boot", spool_id(2)});
    ASSERT_FALSE(second);
    EXPECT_NE(second.error().text().find("in use"), std::string::npos);
}

TEST_F(SpoolFolderTest, AnEndInOrderIsFoundAndATornOneIsNot) {
    {
        auto opened = open(1);
        ASSERT_TRUE(opened.folder.append(write(1, 3, 1, kSpoolHeaderBytes, 1)));
        ASSERT_TRUE(opened.folder.close({{3, 0}}));
    }
    {
        auto next = open(2);
        ASSERT_EQ(next.formers.size(), 1U);
        EXPECT_TRUE(next.formers[0].clean);
        EXPECT_EQ(next.formers[0].heads, (StreamHeads{3, 0}));
    }
    fs::resize_file(only_file_with(to_hex(spool_id(1)) + ".mark"), kSpoolHeaderBytes + kSpoolEndBytes - 1);
    EXPECT_FALSE(open(3).formers[0].clean);
}

TEST_F(SpoolFolderTest, ASegmentCutAtAnyByteIsReadUpToItsLastWholeRecord) {
    std::string name;
    std::uint32_t first_end = 0;
    {
        auto opened = open(1);
        const auto one = write(1, 2, 1, kSpoolHeaderBytes, 1);
        first_end = static_cast<std::uint32_t>(kSpoolHeaderBytes + one.bytes.size());
        ASSERT_TRUE(opened.folder.append(one));
        ASSERT_TRUE(opened.folder.append(write(3, 2, 1, first_end, 1)));
        name = only_file_with(".m0000");
    }
    for (auto size = fs::file_size(name) - 1; size > 0; size -= 7) {
        fs::resize_file(name, size);
        auto opened = SpoolFolder::open(path, {"pi-1", "boot", spool_id(2)});
        ASSERT_TRUE(opened) << opened.error().text();
        ASSERT_EQ(opened->formers[0].id, spool_id(1));
        EXPECT_EQ(rows_of(opened->folder, opened->formers[0]), size >= first_end ? 2U : 0U) << size;
        EXPECT_TRUE(opened->warnings.empty()) << "a torn end is no news";
        (void)opened->folder.forget({spool_id(2)});
        if (size < 8) break;
    }
}

TEST_F(SpoolFolderTest, FilesOfAnotherAgentAreSetAsideAndNotDelivered) {
    {
        auto theirs = open(1, "pi-2");
        ASSERT_TRUE(theirs.folder.append(write(1, 3, 1, kSpoolHeaderBytes, 1)));
    }
    auto ours = open(2);
    EXPECT_TRUE(ours.formers.empty());
    ASSERT_EQ(ours.warnings.size(), 2U);
    EXPECT_NE(ours.warnings[0].find("belongs to the agent pi-2"), std::string::npos) << ours.warnings[0];
    std::size_t aside = 0;
    for (const auto& name : names()) aside += name.ends_with(".aside");
    EXPECT_EQ(aside, 2U);
}

TEST_F(SpoolFolderTest, ADamagedSegmentIsSetAsideAndItsSpoolLacksSomething) {
    {
        auto opened = open(1);
        ASSERT_TRUE(opened.folder.append(write(1, 3, 1, kSpoolHeaderBytes, 1)));
        ASSERT_TRUE(opened.folder.append(write(4, 3, 2, kSpoolHeaderBytes, 1)));
        ASSERT_TRUE(opened.folder.close({{6, 0}}));
    }
    {
        std::fstream file(only_file_with(".m00000001"), std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(20);
        file.put('x');
    }
    auto next = open(2);
    ASSERT_EQ(next.formers.size(), 1U);
    EXPECT_FALSE(next.formers[0].clean);
    EXPECT_EQ(rows_of(next.folder, next.formers[0]), 3U);
    ASSERT_EQ(next.warnings.size(), 1U);
    EXPECT_NE(next.warnings[0].find("is damaged"), std::string::npos);
    EXPECT_NE(only_file_with(".m00000001.aside"), "");
}

TEST_F(SpoolFolderTest, OneThatWasHandedOverIsKnownByItsMarkUntilItIsForgotten) {
    (void)open(1);
    {
        auto second = open(2);
        ASSERT_TRUE(second.folder.handed_over({spool_id(1)}));
    }
    auto third = open(3);
    ASSERT_EQ(third.formers.size(), 2U);
    EXPECT_TRUE(third.formers[0].handed_over);
    EXPECT_FALSE(third.formers[1].handed_over);
    ASSERT_TRUE(third.folder.forget({spool_id(1)}));
    ASSERT_TRUE(third.folder.forget({spool_id(2)}));
    EXPECT_EQ(names().size(), 1U);
}

TEST_F(SpoolFolderTest, StrangeNamesAreLeftAlone) {
    (void)open(1);
    std::ofstream(path + "/notes.txt") << "mine";
    std::ofstream(path + "/0000000009-nothex.mark") << "x";
    auto next = open(2);
    EXPECT_EQ(next.formers.size(), 1U);
    EXPECT_TRUE(fs::exists(path + "/notes.txt"));
}

TEST_F(SpoolFolderTest, SpoolsComeInTheOrderInWhichTheyWereBegun) {
    for (const std::uint8_t id : std::initializer_list<std::uint8_t>{9, 3, 7}) (void)open(id);
    auto last = open(1);
    ASSERT_EQ(last.formers.size(), 3U);
    EXPECT_EQ(last.formers[0].id, spool_id(9));
    EXPECT_EQ(last.formers[1].id, spool_id(3));
    EXPECT_EQ(last.formers[2].id, spool_id(7));
}

/// In a thread with a mount namespace of its own; why not, if it can't be.
std::string on_small_disk(const std::string& folder, const char* options, const std::function<void()>& work) {
    std::string why_not;
    std::thread([&] {
        if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
            mount("tmpfs", folder.c_str(), "tmpfs", 0, options) != 0)
            why_not = std::string("cannot mount a tmpfs: ") + std::strerror(errno);
        else
            work();
    }).join();
    return why_not;
}

TEST_F(SpoolFolderTest, OnAFullDiskAWriteFailsWholeAndNothingWrittenBeforeIsHurt) {
    fs::create_directory(path);
    const std::string why_not = on_small_disk(path, "size=64k,mode=0700", [&] {
        auto opened = open(1);
        const auto one = write(1, 20, 1, kSpoolHeaderBytes, 1);
        ASSERT_TRUE(opened.folder.append(one));
        const auto end = static_cast<std::uint32_t>(kSpoolHeaderBytes + one.bytes.size());
        const auto failed = opened.folder.append(write(21, 2'000, 1, end, 1));
        ASSERT_FALSE(failed);
        EXPECT_NE(failed.error().text().find("free some space"), std::string::npos) << failed.error().text();
        EXPECT_EQ(fs::file_size(only_file_with(".m0000")), end) << "half a write is undone";
        ASSERT_FALSE(opened.folder.append(write(21, 2'000, 2, kSpoolHeaderBytes, 1)));
        EXPECT_EQ(only_file_with(".m00000002"), "");
        ASSERT_TRUE(opened.folder.append(write(21, 1, 3, kSpoolHeaderBytes, 1)));
    });
    if (!why_not.empty()) GTEST_SKIP() << why_not;
}

TEST_F(SpoolFolderTest, OnAReadOnlyDiskFormerSpoolsAreReadAndThisOneIsInMemory) {
    fs::create_directory(path);
    const std::string why_not = on_small_disk(path, "size=1m,mode=0700", [&] {
        { ASSERT_TRUE(open(1).folder.append(write(1, 20, 1, kSpoolHeaderBytes, 1))); }
        ASSERT_EQ(mount(nullptr, path.c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr), 0);
        auto opened = open(2);
        EXPECT_FALSE(opened.begun);
        EXPECT_NE(opened.begun.error().text().find("make it writable"), std::string::npos)
            << opened.begun.error().text();
        ASSERT_EQ(opened.formers.size(), 1U);
        EXPECT_EQ(rows_of(opened.folder, opened.formers[0]), 20U);
        EXPECT_FALSE(opened.folder.forget({spool_id(1)}));
    });
    if (!why_not.empty()) GTEST_SKIP() << why_not;
}

}  // namespace
}  // namespace pncp::agent
