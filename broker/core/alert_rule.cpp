#include "broker/core/alert_rule.hpp"

#include <algorithm>
#include <cstdio>

namespace pncp::broker {

namespace {

using Kind = Condition::Kind;

bool compare(Kind kind, double value, double number) {
    switch (kind) {
        case Kind::above:
            return value > number;
        case Kind::at_least:
            return value >= number;
        case Kind::below:
            return value < number;
        case Kind::at_most:
            return value <= number;
        case Kind::offline:
        case Kind::flag:
            break;
    }
    return false;
}

std::optional<double> number_of(const FieldValue& value) {
    if (const auto* real = std::get_if<double>(&value)) return *real;
    if (const auto* integer = std::get_if<std::int64_t>(&value)) return static_cast<double>(*integer);
    if (const auto* flag = std::get_if<bool>(&value)) return *flag ? 1.0 : 0.0;
    return std::nullopt;
}

std::string shown(const Condition& condition, double value) {
    const std::string name = condition.from_whole              ? "disk_free"
                             : condition.measurement == "temp" ? "temp"
                             : condition.measurement == "pi_throttled"
                                 ? condition.field
                                 : condition.measurement + "." + condition.field;
    if (condition.kind == Kind::flag) return name + (value != 0 ? " is true" : " is false");
    char text[48];
    (void)std::snprintf(text, sizeof(text), " %.6g", value);
    return name + text + (condition.from_whole ? "%" : "");
}

}  // namespace

std::optional<Finding> find(const Condition& condition, const MetricsBody& sample) {
    const bool low = condition.kind == Kind::below || condition.kind == Kind::at_most;
    std::optional<double> worst;
    for (const Point& point : sample.points) {
        if (point.measurement != condition.measurement) continue;
        for (const auto& [key, field] : point.fields) {
            auto value = key == condition.field ? number_of(field) : std::nullopt;
            if (!value) continue;
            if (condition.from_whole) value = 100.0 - *value;
            worst = !worst ? *value : low ? std::min(*worst, *value) : std::max(*worst, *value);
        }
    }
    if (!worst) return std::nullopt;
    const bool holds =
        condition.kind == Kind::flag ? *worst != 0 : compare(condition.kind, *worst, condition.number);
    return Finding{holds, shown(condition, *worst)};
}

}  // namespace pncp::broker
