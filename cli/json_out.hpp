// How every JSON answer is written: ASCII only, other characters as \u escapes. For .cpp files; pure.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/render_json.hpp"

namespace pncp::cli {

using Json = nlohmann::ordered_json;

/// `value` and a line break; bytes that are no UTF-8 become U+FFFD.
[[nodiscard]] std::string dumped(const Json& value, JsonForm form);

/// `rows` as {"name": [rows]}, or one a line.
[[nodiscard]] std::string listed(const char* name, const std::vector<Json>& rows, JsonForm form);

/// The same, row by row: ten thousand of them need not be there at once.
class JsonList {
  public:
    JsonList(const char* name, JsonForm form);
    void add(const Json& row);
    /// The whole; nothing is added any more.
    [[nodiscard]] std::string take();

  private:
    JsonForm form_;
    std::string text_;
    bool any_ = false;
};

/// "2026-01-31T12:00:00.123Z", or null for 0.
[[nodiscard]] Json json_time(std::int64_t wall_us);

}  // namespace pncp::cli
