// A broker killed by SIGKILL at any moment keeps every row it acknowledged.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/broker/journal/bench.hpp"

namespace pncp::journal {
namespace {

constexpr std::size_t kEventBytes = 300;

/// The child: goes on from the journal's head and writes the last sequence of each group to the pipe once it
/// is durable. Group sizes vary, so that the kill meets small commits, large ones and checkpoints.
[[noreturn]] void commit_until_killed(const std::string& path, int pipe, std::uint64_t kept) {
    auto store = SqliteStore::open(options_for(path));
    if (!store) _exit(2);
    const auto recovered = (*store)->recover();
    if (!recovered) _exit(3);
    Numbering numbering(*recovered);
    std::uint64_t row = recovered->spools.empty() ? 0 : recovered->spools[0].heads.metrics;
    for (std::size_t round = 0;; ++round) {
        Group group;
        for (std::size_t i = 0; i < 1 + round % 17 * 5; ++i)
            group.events.push_back(numbering.row({"pi-1", id16(1), Stream::metrics, ++row}, kEventBytes));
        group.cursors = {{"log-writer", group.events.back().seq}};
        if (!(*store)->commit(group)) _exit(4);
        const std::uint64_t acknowledged = group.events.back().seq;
        if (write(pipe, &acknowledged, sizeof acknowledged) != sizeof acknowledged) _exit(5);
        Retention rule;
        rule.passed = acknowledged - std::min(acknowledged, kept);
        rule.old_before_ns = std::numeric_limits<std::int64_t>::max();
        if (!(*store)->trim(rule, 30)) _exit(6);
    }
}

/// Reads acknowledgements until `enough` have come, kills the child, reads the rest. Returns the last one.
std::uint64_t kill_after(pid_t child, int pipe, std::size_t enough) {
    std::uint64_t last = 0;
    std::uint64_t acknowledged = 0;
    std::size_t count = 0;
    while (read(pipe, &acknowledged, sizeof acknowledged) == sizeof acknowledged) {
        last = acknowledged;
        if (++count == enough) kill(child, SIGKILL);
    }
    return last;
}

/// Kills a child that commits, and deletes all but the last `kept` events, at eight points of its life.
void kill_again_and_again(std::uint64_t kept) {
    const TemporaryFolder folder;
    const std::string path = folder.file("journal.sqlite");
    std::uint64_t head_before = 0;
    for (const std::size_t enough : {1U, 2U, 7U, 20U, 45U, 90U, 150U, 260U}) {
        SCOPED_TRACE("killed after " + std::to_string(enough) + " commits");
        int ends[2];
        ASSERT_EQ(pipe(ends), 0);
        const pid_t child = fork();
        ASSERT_GE(child, 0);
        if (child == 0) {
            close(ends[0]);
            commit_until_killed(path, ends[1], kept);
        }
        close(ends[1]);
        const std::uint64_t acknowledged = kill_after(child, ends[0], enough);
        close(ends[0]);
        int status = 0;
        ASSERT_EQ(waitpid(child, &status, 0), child);
        ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << "exit " << WEXITSTATUS(status);
        ASSERT_GT(acknowledged, head_before);

        const auto store = open_or_throw(options_for(path));
        const auto recovered = store->recover();
        ASSERT_TRUE(recovered.ok()) << recovered.error().text();
        EXPECT_GE(recovered->head, acknowledged);
        // Every event is a row of one stream here, so all heads agree when groups are whole.
        EXPECT_EQ(recovered->spools.at(0).heads.metrics, recovered->head);
        EXPECT_EQ(recovered->cursors.at(0).sequence, recovered->head);
        EXPECT_EQ(recovered->class_heads.at(0), recovered->head);
        const auto sequences = read_sequences(*store, "metrics/");
        ASSERT_EQ(sequences.size(), recovered->head - recovered->oldest + 1);
        ASSERT_LE(recovered->oldest, recovered->head - std::min(recovered->head, kept) + 1);
        for (std::size_t i = 0; i < sequences.size(); ++i) ASSERT_EQ(sequences[i], recovered->oldest + i);
        const auto last = store->read_some({acknowledged}, 1);
        ASSERT_TRUE(last.ok());
        EXPECT_EQ(last->at(0).event, Bytes(kEventBytes, static_cast<std::uint8_t>(acknowledged)));
        head_before = recovered->head;
        if (kept < enough) {
            EXPECT_GT(recovered->oldest, 1U);
        }
    }
}

TEST(SqliteCrash, EveryAcknowledgedRowSurvivesKillAndTheSequenceIsDense) {
    kill_again_and_again(std::numeric_limits<std::uint64_t>::max());
}

TEST(SqliteCrash, RetentionThatIsKilledDeletesNothingElseAndNoHeadFalls) { kill_again_and_again(10); }

TEST(SqliteCrash, AKilledBrokerFreesTheJournalForTheNext) {
    const TemporaryFolder folder;
    const std::string path = folder.file("journal.sqlite");
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        const auto store = SqliteStore::open(options_for(path));
        const char held = store.ok() ? 'y' : 'n';
        if (write(ends[1], &held, 1) != 1) _exit(2);
        for (;;) pause();
    }
    char held = 0;
    ASSERT_EQ(read(ends[0], &held, 1), 1);
    ASSERT_EQ(held, 'y');
    const auto refused = SqliteStore::open(options_for(path));
    ASSERT_FALSE(refused.ok());
    EXPECT_NE(refused.error().message.find("another pncp-broker holds the journal at " + path),
              std::string::npos);
    kill(child, SIGKILL);
    ASSERT_EQ(waitpid(child, nullptr, 0), child);
    EXPECT_TRUE(SqliteStore::open(options_for(path)).ok());
    close(ends[0]);
    close(ends[1]);
}

}  // namespace
}  // namespace pncp::journal
