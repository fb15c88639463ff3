// Opening the journal: the file, its settings, its tables, and the heads that commits go on from.
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "broker/journal/sqlite_schema.hpp"
#include "broker/journal/sqlite_store.hpp"

namespace pncp::journal {
namespace {

constexpr const char* kOpening = "open";
/// Pages kept in memory: the hot ends of tables and indexes, and room for a large group before it spills into
/// the WAL.
constexpr std::int64_t kCacheKib = 16 * 1024;

/// Makes the file 0600 whatever the umask says, and its name durable. An existing file is only looked at,
/// never opened: closing a descriptor of it would drop the lock of a store that this process has open.
Status make_file(const std::string& path) {
    const auto refused = [&](const std::string& why) {
        return Error{"cannot open the journal " + path + ": " + why,
                     "the folder must exist and the broker's user must be able to write in it"};
    };
    const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0 && errno == EEXIST) {
        struct stat found {};
        if (::stat(path.c_str(), &found) != 0) return refused(std::generic_category().message(errno));
        if (!S_ISREG(found.st_mode)) return refused("it is not a regular file");
        return Done{};
    }
    if (file < 0) return refused(std::generic_category().message(errno));
    const bool moded = ::fchmod(file, 0600) == 0;
    const int mode_errno = errno;
    ::close(file);
    if (!moded) return refused(std::generic_category().message(mode_errno));

    const auto slash = path.rfind('/');
    const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
    const int directory = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const bool synced = directory >= 0 && ::fsync(directory) == 0;
    const int sync_errno = errno;
    if (directory >= 0) ::close(directory);
    if (!synced) return refused(std::generic_category().message(sync_errno));
    return Done{};
}

}  // namespace

