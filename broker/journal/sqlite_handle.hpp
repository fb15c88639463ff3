// Owners of SQLite's two handles, and its error codes as errors for a person. Internal to broker/journal.
// Thread rule: one thread at a time. A Statement must be gone before its database.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "schema/bytes.hpp"
#include "schema/result.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace pncp::journal {

struct CloseDatabase {
    void operator()(sqlite3* database) const;
};
using DatabaseHandle = std::unique_ptr<sqlite3, CloseDatabase>;

/// What a person is told of a failed call: `doing` is "commit to", "read" … SQLITE_BUSY means another broker,
/// because the journal is locked exclusively.
[[nodiscard]] Error sqlite_error(sqlite3* database, std::string_view path, std::string_view doing);
/// True for SQLite's answer to a full disk or a reached cap.
[[nodiscard]] bool is_full(int code);

/// A prepared statement, kept for as long as the journal is open. Parameters are numbered from 1, columns
/// from 0. Bound texts and blobs are borrowed until reset().
class Statement {
  public:
    Statement() = default;
    /// False = failed, with the error in the database handle.
    [[nodiscard]] bool prepare(sqlite3* database, const char* sql);

    Statement& bind(int parameter, std::int64_t value);
    /// Unsigned numbers are kept as the signed ones of the same bits.
    Statement& bind(int parameter, std::uint64_t value);
    Statement& bind(int parameter, bool value);
    Statement& bind(int parameter, std::string_view text);
    Statement& bind(int parameter, ByteView bytes);
    Statement& bind_null(int parameter);

    enum class Step : std::uint8_t { row, done, failed };
    [[nodiscard]] Step step();
    /// Steps once, for statements without rows, and resets; false = failed, with the error still in the
    /// database handle.
    [[nodiscard]] bool run();
    void reset();

    [[nodiscard]] std::int64_t integer(int column) const;
    [[nodiscard]] std::uint64_t number(int column) const;
    /// Valid until the next step or reset.
    [[nodiscard]] std::string_view text(int column) const;
    [[nodiscard]] ByteView blob(int column) const;

  private:
    struct Finalize {
        void operator()(sqlite3_stmt* statement) const;
    };
    void note(int code);

    std::unique_ptr<sqlite3_stmt, Finalize> statement_;
    int bind_code_ = 0;
};

/// Resets a statement at the end of a scope: one left open would hold back checkpoints.
class Rewind {
  public:
    explicit Rewind(Statement& statement) : statement_(statement) {}
    ~Rewind() { statement_.reset(); }
    Rewind(const Rewind&) = delete;
    Rewind& operator=(const Rewind&) = delete;

  private:
    Statement& statement_;
};

}  // namespace pncp::journal
