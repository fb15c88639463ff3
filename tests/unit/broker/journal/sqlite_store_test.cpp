// What is special about the file: whose it is, who holds it, and that long searches come in steps.
#include "broker/journal/sqlite_store.hpp"

#include <sqlite3.h>
#include <sys/stat.h>

#include <fstream>

#include "tests/unit/broker/journal/bench.hpp"

namespace pncp::journal {
namespace {

class SqliteFile : public ::testing::Test {
  protected:
    std::string path() const { return folder_.file("journal.sqlite"); }
    std::string open_error() const {
        const auto store = SqliteStore::open(options_for(path()));
        return store ? "" : store.error().text();
    }
    /// Runs SQL on the file as another program would.
    void run_sql(const std::string& sql) const {
        sqlite3* raw = nullptr;
        ASSERT_EQ(sqlite3_open(path().c_str(), &raw), SQLITE_OK);
        const DatabaseHandle database(raw);
        ASSERT_EQ(sqlite3_exec(raw, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
            << sqlite3_errmsg(raw);
    }
    static unsigned mode_of(const std::string& path) {
        struct stat found {};
        return ::stat(path.c_str(), &found) == 0 ? found.st_mode & 07777U : 0U;
    }

    TemporaryFolder folder_;
};

TEST_F(SqliteFile, OnlyItsOwnerMayReadTheFileWhateverTheUmask) {
    for (const mode_t mask : {mode_t{0}, mode_t{0277}}) {
        const std::string path = folder_.file("journal-" + std::to_string(mask));
        const mode_t before = ::umask(mask);
        const auto store = SqliteStore::open(options_for(path));
        ::umask(before);
        ASSERT_TRUE(store.ok()) << store.error().text();
        EXPECT_EQ(mode_of(path), 0600U);
        EXPECT_EQ(mode_of(path + "-wal") & 0077U, 0U);
    }
}

TEST_F(SqliteFile, KeepsTheIdItWasMadeWith) {
    open_or_throw(options_for(path()));
    SqliteOptions other = options_for(path());
    other.new_journal_id = id16(9);
    EXPECT_EQ(open_or_throw(other)->recover()->journal, id16(7));
}

TEST_F(SqliteFile, ASecondBrokerIsRefusedAndTheFirstGoesOn) {
    const auto first = open_or_throw(options_for(path()));
    EXPECT_NE(open_error().find("another pncp-broker holds the journal at " + path()), std::string::npos);
    Numbering numbering;
    EXPECT_TRUE(succeeded(first->commit(group_of({numbering.next(EventClass::metrics, "pi-1")}))));
    EXPECT_NE(open_error().find("another pncp-broker"), std::string::npos);
}

TEST_F(SqliteFile, OneThatIsNoDatabaseIsRefusedAndLeftAsItIs) {
    const std::string text(5000, 'x');
    std::ofstream(path()) << text;
    EXPECT_NE(open_error().find("it is not an SQLite database"), std::string::npos) << open_error();
    std::ifstream file(path());
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), text);
}

TEST_F(SqliteFile, SomebodyElsesDatabaseIsRefused) {
    run_sql("CREATE TABLE t(x)");
    EXPECT_NE(open_error().find("no journal of PNCP"), std::string::npos) << open_error();
}

TEST_F(SqliteFile, ANewerVersionIsRefused) {
    open_or_throw(options_for(path()));
    run_sql("PRAGMA user_version=3");
    EXPECT_NE(open_error().find("has version 3, and this pncp-broker knows versions up to 2"),
              std::string::npos)
        << open_error();
}

TEST_F(SqliteFile, AJournalWithoutItsIdIsDamaged) {
    open_or_throw(options_for(path()));
    run_sql("DELETE FROM meta");
    EXPECT_NE(open_error().find("it does not say its id"), std::string::npos) << open_error();
}

TEST_F(SqliteFile, AMissingFolderAndAFolderInItsPlaceAreSaidClearly) {
    const auto missing = SqliteStore::open(options_for(folder_.file("no/journal.sqlite")));
    ASSERT_FALSE(missing.ok());
    EXPECT_NE(missing.error().text().find("the folder must exist"), std::string::npos);
    const auto folder = SqliteStore::open(options_for(folder_.path()));
    ASSERT_FALSE(folder.ok());
    EXPECT_NE(folder.error().text().find("not a regular file"), std::string::npos);
}

TEST_F(SqliteFile, AnEmptyFileOfABrokerKilledAtItsFirstStartIsANewJournal) {
    std::ofstream(path()).flush();
    EXPECT_EQ(open_error(), "");
}

TEST_F(SqliteFile, HalfAJournalIsAnErrorAndNeverACrash) {
    {
        const auto store = open_or_throw(options_for(path()));
        Numbering numbering;
        std::vector<StoredEvent> events;
        for (int i = 0; i < 500; ++i) events.push_back(numbering.next(EventClass::metrics, "pi-1", 1000));
        ASSERT_TRUE(succeeded(store->commit(group_of(events))));
    }
    std::filesystem::resize_file(path(), std::filesystem::file_size(path()) / 2);
    auto store = SqliteStore::open(options_for(path()));
    const auto page = store ? (*store)->read(0, "", 100'000, 100'000'000) : Result<Page>(store.error());
    ASSERT_FALSE(page.ok());
    EXPECT_NE(page.error().text().find("damaged"), std::string::npos) << page.error().text();
    EXPECT_NE(page.error().text().find("restore a backup"), std::string::npos);
}

TEST_F(SqliteFile, ALongSearchComesInStepsAndStillFindsEverything) {
    const auto store = open_or_throw(options_for(path()));
    Numbering numbering;
    std::vector<StoredEvent> events{numbering.next(EventClass::metrics, "pi-rare")};
    while (events.size() < 3 * SqliteStore::kEntriesPerRead)
        events.push_back(numbering.next(EventClass::metrics, "pi-1"));
    events.push_back(numbering.next(EventClass::metrics, "pi-rare"));
    const std::uint64_t last = events.back().seq;
    ASSERT_TRUE(succeeded(store->commit(group_of(std::move(events)))));

    const auto step = store->read(1, "metrics/pi-rare/", 10, 1000);
    ASSERT_TRUE(step.ok());
    EXPECT_TRUE(step->rows.empty());
    EXPECT_EQ(step->next, 1 + SqliteStore::kEntriesPerRead);
    EXPECT_EQ(read_sequences(*store, "metrics/pi-rare/"), (std::vector<std::uint64_t>{1, last}));
    EXPECT_EQ(read_sequences(*store, "metrics/pi-r"), (std::vector<std::uint64_t>{1, last}));
    EXPECT_EQ(read_sequences(*store, "m").size(), last);
}

TEST_F(SqliteFile, ClosingLeavesOneFile) {
    {
        const auto store = open_or_throw(options_for(path()));
        Numbering numbering;
        ASSERT_TRUE(succeeded(store->commit(group_of({numbering.next(EventClass::metrics, "pi-1")}))));
        EXPECT_FALSE(std::filesystem::exists(path() + "-shm"));
    }
    EXPECT_FALSE(std::filesystem::exists(path() + "-wal"));
    EXPECT_EQ(open_or_throw(options_for(path()))->recover()->head, 1U);
}

}  // namespace
}  // namespace pncp::journal
