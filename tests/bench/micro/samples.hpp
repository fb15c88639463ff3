// A sample as a Pi sends it, about 1 kB, for the measured steps.
#pragma once

#include "agent/core/rows.hpp"
#include "agent/swarm/script.hpp"
#include "schema/messages.hpp"

namespace pncp::bench {

inline const Id16 kSpool{{5}};

[[nodiscard]] inline Row sample_row(swarm::Readings& readings, std::uint64_t number) {
    Row row;
    row.seq = number;
    row.boot_ms = 1'000 + static_cast<std::int64_t>(number);
    row.wall_us = 1'700'000'000'000'000 + static_cast<std::int64_t>(number);
    row.clock_synced = true;
    row.body = agent::sample_rows(readings.sample(kSpool, number, row.boot_ms)).bodies.at(0);
    return row;
}

[[nodiscard]] inline Batch sample_batch(swarm::Readings& readings, std::uint64_t number) {
    Batch batch;
    batch.spool = kSpool;
    batch.boot_id = "boot";
    batch.sent_boot_ms = 1'000 + static_cast<std::int64_t>(number);
    batch.after.metrics = number - 1;
    batch.rows.push_back(sample_row(readings, number));
    return batch;
}

}  // namespace pncp::bench
