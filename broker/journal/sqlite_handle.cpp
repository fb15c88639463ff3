#include "broker/journal/sqlite_handle.hpp"

#include <sqlite3.h>

#include <system_error>

namespace pncp::journal {

void CloseDatabase::operator()(sqlite3* database) const { sqlite3_close_v2(database); }

bool is_full(int code) { return (code & 0xFF) == SQLITE_FULL; }

Error sqlite_error(sqlite3* database, std::string_view path, std::string_view doing) {
    const int code = sqlite3_extended_errcode(database);
    const int errno_value = sqlite3_system_errno(database);
    std::string what = "cannot " + std::string(doing) + " the journal " + std::string(path) + ": ";
    switch (code & 0xFF) {
        case SQLITE_FULL:
            return {what + "it has reached its size limit, or the disk is full",
                    "free space on that disk or raise the journal's size limit; agents keep their rows "
                    "meanwhile"};
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return {"another pncp-broker holds the journal at " + std::string(path),
                    "stop that one first, or give this one a journal of its own"};
        case SQLITE_NOTADB:
            return {what + "it is not an SQLite database", "move it away, or name another file"};
        case SQLITE_CORRUPT:
            return {what + "it is damaged (" + sqlite3_errmsg(database) + ")",
                    "stop the broker, keep a copy of the file and its -wal, and restore a backup"};
        case SQLITE_IOERR:
            what += sqlite3_errmsg(database);
            if (errno_value != 0) what += ", " + std::generic_category().message(errno_value);
            return {what, "look at the disk and at the kernel's log"};
        case SQLITE_CANTOPEN:
        case SQLITE_PERM:
        case SQLITE_READONLY:
            what += sqlite3_errmsg(database);
            if (errno_value != 0) what += ", " + std::generic_category().message(errno_value);
            return {what, "the broker's user must be able to write the file and its folder"};
        default:
            return {what + sqlite3_errmsg(database), ""};
    }
}

void Statement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

bool Statement::prepare(sqlite3* database, const char* sql) {
    sqlite3_stmt* made = nullptr;
    const int code = sqlite3_prepare_v3(database, sql, -1, SQLITE_PREPARE_PERSISTENT, &made, nullptr);
    statement_.reset(made);
    return code == SQLITE_OK;
}

void Statement::note(int code) {
    if (bind_code_ == SQLITE_OK) bind_code_ = code;
}

Statement& Statement::bind(int parameter, std::int64_t value) {
    note(sqlite3_bind_int64(statement_.get(), parameter, value));
    return *this;
}

Statement& Statement::bind(int parameter, std::uint64_t value) {
    return bind(parameter, static_cast<std::int64_t>(value));
}

Statement& Statement::bind(int parameter, bool value) { return bind(parameter, std::int64_t{value ? 1 : 0}); }

Statement& Statement::bind(int parameter, std::string_view text) {
    // A null pointer would bind NULL, which is not the empty text.
    const char* data = text.empty() ? "" : text.data();
    note(sqlite3_bind_text64(statement_.get(), parameter, data, text.size(), SQLITE_STATIC, SQLITE_UTF8));
    return *this;
}

Statement& Statement::bind(int parameter, ByteView bytes) {
    if (bytes.empty()) {
        note(sqlite3_bind_zeroblob(statement_.get(), parameter, 0));
    } else {
        note(sqlite3_bind_blob64(statement_.get(), parameter, bytes.data(), bytes.size(), SQLITE_STATIC));
    }
    return *this;
}

Statement& Statement::bind_null(int parameter) {
    note(sqlite3_bind_null(statement_.get(), parameter));
    return *this;
}

Statement::Step Statement::step() {
    if (bind_code_ != SQLITE_OK) return Step::failed;
    switch (sqlite3_step(statement_.get())) {
        case SQLITE_ROW:
            return Step::row;
        case SQLITE_DONE:
            return Step::done;
        default:
            return Step::failed;
    }
}

bool Statement::run() {
    const bool ran = step() != Step::failed;
    reset();
    return ran;
}

void Statement::reset() {
    // Its code repeats that of the failed step; sqlite3_errcode() keeps it.
    static_cast<void>(sqlite3_reset(statement_.get()));
    bind_code_ = SQLITE_OK;
}

std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(statement_.get(), column); }

std::uint64_t Statement::number(int column) const { return static_cast<std::uint64_t>(integer(column)); }

std::string_view Statement::text(int column) const { return text_view(blob(column)); }

ByteView Statement::blob(int column) const {
    const void* data = sqlite3_column_blob(statement_.get(), column);
    const int size = sqlite3_column_bytes(statement_.get(), column);
    if (data == nullptr || size <= 0) return {};
    return {static_cast<const std::uint8_t*>(data), static_cast<std::size_t>(size)};
}

}  // namespace pncp::journal
