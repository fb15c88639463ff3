#include "schema/program/settings.hpp"

#include <stdexcept>

#include "schema/program/quantity.hpp"

namespace pncp {

Settings::Settings(std::vector<Setting> table) : table_(std::move(table)) {
    for (const Setting& each : table_) {
        Value value;
        value.text = each.default_text;
        if (each.kind == Kind::list) value.items = split_list(each.default_text);
        if (!values_.emplace(each.key, std::move(value)).second)
            throw std::logic_error("declared twice: " + each.key);
    }
}

const Setting& Settings::declared(std::string_view key) const {
    for (const Setting& each : table_) {
        if (each.key == key) return each;
    }
    throw std::logic_error("setting " + std::string(key) + " is not in the program's table");
}

const Settings::Value& Settings::value(std::string_view key, Kind kind) const {
    if (declared(key).kind != kind)
        throw std::logic_error("setting " + std::string(key) + " is of another kind");
    return values_.find(key)->second;
}

namespace {

/// Texts were checked when they were set, so only an unset (empty) one fails to parse, and means zero.
template <typename T>
T or_zero(const Result<T>& parsed) {
    return parsed ? *parsed : T{};
}

}  // namespace

const std::string& Settings::text(std::string_view key) const { return value(key, Kind::text).text; }
std::int64_t Settings::integer(std::string_view key) const {
    return or_zero(parse_integer(value(key, Kind::integer).text));
}
double Settings::number(std::string_view key) const {
    return or_zero(parse_number(value(key, Kind::number).text));
}
bool Settings::flag(std::string_view key) const { return or_zero(parse_flag(value(key, Kind::flag).text)); }
std::int64_t Settings::duration_ms(std::string_view key) const {
    return or_zero(parse_duration_ms(value(key, Kind::duration).text));
}
std::int64_t Settings::size_bytes(std::string_view key) const {
    return or_zero(parse_size_bytes(value(key, Kind::size).text));
}
const std::vector<std::string>& Settings::list(std::string_view key) const {
    return value(key, Kind::list).items;
}

bool Settings::is_set(std::string_view key) const { return value(key, declared(key).kind).given; }
const std::string& Settings::where(std::string_view key) const {
    return value(key, declared(key).kind).where;
}

Status Settings::set(std::string_view key, std::string_view text, std::string where) {
    const Setting& setting = declared(key);
    if (setting.kind == Kind::list) return set_items(key, split_list(text), std::move(where));
    if (Status fine = check_text(setting, text); !fine) return fine;
    Value& value = values_.find(key)->second;
    value.text = text;
    value.where = std::move(where);
    value.given = true;
    return Done{};
}

Status Settings::set_items(std::string_view key, std::vector<std::string> items, std::string where) {
    const Setting& setting = declared(key);
    if (setting.kind != Kind::list) return Error{"must be one value, not a list", {}};
    if (Status fine = check_items(setting, items); !fine) return fine;
    Value& value = values_.find(key)->second;
    value.items = std::move(items);
    value.where = std::move(where);
    value.given = true;
    return Done{};
}

}  // namespace pncp
