// The journal in one SQLite file: WAL, one connection, locked exclusively for as long as the broker runs. A
// second broker on the same file is refused, and the WAL-reset bug of SQLite 3.40, which needs two
// connections, can't arise. Thread rule: one thread at a time, any thread. Lifetime: closing it checkpoints
// the WAL into the file.
//
// The file may be copied while no broker runs, as one file; while one runs, its "-wal" belongs to it.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>

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
    /// Size limit of the file, 0 = none. The WAL beside it takes up to kWalBytes more, and a group's size for
    /// a while.
    std::uint64_t max_bytes = 0;
    Id16 new_journal_id{};  ///< the journal's id when the file is new; unused otherwise
};

class SqliteStore : public Store {
  public:
    /// The WAL is copied into the file when it reaches this: 16 MiB saves rewriting the same pages, and is
    /// little to replay when the broker starts.
    static constexpr std::int64_t kWalBytes = 16 * 1024 * 1024;
    /// Index entries that one read looks at before it returns an empty page: about 5 ms, so that a search
    /// through a large journal never holds up a commit for longer.
    static constexpr std::size_t kEntriesPerRead = 16'384;

    /// Opens or makes the journal. Fails, saying what to do, when the file belongs to another broker, is no
    /// journal of PNCP, is of a newer version, or cannot be read and written.
    [[nodiscard]] static Result<std::unique_ptr<SqliteStore>> open(const SqliteOptions& options);

    [[nodiscard]] Result<Recovered> recover() override;
    [[nodiscard]] Status commit(const Group& group) override;
    [[nodiscard]] bool full() const override { return full_; }
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
    };
    /// A spool that the group being committed touches: its row in `spools` and its heads so far.
    struct OpenSpool {
        std::int64_t id = 0;
        StreamHeads heads;
    };
    using OpenSpools = std::map<std::pair<std::string, Id16>, OpenSpool>;

    SqliteStore(std::string path, DatabaseHandle database)
        : path_(std::move(path)), database_(std::move(database)) {}
    [[nodiscard]] Error failed(std::string_view doing) const;

    // sqlite_open.cpp
    [[nodiscard]] Status configure(const SqliteOptions& options);
    [[nodiscard]] Status create_or_check(const SqliteOptions& options);
    [[nodiscard]] Status create(const Id16& journal_id);
    [[nodiscard]] Status prepare();
    [[nodiscard]] Status load_heads();
    [[nodiscard]] Status execute(const std::string& sql, std::string_view doing);
    [[nodiscard]] Result<std::int64_t> ask(const std::string& sql);

    // sqlite_store.cpp
    [[nodiscard]] Error commit_failed();
    [[nodiscard]] Status write(const Group& group);
    [[nodiscard]] Status write_event(const StoredEvent& event, OpenSpools& spools);
    [[nodiscard]] Result<OpenSpool> find_spool(const Origin& origin);
    [[nodiscard]] Status write_records(const Group& group);

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
    bool full_ = false;
};

}  // namespace pncp::journal
