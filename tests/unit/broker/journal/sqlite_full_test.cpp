// A full journal or disk: the commit fails, nothing of it is there, reads work, and commits go on when there
// is room.
#include <sched.h>
#include <sys/mount.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <thread>

#include "tests/unit/broker/journal/bench.hpp"

namespace pncp::journal {
namespace {

constexpr std::size_t kGroupEvents = 20;

/// A group of 20 events of 1 kB, going on from what the journal holds.
Group next_group(Store& store) {
    const auto recovered = store.recover();
    if (!recovered) throw std::runtime_error(recovered.error().text());
    Numbering numbering(*recovered);
    std::uint64_t row = recovered->spools.empty() ? 0 : recovered->spools[0].heads.metrics;
    Group group;
    for (std::size_t i = 0; i < kGroupEvents; ++i)
        group.events.push_back(numbering.row({"pi-1", id16(1), Stream::metrics, ++row}, 1000));
    group.cursors = {{"log-writer", group.events.back().seq}};
    return group;
}

/// Commits until the store refuses, and returns the refusal.
Error fill(Store& store) {
    for (int i = 0; i < 10'000; ++i)
        if (const Status status = store.commit(next_group(store)); !status) return status.error();
    return {"never full", ""};
}

/// What a full journal must still be: whole groups only, readable, and full again for the next one.
void expect_whole(Store& store) {
    const auto recovered = store.recover();
    ASSERT_TRUE(recovered.ok()) << recovered.error().text();
    ASSERT_GT(recovered->head, 0U);
    EXPECT_EQ(recovered->head % kGroupEvents, 0U);
    EXPECT_EQ(recovered->spools.at(0).heads.metrics, recovered->head);
    EXPECT_EQ(recovered->cursors.at(0).sequence, recovered->head);
    EXPECT_EQ(read_sequences(store, "").size(), recovered->head);
    EXPECT_EQ(read_sequences(store, "metrics/pi-1/").size(), recovered->head);
    EXPECT_FALSE(store.commit(next_group(store)).ok());
    EXPECT_TRUE(store.full());
}

TEST(SqliteFull, AtItsCapCommitsFailCleanlyAndALargerCapLetsThemGoOn) {
    const TemporaryFolder folder;
    SqliteOptions options = options_for(folder.file("journal.sqlite"));
    options.max_bytes = 1 << 20;
    std::uint64_t head = 0;
    {
        const auto store = open_or_throw(options);
        const Error refusal = fill(*store);
        EXPECT_NE(refusal.message.find("cannot commit to the journal " + options.path), std::string::npos);
        EXPECT_NE(refusal.text().find("raise the journal's size limit"), std::string::npos);
        EXPECT_TRUE(store->full());
        expect_whole(*store);
        head = store->recover()->head;
    }
    EXPECT_LE(std::filesystem::file_size(options.path), options.max_bytes);
    options.max_bytes = 2 << 20;
    const auto store = open_or_throw(options);
    EXPECT_EQ(store->recover()->head, head);
    EXPECT_TRUE(succeeded(store->commit(next_group(*store))));
    EXPECT_FALSE(store->full());
}

TEST(SqliteFull, AtItsCapCursorsStillMove) {
    const TemporaryFolder folder;
    SqliteOptions options = options_for(folder.file("journal.sqlite"));
    options.max_bytes = 1 << 20;
    const auto store = open_or_throw(options);
    fill(*store);
    Group group;
    group.cursors = {{"log-writer", 1}};
    EXPECT_TRUE(succeeded(store->commit(group)));
    EXPECT_FALSE(store->full());
}

/// Runs in a thread with a mount namespace of its own, so that nobody else sees the file system. Returns why
/// not.
std::string mount_small_disk(const std::string& folder, const char* size = "size=3m") {
    if (unshare(CLONE_NEWNS) != 0) return std::string("no mount namespace: ") + std::strerror(errno);
    if (mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
        return std::string("cannot make mounts private: ") + std::strerror(errno);
    if (mount("tmpfs", folder.c_str(), "tmpfs", 0, size) != 0)
        return std::string("cannot mount a tmpfs: ") + std::strerror(errno);
    return "";
}

TEST(SqliteFull, OnAFullDiskCommitsFailCleanlyAndGoOnWhenThereIsRoom) {
    const TemporaryFolder folder;
    std::string why_not;
    std::thread([&] {
        why_not = mount_small_disk(folder.path());
        if (!why_not.empty()) return;
        const std::string ballast = folder.file("ballast");
        std::ofstream(ballast) << std::string(1 << 20, 'b');
        {
            const auto store = open_or_throw(options_for(folder.file("journal.sqlite")));
            const Error refusal = fill(*store);
            EXPECT_NE(refusal.text().find("the disk is full"), std::string::npos) << refusal.text();
            EXPECT_TRUE(store->full()) << refusal.text();
            expect_whole(*store);
            std::filesystem::remove(ballast);
            EXPECT_TRUE(succeeded(store->commit(next_group(*store))));
            fill(*store);
            expect_whole(*store);
        }
        const auto again = open_or_throw(options_for(folder.file("journal.sqlite")));
        EXPECT_EQ(read_sequences(*again, "").size(), again->recover()->head);
    }).join();
    if (!why_not.empty()) GTEST_SKIP() << "needs root and mounts: " << why_not;
}

TEST(SqliteFull, OnAFullDiskTheReserveServesAuditAndDeletingWorksAndRoomComesBackByItself) {
    const TemporaryFolder folder;
    std::string why_not;
    std::thread([&] {
        why_not = mount_small_disk(folder.path(), "size=8m");
        if (!why_not.empty()) return;
        std::ofstream(folder.file("ballast")) << std::string(2'500'000, 'b');
        SqliteOptions options = options_for(folder.file("journal.sqlite"));
        options.max_bytes = 4 << 20;
        options.reserve_bytes = 2 * SqliteStore::wal_bytes(options.max_bytes);
        const auto store = open_or_throw(options);
        EXPECT_FALSE(store->state().disk_full);
        fill(*store);
        EXPECT_TRUE(store->state().disk_full);
        EXPECT_EQ(store->state().metrics_room_bytes, 0U);
        EXPECT_FALSE(std::filesystem::exists(folder.file("journal.sqlite-reserve")));
        const std::uint64_t head = store->recover()->head;

        Numbering numbering(*store->recover());
        for (int i = 0; i < 500; ++i)
            ASSERT_TRUE(succeeded(store->commit(group_of({numbering.next(EventClass::audit, "ada", 500)}))))
                << "audit event " << i;
        Retention rule;
        EXPECT_TRUE(store->trim(rule, 256).ok());
        EXPECT_EQ(store->state().oldest, 1U) << "nobody has passed it, and the disk's being full is no cap";

        rule.passed = head;
        for (bool more = true; more;) {
            const auto trimmed = store->trim(rule, 256);
            ASSERT_TRUE(trimmed.ok()) << trimmed.error().text();
            more = trimmed->more;
        }
        EXPECT_GT(store->state().oldest, 1U);
        EXPECT_EQ(store->state().trimmed_unpassed, 0U);
        EXPECT_TRUE(store->state().disk_full);
        EXPECT_GT(store->state().metrics_room_bytes, 0U) << "in the pages of what was deleted";
        EXPECT_TRUE(succeeded(store->commit(next_group(*store))));
        EXPECT_EQ(read_sequences(*store, "").size(), store->recover()->head - store->state().oldest + 1);
    }).join();
    if (!why_not.empty()) GTEST_SKIP() << "needs root and mounts: " << why_not;
}

TEST(SqliteFull, WhenTheDiskHasRoomAgainTheReserveIsHeldAgain) {
    const TemporaryFolder folder;
    std::string why_not;
    std::thread([&] {
        why_not = mount_small_disk(folder.path());
        if (!why_not.empty()) return;
        const std::string ballast = folder.file("ballast");
        std::ofstream(ballast) << std::string(1'500'000, 'b');
        SqliteOptions options = options_for(folder.file("journal.sqlite"));
        options.reserve_bytes = 256 << 10;
        const auto store = open_or_throw(options);
        fill(*store);
        EXPECT_TRUE(store->state().disk_full);
        EXPECT_TRUE(store->trim({}, 256).ok());
        EXPECT_TRUE(store->state().disk_full);
        std::filesystem::remove(ballast);
        EXPECT_TRUE(store->trim({}, 256).ok());
        EXPECT_FALSE(store->state().disk_full);
        EXPECT_EQ(store->state().metrics_room_bytes, StoreState::kUnlimited);
        EXPECT_EQ(std::filesystem::file_size(folder.file("journal.sqlite-reserve")), options.reserve_bytes);
        EXPECT_TRUE(succeeded(store->commit(next_group(*store))));
    }).join();
    if (!why_not.empty()) GTEST_SKIP() << "needs root and mounts: " << why_not;
}

}  // namespace
}  // namespace pncp::journal
