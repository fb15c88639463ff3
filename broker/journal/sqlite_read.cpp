// Reading: what the broker starts from, pages by topic, events by sequence.
#include <utility>

#include "broker/journal/sqlite_store.hpp"
#include "schema/limits.hpp"

namespace pncp::journal {
namespace {

constexpr const char* kReading = "read";

Id16 id_of(ByteView bytes) { return exactly<16>(bytes).value_or(Id16{}); }

/// Runs a query once and calls `row` for each row; false = SQLite failed.
template <typename Row>
bool for_each_row(sqlite3* database, const char* sql, Row row) {
    Statement query;
    if (!query.prepare(database, sql)) return false;
    for (;;) {
        switch (query.step()) {
            case Statement::Step::row:
                row(query);
                break;
            case Statement::Step::done:
                return true;
            case Statement::Step::failed:
                return false;
        }
    }
}

AgentRecord agent_of(const Statement& row) {
    AgentRecord agent;
    agent.id = row.text(0);
    agent.spool = id_of(row.blob(1));
    agent.made = {row.number(2), row.number(3)};
    agent.connected = row.integer(4) != 0;
    agent.all_acknowledged = row.integer(5) != 0;
    agent.last_seen_us = row.integer(6);
    agent.reason = row.text(7);
    agent.version = row.text(8);
    agent.boot_id = row.text(9);
    agent.clock_offset_us = row.integer(10);
    agent.clock_synced = row.integer(11) != 0;
    agent.catalogue = to_bytes(row.blob(12));
    return agent;
}

}  // namespace

Result<Recovered> SqliteStore::recover() {
    Recovered found;
    found.journal = journal_;
    found.oldest = oldest_;
    found.head = heads_.global;
    found.class_heads.assign(heads_.classes.begin(), heads_.classes.end());
    const std::string jobs =
        "SELECT * FROM (SELECT * FROM jobs WHERE ended=0 UNION ALL SELECT * FROM (SELECT * FROM jobs "
        "WHERE ended=1 ORDER BY first_seq DESC LIMIT " +
        std::to_string(limits::kJobsRemembered) + ")) ORDER BY first_seq";
    sqlite3* database = database_.get();
    const bool read =
        for_each_row(
            database,
            "SELECT id, spool, made_metrics, made_results, connected, all_acknowledged, last_seen_us, "
            "reason, version, boot_id, clock_offset_us, clock_synced, catalogue FROM agents ORDER BY id",
            [&](const Statement& row) { found.agents.push_back(agent_of(row)); }) &&
        for_each_row(database, "SELECT agent, spool, metrics, results FROM spools ORDER BY agent, spool",
                     [&](const Statement& row) {
                         found.spools.push_back(
                             {std::string(row.text(0)), id_of(row.blob(1)), {row.number(2), row.number(3)}});
                     }) &&
        for_each_row(database, jobs.c_str(),
                     [&](const Statement& row) {
                         found.jobs.push_back(
                             {id_of(row.blob(0)), row.number(1), row.integer(2), row.integer(3) != 0});
                     }) &&
        for_each_row(
            database, "SELECT consumer, sequence, heard_us FROM cursors ORDER BY consumer",
            [&](const Statement& row) {
                found.cursors.push_back({std::string(row.text(0)), row.number(1), row.integer(2), false});
            });
    if (!read) return failed(kReading);
    return found;
}

Page SqliteStore::empty_page() const { return {oldest_, heads_.global, heads_.global, {}}; }

Result<Page> SqliteStore::read(std::uint64_t after, std::string_view prefix, std::size_t limit,
                               std::size_t max_bytes) {
    if (after >= heads_.global) return empty_page();
    PageFill page(empty_page(), limit, max_bytes);
    if (const auto event_class = topic_class(prefix))
        return read_class(*event_class, after, prefix, std::move(page));
    return read_all(after, prefix, std::move(page));
}

Result<Page> SqliteStore::read_all(std::uint64_t after, std::string_view prefix, PageFill page) {
    Statement& query = statements_.read_all;
    const Rewind rewind(query);
    query.bind(1, after);
    for (std::size_t entries = 1;; ++entries) {
        const auto step = query.step();
        if (step == Statement::Step::failed) return failed(kReading);
        if (step == Statement::Step::done) return page.take();
        const std::uint64_t seq = query.number(0);
        if (query.text(1).starts_with(prefix) && !page.add(seq, query.blob(2))) return page.take();
        if (entries >= kEntriesPerRead && seq < heads_.global) {
            page.stop_at(seq);
            return page.take();
        }
    }
}

Result<Page> SqliteStore::read_class(EventClass event_class, std::uint64_t after, std::string_view prefix,
                                     PageFill page) {
    Statement& query = statements_.read_class;
    const Rewind rewind(query);
    query.bind(1, std::int64_t{static_cast<std::uint8_t>(event_class)}).bind(2, after);
    for (std::size_t entries = 1;; ++entries) {
        const auto step = query.step();
        if (step == Statement::Step::failed) return failed(kReading);
        if (step == Statement::Step::done) return page.take();
        const std::uint64_t seq = query.number(0);
        if (query.text(1).starts_with(prefix)) {
            Statement& event = statements_.read_event;
            const Rewind rewind_event(event);
            if (event.bind(1, seq).step() != Statement::Step::row) return failed(kReading);
            if (!page.add(seq, event.blob(0))) return page.take();
        }
        if (entries >= kEntriesPerRead && seq < heads_.global) {
            page.stop_at(seq);
            return page.take();
        }
    }
}

Result<std::vector<EventRow>> SqliteStore::read_some(const std::vector<std::uint64_t>& sequences,
                                                     std::size_t max_bytes) {
    PageFill page(empty_page(), sequences.size(), max_bytes);
    for (const std::uint64_t seq : sequences) {
        if (seq == 0 || seq > heads_.global) continue;
        Statement& event = statements_.read_event;
        const Rewind rewind(event);
        const auto step = event.bind(1, seq).step();
        if (step == Statement::Step::failed) return failed(kReading);
        if (step == Statement::Step::row && !page.add(seq, event.blob(0))) break;
    }
    return page.take().rows;
}

}  // namespace pncp::journal
