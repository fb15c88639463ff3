// Which operator may send which command to which agents. Deny by default; the local operator may do
// everything unless a rule names it. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pncp::broker {

/// One rule of the rights file. A pattern is a name or a glob: `*` any text, `?` one character. An agent's
/// pattern with `=` in it is compared with the agent's tags ("role=camera").
struct Rule {
    std::string operator_id;
    std::vector<std::string> commands;
    std::vector<std::string> agents;
    bool keys = false;  ///< may issue, rotate and revoke keys, and reload
    bool operator==(const Rule&) const = default;
};

/// True when all of `text` matches: `*` any text, `?` one character.
[[nodiscard]] bool glob_matches(std::string_view pattern, std::string_view text);

class Rights {
  public:
    Rights() = default;
    explicit Rights(std::vector<Rule> rules) : rules_(std::move(rules)) {}

    /// May look: agents, commands, jobs, status, the feed.
    [[nodiscard]] bool may_read(std::string_view operator_id) const;
    [[nodiscard]] bool may_send(std::string_view operator_id, std::string_view command,
                                std::string_view agent, const std::vector<std::string>& tags) const;
    [[nodiscard]] bool may_keys(std::string_view operator_id) const;

    [[nodiscard]] const std::vector<Rule>& rules() const { return rules_; }

  private:
    /// The local operator, where no rule names it.
    [[nodiscard]] bool everything(std::string_view operator_id) const;
    [[nodiscard]] bool named(std::string_view operator_id) const;

    std::vector<Rule> rules_;
};

/// The operator of the broker's own machine, whose key is in the run folder.
inline constexpr std::string_view kLocalOperator = "local";

}  // namespace pncp::broker
