#include "cli/json_out.hpp"

#include "cli/text.hpp"

namespace pncp::cli {

std::string dumped(const Json& value, JsonForm form) {
    const int indent = form == JsonForm::document ? 2 : -1;
    return value.dump(indent, ' ', true, Json::error_handler_t::replace) + "\n";
}

std::string listed(const char* name, const std::vector<Json>& rows, JsonForm form) {
    if (form == JsonForm::document) return dumped(Json{{name, rows}}, form);
    std::string out;
    for (const Json& row : rows) out += dumped(row, form);
    return out;
}

Json json_time(std::int64_t wall_us) { return wall_us == 0 ? Json(nullptr) : Json(utc_text(wall_us)); }

}  // namespace pncp::cli
