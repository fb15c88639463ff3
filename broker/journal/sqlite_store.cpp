// Committing: one group, one transaction.
#include "broker/journal/sqlite_store.hpp"

#include <sqlite3.h>

namespace pncp::journal {

Error SqliteStore::commit_failed() {
    full_ = is_full(sqlite3_extended_errcode(database_.get()));
    return failed("commit to");
}

Status SqliteStore::commit(const Group& group) {
    full_ = false;
    if (group.empty()) return Done{};
    const auto heads = heads_after(heads_, group.events);
    if (!heads) return heads.error();
    const Status written = write(group);
    if (!written) {
        // SQLite has rolled back by itself after some failures (full, I/O), and has not after others.
        if (sqlite3_get_autocommit(database_.get()) == 0) static_cast<void>(statements_.rollback.run());
        return written;
    }
    heads_ = *heads;
    if (oldest_ == 0) oldest_ = heads_.global == 0 ? 0 : group.events.front().seq;
    return Done{};
}

Status SqliteStore::write(const Group& group) {
    if (!statements_.begin.run()) return commit_failed();
    OpenSpools spools;
    for (const StoredEvent& event : group.events)
        if (const Status written = write_event(event, spools); !written) return written;
    for (const auto& [key, spool] : spools) {
        statements_.set_spool.bind(1, spool.id).bind(2, spool.heads.metrics).bind(3, spool.heads.results);
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
            return OpenSpool{find.integer(0), {find.number(1), find.number(2)}};
        case Statement::Step::failed:
            return commit_failed();
        case Statement::Step::done:
            break;
    }
    Statement& add = statements_.add_spool;
    if (!add.bind(1, std::string_view(origin.agent)).bind(2, ByteView(origin.spool)).run())
        return commit_failed();
    return OpenSpool{sqlite3_last_insert_rowid(database_.get()), {}};
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
        Statement& put = statements_.put_cursor;
        if (!put.bind(1, std::string_view(cursor.consumer)).bind(2, cursor.sequence).run())
            return commit_failed();
    }
    return Done{};
}

}  // namespace pncp::journal
