#include "broker/journal/sqlite_schema.hpp"

namespace pncp::journal {

// Why there is no index on topics and no UNIQUE index on rows. Both put each new row somewhere in the middle:
// a group of 100 rows of 100 agents dirties 100 leaf pages of each index. Measured with events of 1 kB in
// groups of 100 of 10,000 agents (pages of 4 KiB): no index 89,000 rows/s and 2.9 kB written a row, with the
// topic index 33,000 and 7.6 kB, with the UNIQUE index 47,000 and 6.2 kB, with both 22,000 and 11.7 kB.
// Instead:
//
// * events_by_class grows at the end of each class only (65,000 rows/s, 3.1 kB) and holds the topic too, so
// that a class
//   is read in order, and one agent's share of it by walking the index, some 150 entries a page, without
//   touching events.
// * spools keeps the head of each stream, and a row at or below it is refused. That is stricter than UNIQUE,
// and it stays
//   true when retention has deleted the rows: a head taken from the remaining rows would fall back to 0, and
//   the broker would then ignore every BATCH of that agent, whose `after` lies beyond it.
//
// Heads of sequences are read from the last events, and from the row 'heads' of meta, which the transaction
// that deletes events writes: a class, or the whole journal, may be empty and still go on from its head.
//
// spools.last_seq and last_us say when the spool's last row came: past retention its heads may be forgotten.
const char* const kSqliteSchema = R"sql(
CREATE TABLE meta(
    key   TEXT PRIMARY KEY,
    value BLOB NOT NULL
) WITHOUT ROWID;

CREATE TABLE spools(
    id      INTEGER PRIMARY KEY,
    agent   TEXT NOT NULL,
    spool   BLOB NOT NULL,
    metrics INTEGER NOT NULL,
    results INTEGER NOT NULL,
    last_seq INTEGER NOT NULL DEFAULT 0,
    last_us  INTEGER NOT NULL DEFAULT 0,
    UNIQUE(agent, spool)
);

CREATE TABLE events(
    seq       INTEGER PRIMARY KEY,
    class     INTEGER NOT NULL,
    class_seq INTEGER NOT NULL,
    topic     TEXT NOT NULL,
    time_ns   INTEGER NOT NULL,
    spool     INTEGER REFERENCES spools(id),
    stream    INTEGER,
    row       INTEGER,
    event     BLOB NOT NULL
);
CREATE INDEX events_by_class ON events(class, seq, topic);

CREATE TABLE agents(
    id               TEXT PRIMARY KEY,
    spool            BLOB NOT NULL,
    made_metrics     INTEGER NOT NULL,
    made_results     INTEGER NOT NULL,
    connected        INTEGER NOT NULL,
    all_acknowledged INTEGER NOT NULL,
    last_seen_us     INTEGER NOT NULL,
    reason           TEXT NOT NULL,
    version          TEXT NOT NULL,
    boot_id          TEXT NOT NULL,
    clock_offset_us  INTEGER NOT NULL,
    clock_synced     INTEGER NOT NULL,
    catalogue        BLOB NOT NULL
);

CREATE TABLE jobs(
    job         BLOB PRIMARY KEY,
    first_seq   INTEGER NOT NULL,
    deadline_us INTEGER NOT NULL,
    ended       INTEGER NOT NULL
);

CREATE TABLE cursors(
    consumer TEXT PRIMARY KEY,
    sequence INTEGER NOT NULL,
    heard_us INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
)sql";

// When the rows of version 1 came is not known: as late as possible.
const char* const kSqliteFrom1To2 = R"sql(
BEGIN IMMEDIATE;
ALTER TABLE spools ADD COLUMN last_seq INTEGER NOT NULL DEFAULT 0;
ALTER TABLE spools ADD COLUMN last_us INTEGER NOT NULL DEFAULT 0;
ALTER TABLE cursors ADD COLUMN heard_us INTEGER NOT NULL DEFAULT 0;
UPDATE spools SET last_seq=coalesce((SELECT max(seq) FROM events), 0),
                  last_us=coalesce((SELECT time_ns/1000 FROM events ORDER BY seq DESC LIMIT 1), 0);
PRAGMA user_version=2;
COMMIT;
)sql";

}  // namespace pncp::journal
