#include "cli/json_out.hpp"

#include <utility>

#include "cli/text.hpp"

namespace pncp::cli {

std::string dumped(const Json& value, JsonForm form) {
    const int indent = form == JsonForm::document ? 2 : -1;
    return value.dump(indent, ' ', true, Json::error_handler_t::replace) + "\n";
}

std::string listed(const char* name, const std::vector<Json>& rows, JsonForm form) {
    JsonList list(name, form);
    for (const Json& row : rows) list.add(row);
    return list.take();
}

JsonList::JsonList(const char* name, JsonForm form) : form_(form) {
    if (form == JsonForm::document) text_ = "{\n  \"" + std::string(name) + "\": [";
}

void JsonList::add(const Json& row) {
    const std::string text = dumped(row, form_);
    if (form_ == JsonForm::lines) {
        text_ += text;
        return;
    }
    text_ += any_ ? ",\n    " : "\n    ";
    any_ = true;
    // Strings are escaped, so every line break is one of the layout.
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = text.find('\n', at);
        text_.append(text, at, end - at);
        at = end + 1;
        if (at < text.size()) text_ += "\n    ";
    }
}

std::string JsonList::take() {
    if (form_ == JsonForm::document) text_ += any_ ? "\n  ]\n}\n" : "]\n}\n";
    return std::move(text_);
}

Json json_time(std::int64_t wall_us) { return wall_us == 0 ? Json(nullptr) : Json(utc_text(wall_us)); }

}  // namespace pncp::cli
