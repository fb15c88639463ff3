// The journal in one SQLite file: WAL, one connection, locked exclusively for as long as the broker runs. A
// second broker on the same file is refused, and the WAL-reset bug of SQLite 3.40, which needs two
// connections, can't arise. Thread rule: one thread at a time, any thread. Lifetime: closing it checkpoints
// the WAL into the file.
//
// Room. Metrics leave the last sixteenth of the cap to commands, results and the broker's own events. At
// 13/16 of it the oldest events that everybody has passed go, at 14/16 the oldest whoever lacks them, so that
// commits never reach it. Pages of deleted events are used again: the file stops growing, and keeps its size.
// A disk that is full is such a cap at the file's present size, but nothing goes that somebody lacks.
//
// The file may be copied while no broker runs, as one file; while one runs, its "-wal" belongs to it.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "broker/journal/disk_reserve.hpp"
#include "broker/journal/group_check.hpp"
#include "broker/journal/page_fill.hpp"
#include "broker/journal/sqlite_handle.hpp"
#include "broker/journal/store.hpp"

namespace pncp::journal {

/// How a commit reaches the disk. `full` waits for it: what was acknowledged survives a power cut. `normal`
/// survives the broker's death, but a power cut may take back the last commits although they were
/// acknowledged.
enum class Synchronous : std::uint8_t { full, normal };

struct SqliteOptions {
    std::string path;  ///< made with mode 0600 when missing; its folder must exist
    Synchronous synchronous = Synchronous::full;
    /// Size limit of the file, 0 = none. The WAL beside it takes up to wal_bytes() more, and a group's size
    /// for a while.
    std::uint64_t max_bytes = 0;
    Id16 new_journal_id{};  ///< the journal's id when the file is new; unused otherwise
    /// Bytes of the disk kept beside the file, let go when the disk is full: commands, results and the
    /// broker's own events are still committed then. Twice wal_bytes(): the WAL fits into the file then, and
    /// as much again. 0 = none.
    std::uint64_t reserve_bytes = 0;
};

class SqliteStore : public Store {
  public:
    /// The WAL is copied into the file when it reaches this: 16 MiB saves rewriting the same pages, and is
    /// little to replay when the broker starts.
    static constexpr std::uint64_t kWalBytes = 16 * 1024 * 1024;
    /// Of a journal with this cap: a quarter of it at most, at least 256 KiB.
    [[nodiscard]] static std::uint64_t wal_bytes(std::uint64_t max_bytes);
    /// Index entries that one read looks at before it returns an empty page: about 5 ms, so that a search
    /// through a large journal never holds up a commit for longer.
    static constexpr std::size_t kEntriesPerRead = 16'384;
    /// Spools and jobs of which nothing is left are looked for when the rule has moved on by this much.
    static constexpr std::int64_t kPruneUs = 600LL * 1'000'000;

    /// Opens or makes the journal. Fails, saying what to do, when the file belongs to another broker, is no
    /// journal of PNCP, is of a newer version, or cannot be read and written.
    [[nodiscard]] static Result<std::unique_ptr<SqliteStore>> open(const SqliteOptions& options);

    [[nodiscard]] Result<Recovered> recover() override;
    [[nodiscard]] Status commit(const Group& group) override;
    [[nodiscard]] bool full() const override { return full_; }
    [[nodiscard]] Result<Trimmed> trim(const Retention& rule, std::size_t max_events) override;
    [[nodiscard]] StoreState state() const override { return state_; }
    [[nodiscard]] Result<Page> read(std::uint64_t after, std::string_view prefix, std::size_t limit,
                                    std::size_t max_bytes) override;
    [[nodiscard]] Result<std::vector<EventRow>> read_some(const std::vector<std::uint64_t>& sequences,
                                                          std::size_t max_bytes) override;

