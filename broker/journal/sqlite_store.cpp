// Committing: one group, one transaction.
#include "broker/journal/sqlite_store.hpp"

#include <sqlite3.h>

#include <algorithm>

namespace pncp::journal {
namespace {

bool has_metrics(const Group& group) {
    return std::any_of(group.events.begin(), group.events.end(), [](const StoredEvent& event) {
        return event.origin && event.origin->stream == Stream::metrics;
    });
}

}  // namespace

Error SqliteStore::commit_failed() {
    full_ = is_full(sqlite3_extended_errcode(database_.get()));
    return failed("commit to");
}

Status SqliteStore::commit(const Group& group) {
    full_ = false;
    if (group.empty()) return Done{};
    const auto heads = heads_after(heads_, group.events);
    if (!heads) return heads.error();
    Status written = write(group);
    if (!written) roll_back();
    if (!written && full_) {
        const bool had_reserve = reserve_.held();
        no_room(group);
        // The reserve is for what is not metrics.
        if (had_reserve && !reserve_.held() && !has_metrics(group)) {
            full_ = false;
            written = write(group);
            if (!written) roll_back();
        }
    }
    if (!written) {
        note_state();
        return written;
    }
    heads_ = *heads;
    starved_ = false;
    if (oldest_ == 0 && !group.events.empty()) {
        oldest_ = group.events.front().seq;
        oldest_ns_ = group.events.front().time_ns;
    }
    // It is committed, whatever SQLite says of its pages now; the next trim() looks again.
    static_cast<void>(look_at_pages());
    note_state();
    return Done{};
}

void SqliteStore::roll_back() {
    // SQLite has rolled back by itself after some failures (full, I/O), and has not after others.
    if (sqlite3_get_autocommit(database_.get()) == 0) static_cast<void>(statements_.rollback.run());
}

void SqliteStore::no_room(const Group& group) {
    starved_ = true;
    std::uint64_t bytes = 0;
    for (const StoredEvent& event : group.events) bytes += event.event.size() + event.topic.size() + 64;
    // Twice as much as its bytes is more than any group takes. If the cap had room for that, the disk had
    // none.
    const bool cap_explains = max_pages_ != 0 && pages_.used + 2 * bytes / page_bytes_ >= max_pages_;
    if (!cap_explains) let_reserve_go();
}

Status SqliteStore::write(const Group& group) {
    if (!statements_.begin.run()) return commit_failed();
    OpenSpools spools;
    for (const StoredEvent& event : group.events)
        if (const Status written = write_event(event, spools); !written) return written;
    for (const auto& [key, spool] : spools) {
        statements_.set_spool.bind(1, spool.id)
            .bind(2, spool.heads.metrics)
            .bind(3, spool.heads.results)
            .bind(4, spool.last_seq)
            .bind(5, spool.last_us);
        if (!statements_.set_spool.run()) return commit_failed();
    }
    if (const Status written = write_records(group); !written) return written;
    if (!statements_.commit.run()) return commit_failed();
    return Done{};
}

Result<SqliteStore::OpenSpool> SqliteStore::find_spool(const Origin& origin) {
    Statement& find = statements_.find_spool;
    const Rewind rewind(find);
    switch (find.bind(1, std::string_view(origin.agent)).bind(2, ByteView(origin.spool)).step()) {
        case Statement::Step::row:
            return OpenSpool{
                find.integer(0), {find.number(1), find.number(2)}, find.number(3), find.integer(4)};
        case Statement::Step::failed:
            return commit_failed();
        case Statement::Step::done:
            break;
    }
    Statement& add = statements_.add_spool;
    if (!add.bind(1, std::string_view(origin.agent)).bind(2, ByteView(origin.spool)).run())
        return commit_failed();
    return OpenSpool{sqlite3_last_insert_rowid(database_.get()), {}, 0, 0};
}

Status SqliteStore::write_event(const StoredEvent& event, OpenSpools& spools) {
    Statement& add = statements_.add_event;
    const Rewind rewind(add);
    add.bind(1, event.seq)
        .bind(2, std::int64_t{static_cast<std::uint8_t>(event.event_class)})
        .bind(3, event.class_seq)
        .bind(4, std::string_view(event.topic))
        .bind(5, event.time_ns)
        .bind(9, ByteView(event.event));
    if (event.origin) {
        const Origin& origin = *event.origin;
        auto spool = spools.find({origin.agent, origin.spool});
        if (spool == spools.end()) {
            const auto found = find_spool(origin);
            if (!found) return found.error();
            spool = spools.emplace(std::pair(origin.agent, origin.spool), *found).first;
        }
        if (const Status moved = raise_head(spool->second.heads, origin); !moved) return moved;
        spool->second.last_seq = event.seq;
        spool->second.last_us = std::max(spool->second.last_us, event.time_ns / 1000);
        add.bind(6, spool->second.id)
            .bind(7, std::int64_t{static_cast<std::uint8_t>(origin.stream)})
            .bind(8, origin.seq);
    } else {
        add.bind_null(6).bind_null(7).bind_null(8);
    }
    if (add.step() == Statement::Step::failed) return commit_failed();
    return Done{};
}

Status SqliteStore::write_records(const Group& group) {
    for (const AgentRecord& agent : group.agents) {
        Statement& put = statements_.put_agent;
        put.bind(1, std::string_view(agent.id))
            .bind(2, ByteView(agent.spool))
            .bind(3, agent.made.metrics)
            .bind(4, agent.made.results)
            .bind(5, agent.connected)
            .bind(6, agent.all_acknowledged)
            .bind(7, agent.last_seen_us)
            .bind(8, std::string_view(agent.reason))
            .bind(9, std::string_view(agent.version))
            .bind(10, std::string_view(agent.boot_id))
            .bind(11, agent.clock_offset_us)
            .bind(12, agent.clock_synced)
            .bind(13, ByteView(agent.catalogue));
        if (!put.run()) return commit_failed();
    }
    for (const JobRecord& job : group.jobs) {
        Statement& put = statements_.put_job;
        put.bind(1, ByteView(job.job)).bind(2, job.first_seq).bind(3, job.deadline_us).bind(4, job.ended);
        if (!put.run()) return commit_failed();
    }
    for (const CursorRecord& cursor : group.cursors) {
        Statement& put = cursor.forgotten ? statements_.drop_cursor : statements_.put_cursor;
        put.bind(1, std::string_view(cursor.consumer));
        if (!cursor.forgotten) put.bind(2, cursor.sequence).bind(3, cursor.heard_us);
        if (!put.run()) return commit_failed();
    }
    return Done{};
}

}  // namespace pncp::journal