Result<std::unique_ptr<SqliteStore>> SqliteStore::open(const SqliteOptions& options) {
    if (const Status made = make_file(options.path); !made) return made.error();
    sqlite3* raw = nullptr;
    const int code =
        sqlite3_open_v2(options.path.c_str(), &raw,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
    DatabaseHandle database(raw);
    if (!database) return Error{"cannot open the journal " + options.path + ": out of memory", ""};
    if (code != SQLITE_OK) return sqlite_error(raw, options.path, kOpening);

    std::unique_ptr<SqliteStore> store(new SqliteStore(options.path, std::move(database)));
    Status configured = store->configure(options);
    const bool no_room = !configured && is_full(sqlite3_extended_errcode(raw));
    if (!configured && !no_room) return configured.error();
    // From here on nobody else holds the journal, and so its reserve. On a full disk only letting that go
    // lets the journal be opened at all.
    store->reserve_.set_bytes(options.reserve_bytes);
    if (no_room) {
        store->let_reserve_go();
        configured = store->configure(options);
    }
    if (!configured) return configured.error();
    if (const Status ready = store->create_or_check(options); !ready) return ready.error();
    if (const Status ready = store->prepare(); !ready) return ready.error();
    if (const Status ready = store->load_heads(); !ready) return ready.error();
    store->disk_full_ = store->disk_full_ || !store->reserve_.hold();
    if (const Status ready = store->look_at_disk(); !ready) return ready.error();
    store->note_state();
    return store;
}

Error SqliteStore::failed(std::string_view doing) const {
    return sqlite_error(database_.get(), path_, doing);
}

Status SqliteStore::execute(const std::string& sql, std::string_view doing) {
    if (sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
        return failed(doing);
    return Done{};
}

Result<std::int64_t> SqliteStore::ask(const std::string& sql) {
    Statement question;
    if (!question.prepare(database_.get(), sql.c_str())) return failed(kOpening);
    switch (question.step()) {
        case Statement::Step::row:
            return question.integer(0);
        case Statement::Step::done:
            return std::int64_t{0};
        case Statement::Step::failed:
            break;
    }
    return failed(kOpening);
}

Status SqliteStore::configure(const SqliteOptions& options) {
    // The locking mode comes first: in WAL mode it must be known before the file is touched, and then no
    // "-shm" is made.
    const std::string before =
        "PRAGMA locking_mode=EXCLUSIVE; PRAGMA page_size=" + std::to_string(kSqlitePageBytes) +
        "; PRAGMA temp_store=MEMORY; PRAGMA cache_size=-" + std::to_string(kCacheKib);
    if (const Status done = execute(before, kOpening); !done) return done;
    // Looked at before WAL is switched on, which would write to a database that is not ours.
    const auto tables = ask("SELECT count(*) FROM sqlite_schema");
    if (!tables) return tables.error();
    const auto owner = ask("PRAGMA application_id");
    if (!owner) return owner.error();
    if (*tables != 0 && *owner != kSqliteApplicationId) {
        return Error{
            "cannot open the journal " + options.path + ": it is an SQLite database, but no journal of PNCP",
            "move it away, or name another file"};
    }
    const auto version = ask("PRAGMA user_version");
    if (!version) return version.error();
    if (*version > kSqliteSchemaVersion) {
        return Error{"the journal " + options.path + " has version " + std::to_string(*version) +
                         ", and this pncp-broker knows versions up to " +
                         std::to_string(kSqliteSchemaVersion),
                     "start the newer pncp-broker that wrote it, or name another file"};
    }

    Statement wal;
    if (!wal.prepare(database_.get(), "PRAGMA journal_mode=WAL") || wal.step() != Statement::Step::row)
        return failed(kOpening);
    if (wal.text(0) != "wal") {
        return Error{
            "cannot open the journal " + options.path + ": its file system does not allow a write-ahead log",
            "put it on a local disk"};
    }
    wal.reset();
    const auto page_bytes = ask("PRAGMA page_size");
    if (!page_bytes) return page_bytes.error();
    page_bytes_ = static_cast<std::uint64_t>(*page_bytes);
    synchronous_ = options.synchronous;
    const std::uint64_t wal_limit = wal_bytes(options.max_bytes);
    std::string after =
        "PRAGMA foreign_keys=OFF; PRAGMA wal_autocheckpoint=" + std::to_string(wal_limit / page_bytes_) +
        "; PRAGMA journal_size_limit=" + std::to_string(4 * wal_limit) +
        "; PRAGMA synchronous=" + (options.synchronous == Synchronous::full ? "FULL" : "NORMAL");
    if (options.max_bytes != 0) {
        max_pages_ = std::max<std::uint64_t>(1, options.max_bytes / page_bytes_);
        after += "; PRAGMA max_page_count=" + std::to_string(max_pages_);
    }
    return execute(after, kOpening);
}

Status SqliteStore::create_or_check(const SqliteOptions& options) {
    const auto tables = ask("SELECT count(*) FROM sqlite_schema");
    if (!tables) return tables.error();
    if (*tables == 0) {
        if (const Status made = create(options.new_journal_id); !made) {
            static_cast<void>(execute("ROLLBACK", kOpening));
            return made;
        }
    }
    const auto version = ask("PRAGMA user_version");
    if (!version) return version.error();
    if (*version < kSqliteSchemaVersion) {
        if (const Status migrated = execute(kSqliteFrom1To2, "bring up to date"); !migrated) {
            static_cast<void>(execute("ROLLBACK", kOpening));
            return migrated;
        }
    }
    Statement journal;
    if (!journal.prepare(database_.get(), "SELECT value FROM meta WHERE key='journal'"))
        return failed(kOpening);
    const auto step = journal.step();
    if (step == Statement::Step::failed) return failed(kOpening);
    const auto id = step == Statement::Step::row ? exactly<16>(journal.blob(0)) : std::nullopt;
    if (!id) {
        return Error{"the journal " + path_ + " is damaged: it does not say its id",
                     "stop the broker, keep a copy of the file and its -wal, and restore a backup"};
    }
    journal_ = *id;
    return Done{};
}

Status SqliteStore::create(const Id16& journal_id) {
    // One transaction, so that a broker killed here leaves an empty file, which is a new one to the next.
    const std::string sql = "BEGIN IMMEDIATE; " + std::string(kSqliteSchema) +
                            "INSERT INTO meta VALUES('journal', x'" + to_hex(journal_id) +
                            "'); PRAGMA application_id=" + std::to_string(kSqliteApplicationId) +
                            "; PRAGMA user_version=" + std::to_string(kSqliteSchemaVersion) + "; COMMIT";
    return execute(sql, "create");
}

Status SqliteStore::prepare() {
    struct Text {
        Statement& statement;
        const char* sql;
    };
    Statements& s = statements_;
    const Text texts[] = {
        {s.begin, "BEGIN IMMEDIATE"},
        {s.commit, "COMMIT"},
        {s.rollback, "ROLLBACK"},
        {s.find_spool,
         "SELECT id, metrics, results, last_seq, last_us FROM spools WHERE agent=?1 AND spool=?2"},
        {s.add_spool, "INSERT INTO spools(agent, spool, metrics, results) VALUES(?1, ?2, 0, 0)"},
        {s.set_spool, "UPDATE spools SET metrics=?2, results=?3, last_seq=?4, last_us=?5 WHERE id=?1"},
        {s.add_event, "INSERT INTO events VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"},
        {s.put_agent,
         "INSERT OR REPLACE INTO agents VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)"},
        {s.put_job, "INSERT OR REPLACE INTO jobs VALUES(?1, ?2, ?3, ?4)"},
        {s.put_cursor, "INSERT OR REPLACE INTO cursors VALUES(?1, ?2, ?3)"},
        {s.drop_cursor, "DELETE FROM cursors WHERE consumer=?1"},
        {s.read_all, "SELECT seq, topic, event FROM events WHERE seq>?1 ORDER BY seq"},
        {s.read_class,
         "SELECT seq, topic FROM events INDEXED BY events_by_class WHERE class=?1 AND seq>?2 ORDER BY seq"},
        {s.read_event, "SELECT event FROM events WHERE seq=?1"},
        {s.delete_event, "DELETE FROM events WHERE seq=?1"},
        {s.next_event, "SELECT seq, time_ns FROM events WHERE seq>?1 ORDER BY seq LIMIT 1"},
        {s.put_heads, "INSERT OR REPLACE INTO meta VALUES('heads', ?1)"},
        // An agent without a record has not said which spool is its present one: nothing of it goes.
        {s.old_spools,
         "SELECT id, agent, spool FROM spools AS s WHERE last_seq<?1 AND last_us<?2 "
         "AND spool<>(SELECT spool FROM agents WHERE agents.id=s.agent) LIMIT ?3"},
        {s.drop_spool, "DELETE FROM spools WHERE id=?1"},
        {s.drop_jobs,
         "DELETE FROM jobs WHERE rowid IN (SELECT rowid FROM jobs WHERE ended=1 AND first_seq<?1 LIMIT 256)"},
        {s.page_count, "PRAGMA page_count"},
        {s.free_count, "PRAGMA freelist_count"},
    };
    for (const Text& text : texts)
        if (!text.statement.prepare(database_.get(), text.sql)) return failed(kOpening);
    return Done{};
}

Status SqliteStore::load_heads() {
    if (const Status loaded = load_oldest(0); !loaded) return loaded;
    if (const Status loaded = load_kept_heads(); !loaded) return loaded;
    const auto head = ask("SELECT max(seq) FROM events");
    if (!head) return head.error();
    heads_.global = std::max(heads_.global, static_cast<std::uint64_t>(*head));
    for (std::size_t i = 0; i < kEventClasses; ++i) {
        const auto class_head =
            ask("SELECT class_seq FROM events INDEXED BY events_by_class WHERE class=" + std::to_string(i) +
                " ORDER BY seq DESC LIMIT 1");
        if (!class_head) return class_head.error();
        heads_.classes[i] = std::max(heads_.classes[i], static_cast<std::uint64_t>(*class_head));
    }
    return Done{};
}

Status SqliteStore::load_kept_heads() {
    Statement kept;
    if (!kept.prepare(database_.get(), "SELECT value FROM meta WHERE key='heads'")) return failed(kOpening);
    switch (kept.step()) {
        case Statement::Step::done:
            return Done{};
        case Statement::Step::failed:
            return failed(kOpening);
        case Statement::Step::row:
            break;
    }
    const ByteView bytes = kept.blob(0);
    if (bytes.size() != 8 * (1 + kEventClasses))
        return Error{"the journal " + path_ + " is damaged: its heads are unreadable",
                     "stop the broker, keep a copy of the file and its -wal, and restore a backup"};
    heads_.global = load_be<std::uint64_t>(bytes.data());
    for (std::size_t i = 0; i < kEventClasses; ++i)
        heads_.classes[i] = load_be<std::uint64_t>(bytes.data() + 8 * (i + 1));
    return Done{};
}

}  // namespace pncp::journal
