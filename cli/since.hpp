// "--since 10m" and the like: where in time something begins. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "schema/program/setting.hpp"

namespace pncp::cli {

/// Nanoseconds since 1970 of "10m" before `now_us`, or of a time in UTC whose end may be left out
/// ("2026-01-31", "2026-01-31T12:00"). The smallest number for "", nullopt for anything else.
[[nodiscard]] std::optional<std::int64_t> since_ns(const std::string& text, std::int64_t now_us);

/// What to say about one that is neither: a usage error.
[[nodiscard]] std::string not_a_since(const std::string& text);

/// The option --since; `help` is its first half, to which the forms are added.
[[nodiscard]] Setting since_setting(std::string help, std::string default_text = {});

}  // namespace pncp::cli
