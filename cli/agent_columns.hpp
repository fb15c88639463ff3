// The columns of `pncp-cli agents`: what each shows, how it sorts, and which of them fit on a terminal. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/text.hpp"
#include "schema/control_messages.hpp"

namespace pncp::cli {

enum class AgentColumn : std::uint8_t {
    name,
    state,
    last_seen,
    temp,
    throttled,
    version,
    clock,
    model,
    address,
    tags,
    catalogue,
    reason
};
inline constexpr std::size_t kAgentColumns = 12;

/// "name", "last_seen" …: as --columns and --sort take it, and as CSV heads it.
[[nodiscard]] std::string_view column_key(AgentColumn column);
[[nodiscard]] std::optional<AgentColumn> parse_column(std::string_view key);
[[nodiscard]] const std::vector<std::string>& column_keys();
[[nodiscard]] std::vector<AgentColumn> all_columns();

/// What a fact of `row` says; "" when the device lacks it.
[[nodiscard]] std::string_view fact_of(const AgentRow& row, std::string_view name);

/// As people read it; "-" where there is nothing. Not escaped.
[[nodiscard]] std::string cell_text(const AgentRow& row, AgentColumn column, std::int64_t now_us);

/// Ascending by `column` (names in natural order, times newest last), rows that lack it last in either
/// direction; equal ones by name.
void sort_agents(std::vector<AgentRow>& rows, AgentColumn column, bool reverse);

/// A table of the columns, of any width.
[[nodiscard]] std::string render_agents(const std::vector<AgentRow>& rows,
                                        std::span<const AgentColumn> columns, std::int64_t now_us,
                                        const Style& style);
/// A table that fits in `width`: columns that say nothing are left out, then the least important ones that
/// don't fit, and long texts end in "…". The name is always there.
[[nodiscard]] std::string render_agents_fitted(const std::vector<AgentRow>& rows, std::int64_t now_us,
                                               const Style& style, std::size_t width);

/// RFC 4180: a header of keys, times in UTC, empty where there is nothing.
[[nodiscard]] std::string csv_agents(const std::vector<AgentRow>& rows, std::span<const AgentColumn> columns);

/// Text as one CSV field, quoted where it must be.
[[nodiscard]] std::string csv_field(std::string_view text);

}  // namespace pncp::cli
