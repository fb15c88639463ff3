// A rule about the agents, and what a sample says of it. Pure. The rules come from a file: see
// broker/app/alerts_file.hpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "schema/event_bodies.hpp"

namespace pncp::broker {

struct Condition {
    enum class Kind : std::uint8_t { offline, above, at_least, below, at_most, flag };
    Kind kind = Kind::flag;
    std::string measurement;
    std::string field;
    double number = 0;
    bool from_whole = false;  ///< the field counts what is used; the condition, what is free: 100 - field
    std::int64_t for_ms = 0;  ///< it must hold so long without a break; of `offline`, its duration
    bool operator==(const Condition&) const = default;
};

struct AlertRule {
    std::string name;
    std::string when;  ///< as written
    Condition condition;
    std::optional<Condition> clear;   ///< what ends it; by default that the condition does not hold any more
    std::string agents = "*";         ///< an expression: whom it watches
    std::vector<std::string> send{};  ///< a command and its arguments for the agent, when it begins; or none
    bool operator==(const AlertRule&) const = default;

    /// A condition that does not hold any more ends its alert after this long at the earliest: one that
    /// flutters is one alert.
    static constexpr std::int64_t kClearMs = 60'000;
    [[nodiscard]] std::int64_t clear_for_ms() const {
        if (clear) return clear->for_ms;
        return condition.kind == Condition::Kind::offline ? 0
               : condition.for_ms > kClearMs              ? condition.for_ms
                                                          : kClearMs;
    }
};

/// What a sample says of a condition: nothing when it has no such field.
struct Finding {
    bool holds = false;
    std::string value;  ///< "temp 83.1"
};
[[nodiscard]] std::optional<Finding> find(const Condition& condition, const MetricsBody& sample);

}  // namespace pncp::broker