  private:
    struct Statements {
        Statement begin, commit, rollback;
        Statement find_spool, add_spool, set_spool;
        Statement add_event, put_agent, put_job, put_cursor;
        Statement read_all, read_class, read_event;
        Statement drop_cursor, delete_event, next_event, put_heads;
        Statement old_spools, drop_spool, drop_jobs;
        Statement page_count, free_count;
    };
    /// Pages of the file, from the last look. `cap` is what bounds them now, 0 = nothing does.
    struct Pages {
        std::uint64_t used = 0;
        std::uint64_t count = 0;
        std::uint64_t cap = 0;
        /// The unit that room is shared out in: a sixteenth, at least 64 KiB.
        [[nodiscard]] std::uint64_t share() const;
        [[nodiscard]] std::uint64_t mark(std::uint64_t shares) const;
    };
    /// A spool that the group being committed touches: its row in `spools` and its heads so far.
    struct OpenSpool {
        std::int64_t id = 0;
        StreamHeads heads;
        std::uint64_t last_seq = 0;
        std::int64_t last_us = 0;
    };
    using OpenSpools = std::map<std::pair<std::string, Id16>, OpenSpool>;

    SqliteStore(std::string path, DatabaseHandle database)
        : path_(std::move(path)), database_(std::move(database)), reserve_(path_ + "-reserve") {}
    [[nodiscard]] Error failed(std::string_view doing) const;

    // sqlite_open.cpp
    [[nodiscard]] Status configure(const SqliteOptions& options);
    [[nodiscard]] Status create_or_check(const SqliteOptions& options);
    [[nodiscard]] Status create(const Id16& journal_id);
    [[nodiscard]] Status prepare();
    [[nodiscard]] Status load_heads();
    [[nodiscard]] Status load_kept_heads();
    [[nodiscard]] Status execute(const std::string& sql, std::string_view doing);
    [[nodiscard]] Result<std::int64_t> ask(const std::string& sql);

    // sqlite_store.cpp
    void roll_back();
    void no_room(const Group& group);
    [[nodiscard]] Error commit_failed();
    [[nodiscard]] Status write(const Group& group);
    [[nodiscard]] Status write_event(const StoredEvent& event, OpenSpools& spools);
    [[nodiscard]] Result<OpenSpool> find_spool(const Origin& origin);
    [[nodiscard]] Status write_records(const Group& group);

    // sqlite_trim.cpp
    [[nodiscard]] Status look_at_pages();
    [[nodiscard]] Status look_at_disk();
    void note_state();
    void let_reserve_go();
    enum class Due : std::uint8_t { no, passed, at_cap };
    [[nodiscard]] Due due(const Retention& rule) const;
    [[nodiscard]] Status load_oldest(std::uint64_t after);
    [[nodiscard]] Status delete_events(const Retention& rule, std::size_t max_events);
    [[nodiscard]] Result<Trimmed> trim_once(const Retention& rule, std::size_t max_events);
    [[nodiscard]] Status prune(const Retention& rule, Trimmed& trimmed);

    // sqlite_read.cpp
    [[nodiscard]] Result<Page> read_all(std::uint64_t after, std::string_view prefix, PageFill page);
    [[nodiscard]] Result<Page> read_class(EventClass event_class, std::uint64_t after,
                                          std::string_view prefix, PageFill page);
    [[nodiscard]] Page empty_page() const;

    std::string path_;
    DatabaseHandle database_;
    Statements statements_;  ///< after database_, so that they go first
    Id16 journal_{};
    SequenceHeads heads_;
    std::uint64_t oldest_ = 0;
    std::int64_t oldest_ns_ = 0;  ///< the time of that event
    bool full_ = false;
    bool starved_ = false;  ///< a commit found no room, and nothing has been gained since
    bool disk_full_ = false;
    DiskReserve reserve_;
    std::uint64_t page_bytes_ = 0;
    std::uint64_t max_pages_ = 0;  ///< 0 = no cap
    Synchronous synchronous_ = Synchronous::full;
    Pages pages_;
    std::int64_t pruned_us_ = std::numeric_limits<std::int64_t>::min();
    StoreState state_;
};

}  // namespace pncp::journal
