// Which agents are meant: `pi-[1-40]`, `pi-*`, `/^cam/`, `role=camera`, `temp>70`, joined by `,` (or), `&`
// (and),
// `!` (but not) and parentheses. Read once, then asked for every agent. Pure.
//
//   expression = part { (","|"&"|"!") part }          from left to right, as in ClusterShell's node sets
//   part       = "(" expression ")" | "*" | name with ranges | glob | "/" regex "/" | fact
//   range      = "[" 1-40,50 "]"                      leading zeros are kept: [01-10]
//   fact       = tag("="|"!=")glob | field("="|"!="|"~"|">"|"<")value
//                fields: model, version, state, address, throttled, temp, command (which it offers);
//                everything else is a tag
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "schema/messages.hpp"
#include "schema/result.hpp"

namespace pncp::broker {

/// What an expression may ask about an agent.
struct TargetFacts {
    std::string_view id;
    std::string_view state;  ///< online, stale, offline, never
    std::string_view model;
    std::string_view version;
    std::string_view address;
    const std::vector<std::string>* tags = nullptr;  ///< "name=value"
    std::optional<double> temp;                      ///< °C, newest
    std::string_view throttled{};  ///< what is so now, joined by "+"; "" nothing, or unknown
    std::span<const CatalogueEntry> commands{};
};

class TargetExpression {
  public:
    /// An error says what is wrong and where, counted in characters from 1.
    [[nodiscard]] static Result<TargetExpression> parse(std::string_view text);

    TargetExpression(TargetExpression&&) noexcept;
    TargetExpression& operator=(TargetExpression&&) noexcept;
    ~TargetExpression();

    [[nodiscard]] bool matches(const TargetFacts& agent) const;
    /// Every agent that is named outright, by a name or a range: one of these that nobody knows is an error.
    [[nodiscard]] const std::vector<std::string>& names() const { return names_; }

    /// Names that ranges may expand to, and characters of a regex: bounds on what one request costs.
    static constexpr std::size_t kNames = 20'000;
    static constexpr std::size_t kRegexBytes = 256;

    struct Node;

  private:
    TargetExpression(std::unique_ptr<Node> root, std::vector<std::string> names);
    std::unique_ptr<Node> root_;
    std::vector<std::string> names_;
};

}  // namespace pncp::broker
