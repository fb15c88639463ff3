// How the broker's numbers are bounded and written for people. Pure.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <string>

#include "schema/point.hpp"

namespace pncp::broker {

/// Reasons of GAPs that are counted one by one; a device may send any text, and the rest are "other".
inline constexpr std::size_t kReasonsShown = 32;

/// "8123", "yes", "no", or the text itself.
[[nodiscard]] inline std::string number_text(const FieldValue& value) {
    if (const auto* integer = std::get_if<std::int64_t>(&value)) return std::to_string(*integer);
    if (const auto* real = std::get_if<double>(&value)) return std::to_string(*real);
    if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "yes" : "no";
    return std::get<std::string>(value);
}

/// "51.5": as exact as a sensor is.
[[nodiscard]] inline std::string degrees_text(double celsius) {
    char text[32];
    const int length = std::snprintf(text, sizeof(text), "%.1f", celsius);
    return {text, static_cast<std::size_t>(std::clamp<int>(length, 0, sizeof(text) - 1))};
}

}  // namespace pncp::broker
