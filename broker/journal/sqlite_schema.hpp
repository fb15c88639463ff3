// The tables of the journal's file, and what tells such a file from any other.
#pragma once

#include <cstdint>

namespace pncp::journal {

/// "PNCP" in the file's header: says whose database it is.
inline constexpr std::int64_t kSqliteApplicationId = 0x504E4350;
/// Raised whenever kSqliteSchema changes; a newer file is refused, an older one is brought up to it.
inline constexpr std::int64_t kSqliteSchemaVersion = 2;
/// Seven events of 1 kB fit in a page of 8 KiB, three in SQLite's usual 4 KiB: a sixth less file and about a
/// third more rows a second. 16 KiB gains little more and writes more for every small commit.
inline constexpr std::int64_t kSqlitePageBytes = 8192;

/// Creates every table and index; run once, in one transaction.
extern const char* const kSqliteSchema;
/// From version 1 to 2, in one transaction.
extern const char* const kSqliteFrom1To2;

}  // namespace pncp::journal
