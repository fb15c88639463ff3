// Retention: deleting the oldest events, forgetting spools and jobs of which nothing is left, and keeping
// account of the room that there is.
#include <sqlite3.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>

#include "broker/journal/sqlite_store.hpp"

namespace pncp::journal {
namespace {

constexpr const char* kTrimming = "delete old events from";
/// Shares of the cap (sixteenths) that are free at these marks.
constexpr std::uint64_t kMetricsEnd = 1;
constexpr std::uint64_t kOldestGo = 2;
constexpr std::uint64_t kPassedGo = 3;
/// Events deleted from one look at the pages to the next.
constexpr std::size_t kEventsPerLook = 32;

constexpr std::size_t kSpoolsPerPrune = 64;

std::uint64_t size_of(const std::string& path) {
    struct stat found {};
    return ::stat(path.c_str(), &found) == 0 ? static_cast<std::uint64_t>(found.st_size) : 0;
}

}  // namespace

std::uint64_t SqliteStore::wal_bytes(std::uint64_t max_bytes) {
    constexpr std::uint64_t kLeast = 256 * 1024;
    return max_bytes == 0 ? kWalBytes : std::clamp(max_bytes / 4, kLeast, kWalBytes);
}

std::uint64_t SqliteStore::Pages::share() const { return std::max<std::uint64_t>(8, cap / 16); }

std::uint64_t SqliteStore::Pages::mark(std::uint64_t shares) const {
    return cap > shares * share() ? cap - shares * share() : 0;
}

Status SqliteStore::look_at_pages() {
    const Rewind rewind_count(statements_.page_count);
    const Rewind rewind_free(statements_.free_count);
    if (statements_.page_count.step() != Statement::Step::row ||
        statements_.free_count.step() != Statement::Step::row)
        return failed("measure");
    pages_.count = statements_.page_count.number(0);
    pages_.used = pages_.count - std::min(pages_.count, statements_.free_count.number(0));
    pages_.cap = max_pages_;
    if (disk_full_) pages_.cap = max_pages_ == 0 ? pages_.count : std::min(max_pages_, pages_.count);
    return Done{};
}

Status SqliteStore::look_at_disk() {
    // Without a reserve there is nothing to be gained first: the next commit finds out.
    if (disk_full_ && reserve_.hold()) disk_full_ = starved_ = false;
    state_.file_bytes = size_of(path_) + size_of(path_ + "-wal");
    return look_at_pages();
}

void SqliteStore::note_state() {
    state_.oldest = oldest_;
    state_.head = heads_.global;
    state_.used_bytes = pages_.used * page_bytes_;
    state_.cap_bytes = max_pages_ * page_bytes_;
    state_.disk_full = disk_full_;
    state_.metrics_room_bytes = StoreState::kUnlimited;
    const std::uint64_t mark = pages_.mark(kMetricsEnd);
    if (pages_.cap != 0)
        state_.metrics_room_bytes = mark > pages_.used ? (mark - pages_.used) * page_bytes_ : 0;
    if (starved_) state_.metrics_room_bytes = 0;
}

void SqliteStore::let_reserve_go() {
    disk_full_ = true;
    reserve_.let_go();
    // What is in the WAL is brought into the file, so that the WAL is written again from its start.
    static_cast<void>(
        sqlite3_wal_checkpoint_v2(database_.get(), nullptr, SQLITE_CHECKPOINT_RESTART, nullptr, nullptr));
    static_cast<void>(look_at_pages());
}

SqliteStore::Due SqliteStore::due(const Retention& rule) const {
    if (oldest_ == 0) return Due::no;
    const bool passed = oldest_ <= rule.passed;
    if (passed && oldest_ns_ < rule.old_before_ns) return Due::passed;
    if (pages_.cap == 0) return Due::no;
    if (passed && (starved_ || pages_.used > pages_.mark(kPassedGo))) return Due::passed;
    // A full disk is no reason to take from a consumer what it has not had: its metrics wait at the agents.
    if (max_pages_ == 0) return Due::no;
    const Pages configured{pages_.used, pages_.count, max_pages_};
    return configured.used > configured.mark(kOldestGo) ? Due::at_cap : Due::no;
}

Status SqliteStore::load_oldest(std::uint64_t after) {
    Statement& next = statements_.next_event;
    const Rewind rewind(next);
    switch (next.bind(1, after).step()) {
        case Statement::Step::row:
            oldest_ = next.number(0);
            oldest_ns_ = next.integer(1);
            return Done{};
        case Statement::Step::done:
            oldest_ = 0;
            oldest_ns_ = 0;
            return Done{};
        case Statement::Step::failed:
            break;
    }
    return failed(kTrimming);
}

Status SqliteStore::delete_events(const Retention& rule, std::size_t max_events) {
    for (std::size_t count = 1; count <= max_events && due(rule) != Due::no; ++count) {
        if (!statements_.delete_event.bind(1, oldest_).run()) return failed(kTrimming);
        ++state_.trimmed;
        if (oldest_ > rule.passed) ++state_.trimmed_unpassed;
        if (const Status loaded = load_oldest(oldest_); !loaded) return loaded;
        if (count % kEventsPerLook != 0) continue;
        if (const Status looked = look_at_pages(); !looked) return looked;
        if (pages_.used <= pages_.mark(kPassedGo)) starved_ = false;
    }
    std::array<std::uint8_t, 8 * (1 + kEventClasses)> heads{};
    store_be(heads.data(), heads_.global);
    for (std::size_t i = 0; i < kEventClasses; ++i) store_be(heads.data() + 8 * (i + 1), heads_.classes[i]);
    if (!statements_.put_heads.bind(1, ByteView(heads)).run()) return failed(kTrimming);
    return Done{};
}

Status SqliteStore::prune(const Retention& rule, Trimmed& trimmed) {
    const std::uint64_t first_held = oldest_ == 0 ? heads_.global + 1 : oldest_;
    if (!statements_.drop_jobs.bind(1, first_held).run()) return failed(kTrimming);
    std::vector<std::int64_t> rows;
    {
        Statement& old = statements_.old_spools;
        const Rewind rewind(old);
        old.bind(1, first_held).bind(2, rule.spools_before_us).bind(3, std::uint64_t{kSpoolsPerPrune});
        for (auto step = old.step(); step != Statement::Step::done; step = old.step()) {
            if (step == Statement::Step::failed) return failed(kTrimming);
            rows.push_back(old.integer(0));
            trimmed.spools.push_back({std::string(old.text(1)), exactly<16>(old.blob(2)).value_or(Id16{})});
        }
    }
    for (const std::int64_t row : rows)
        if (!statements_.drop_spool.bind(1, row).run()) return failed(kTrimming);
    return Done{};
}

Result<Trimmed> SqliteStore::trim_once(const Retention& rule, std::size_t max_events) {
    Trimmed trimmed;
    const bool pruning = rule.spools_before_us > kPruneUs && rule.spools_before_us - kPruneUs >= pruned_us_;
    if (due(rule) == Due::no && !pruning) return trimmed;
    const std::uint64_t oldest_before = oldest_;
    const std::int64_t oldest_ns_before = oldest_ns_;
    const StoreState state_before = state_;
    // A power cut may bring back what is deleted here; that harms nobody, and no ACK waits for this disk.
    Status done = execute("PRAGMA synchronous=NORMAL; BEGIN IMMEDIATE", kTrimming);
    if (done) done = delete_events(rule, max_events);
    if (done && pruning) done = prune(rule, trimmed);
    if (done && !statements_.commit.run()) done = failed(kTrimming);
    if (done && pruning && trimmed.spools.size() < kSpoolsPerPrune) pruned_us_ = rule.spools_before_us;
    const bool no_room = !done && is_full(sqlite3_extended_errcode(database_.get()));
    if (!done) {
        roll_back();
        oldest_ = oldest_before;
        oldest_ns_ = oldest_ns_before;
        state_ = state_before;
        if (no_room && reserve_.held()) {
            let_reserve_go();
            trimmed.more = true;
        }
    }
    if (synchronous_ == Synchronous::full) {
        const Status restored = execute("PRAGMA synchronous=FULL", kTrimming);
        if (!restored) return restored.error();
    }
    if (!done && !trimmed.more) return done.error();
    return trimmed;
}

Result<Trimmed> SqliteStore::trim(const Retention& rule, std::size_t max_events) {
    auto trimmed = trim_once(rule, max_events);
    if (const Status looked = look_at_disk(); !looked) return looked.error();
    if (pages_.cap != 0 && pages_.used <= pages_.mark(kPassedGo)) starved_ = false;
    note_state();
    if (trimmed && due(rule) != Due::no) trimmed->more = true;
    return trimmed;
}

}  // namespace pncp::journal
