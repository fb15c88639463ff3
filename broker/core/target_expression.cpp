#include "broker/core/target_expression.hpp"

#include <regex.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <variant>

#include "broker/core/name_ranges.hpp"
#include "broker/core/rights.hpp"
#include "schema/names.hpp"

namespace pncp::broker {

namespace {

struct RegexFree {
    void operator()(regex_t* regex) const {
        regfree(regex);
        delete regex;
    }
};
using Regex = std::unique_ptr<regex_t, RegexFree>;

enum class Compare : std::uint8_t { equal, unequal, contains, above, below };

/// As BrokerCore::state_of() names them.
constexpr auto kStates = std::to_array<std::string_view>({"online", "stale", "offline", "never"});

struct Glob {
    std::string pattern;
};
struct Names {
    std::vector<std::string> sorted;
};
struct Fact {
    std::string field;
    Compare compare = Compare::equal;
    std::string value;
    double number = 0;
};
struct Joined {
    char how = ',';
    std::unique_ptr<TargetExpression::Node> left;
    std::unique_ptr<TargetExpression::Node> right;
};

/// Blanks around a comparison don't count.
std::string_view trimmed(std::string_view text) {
    const auto begin = text.find_first_not_of(' ');
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
}

}  // namespace

struct TargetExpression::Node {
    std::variant<Glob, Names, Regex, Fact, Joined> what;
};

namespace {

using Node = TargetExpression::Node;
using NodePtr = std::unique_ptr<Node>;

template <typename What>
NodePtr node(What what) {
    return std::make_unique<Node>(Node{std::move(what)});
}

std::optional<std::string_view> field_of(const TargetFacts& agent, std::string_view name) {
    if (name == "model") return agent.model;
    if (name == "version") return agent.version;
    if (name == "state") return agent.state;
    if (name == "address") return agent.address;
    if (name == "throttled") return agent.throttled;
    return std::nullopt;
}

bool compared(const Fact& fact, std::string_view text) {
    if (fact.compare == Compare::contains) return lower(text).find(lower(fact.value)) != std::string::npos;
    return glob_matches(fact.value, text) == (fact.compare == Compare::equal);
}

/// One of several values is what the fact says; for `!=` none of them may be. Without any it is unequal to
/// every value.
bool one_compared(const Fact& fact, const auto& values, const auto& text_of) {
    const bool unequal = fact.compare == Compare::unequal;
    const Fact positive{fact.field, unequal ? Compare::equal : fact.compare, fact.value, 0};
    const bool has = std::any_of(values.begin(), values.end(), [&](const auto& value) {
        const auto text = text_of(value);
        return text && compared(positive, *text);
    });
    return has != unequal;
}

bool fact_matches(const Fact& fact, const TargetFacts& agent) {
    if (fact.field == "temp") {
        if (!agent.temp) return false;
        return fact.compare == Compare::above ? *agent.temp > fact.number : *agent.temp < fact.number;
    }
    if (fact.field == "command") {
        return one_compared(fact, agent.commands, [](const CatalogueEntry& entry) {
            return std::optional<std::string_view>(entry.name);
        });
    }
    if (const auto field = field_of(agent, fact.field)) return compared(fact, *field);
    return one_compared(fact, *agent.tags, [&](const std::string& tag) -> std::optional<std::string_view> {
        if (!tag.starts_with(fact.field) || tag.size() <= fact.field.size() || tag[fact.field.size()] != '=')
            return std::nullopt;
        return std::string_view(tag).substr(fact.field.size() + 1);
    });
}

bool node_matches(const Node& at, const TargetFacts& agent) {
    if (const auto* glob = std::get_if<Glob>(&at.what)) return glob_matches(glob->pattern, agent.id);
    if (const auto* names = std::get_if<Names>(&at.what))
        return std::binary_search(names->sorted.begin(), names->sorted.end(), agent.id);
    if (const auto* regex = std::get_if<Regex>(&at.what))
        return regexec(regex->get(), std::string(agent.id).c_str(), 0, nullptr, 0) == 0;
    if (const auto* fact = std::get_if<Fact>(&at.what)) return fact_matches(*fact, agent);
    const auto& joined = std::get<Joined>(at.what);
    const bool left = node_matches(*joined.left, agent);
    if (joined.how == ',') return left || node_matches(*joined.right, agent);
    return left && node_matches(*joined.right, agent) == (joined.how == '&');
}

class Parser {
  public:
    explicit Parser(std::string_view text) : text_(text) {}

    Result<NodePtr> whole() {
        auto expression = this->expression(0);
        if (!expression) return expression;
        if (at_ < text_.size()) return wrong("unexpected '" + std::string(1, text_[at_]) + "'");
        return expression;
    }
    std::vector<std::string> names;

  private:
    static constexpr int kDepth = 16;

    [[nodiscard]] Error wrong(const std::string& what) const {
        return {"in the target, at character " + std::to_string(at_ + 1) + ": " + what,
                "examples: pi-[1-40]   pi-*!pi-7   role=camera&state=online   see: pncp-cli help send"};
    }
    void skip_blanks() {
        while (at_ < text_.size() && text_[at_] == ' ') ++at_;
    }

    Result<NodePtr> expression(int depth) {
        if (depth > kDepth) return wrong("parentheses nested too deep");
        auto left = part(depth);
        while (left) {
            skip_blanks();
            if (at_ == text_.size() || text_[at_] == ')') return left;
            const char how = text_[at_];
            if (how != ',' && how != '&' && how != '!') return wrong("expected , & or !");
            ++at_;
            auto right = part(depth);
            if (!right) return right;
            left = node(Joined{how, std::move(*left), std::move(*right)});
        }
        return left;
    }

    Result<NodePtr> part(int depth) {
        skip_blanks();
        if (at_ == text_.size()) return wrong("something is missing at the end");
        if (text_[at_] == '(') {
            ++at_;
            auto inner = expression(depth + 1);
            if (!inner) return inner;
            if (at_ == text_.size()) return wrong("a ( without its )");
            ++at_;
            return inner;
        }
        if (text_[at_] == '/') return regex();
        const std::size_t begin = at_;
        const std::string_view word = this->word();
        if (word.empty())
            return wrong(at_ < text_.size() && text_[at_] == '!'
                             ? "! leaves out of what stands before it, such as *!pi-7; a name is missing"
                             : "a name, a glob or a fact is missing");
        const std::size_t end = std::exchange(at_, begin);
        auto read = word.find_first_of("=~<>") == std::string_view::npos ? name(word) : fact(word);
        if (read) at_ = end;
        return read;
    }

    /// Up to the next joint that is not inside brackets; `!=` is no joint, and blanks at the end don't count.
    std::string_view word() {
        const std::size_t begin = at_;
        bool brackets = false;
        for (; at_ < text_.size(); ++at_) {
            const char c = text_[at_];
            if (c == '[' || c == ']') brackets = c == '[';
            if (brackets) continue;
            if (c == '!' && at_ + 1 < text_.size() && text_[at_ + 1] == '=') continue;
            if (c == ',' || c == '&' || c == '!' || c == '(' || c == ')') break;
        }
        std::string_view found = text_.substr(begin, at_ - begin);
        while (!found.empty() && found.back() == ' ') found.remove_suffix(1);
        return found;
    }

    Result<NodePtr> name(std::string_view word) {
        if (word.find_first_of("*?") != std::string_view::npos) return node(Glob{std::string(word)});
        auto expanded = expand_names(word, TargetExpression::kNames);
        if (!expanded) return wrong(expanded.error().message + "; " + expanded.error().next);
        for (const std::string& each : *expanded)
            if (!valid_id(each)) return wrong("'" + each.substr(0, 64) + "' is not an agent's name");
        if (names.size() + expanded->size() > TargetExpression::kNames) return wrong("too many names");
        names.insert(names.end(), expanded->begin(), expanded->end());
        std::sort(expanded->begin(), expanded->end());
        return node(Names{std::move(*expanded)});
    }

    Result<NodePtr> fact(std::string_view word) {
        const auto at = word.find_first_of("=~<>");
        const bool unequal = word[at] == '=' && at > 0 && word[at - 1] == '!';
        Fact fact{std::string(trimmed(word.substr(0, unequal ? at - 1 : at))), Compare::equal,
                  std::string(trimmed(word.substr(at + 1))), 0};
        if (fact.field.empty() || fact.value.empty()) return wrong("a fact needs a name and a value");
        if (unequal) fact.compare = Compare::unequal;
        if (word[at] == '~') fact.compare = Compare::contains;
        if (word[at] == '>') fact.compare = Compare::above;
        if (word[at] == '<') fact.compare = Compare::below;
        const bool ordered = fact.compare == Compare::above || fact.compare == Compare::below;
        if ((fact.field == "temp") != ordered)
            return wrong("only temp is compared with < and >, and only so");
        if (ordered) {
            const char* end = fact.value.data() + fact.value.size();
            const auto [stop, failure] = std::from_chars(fact.value.data(), end, fact.number);
            if (failure != std::errc{} || stop != end)
                return wrong(fact.value.substr(0, 32) + " is no number");
        }
        const auto may_hold = [&](std::string_view state) {
            const bool part = fact.compare == Compare::contains;
            return compared({fact.field, part ? fact.compare : Compare::equal, fact.value, 0}, state);
        };
        if (fact.field == "state" && std::none_of(kStates.begin(), kStates.end(), may_hold))
            return wrong(fact.value.substr(0, 32) + " is no state: online, stale, offline or never");
        return node(std::move(fact));
    }

    Result<NodePtr> regex() {
        const auto close = text_.find('/', at_ + 1);
        if (close == std::string_view::npos) return wrong("a / without its second /");
        const std::string pattern(text_.substr(at_ + 1, close - at_ - 1));
        // Repetition counts and back references make a matcher slow without bound; names need neither.
        if (pattern.size() > TargetExpression::kRegexBytes || pattern.find('{') != std::string::npos ||
            pattern.find('\\') != std::string::npos || pattern.find('\0') != std::string::npos)
            return wrong("a regex here has at most 256 characters and neither { nor \\");
        auto* compiled = new regex_t;
        if (regcomp(compiled, pattern.c_str(), REG_EXTENDED | REG_NOSUB) != 0) {
            delete compiled;
            return wrong("/" + pattern + "/ is no regular expression");
        }
        at_ = close + 1;
        return node(Regex(compiled));
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

}  // namespace

TargetExpression::TargetExpression(std::unique_ptr<Node> root, std::vector<std::string> names)
    : root_(std::move(root)), names_(std::move(names)) {}
TargetExpression::TargetExpression(TargetExpression&&) noexcept = default;
TargetExpression& TargetExpression::operator=(TargetExpression&&) noexcept = default;
TargetExpression::~TargetExpression() = default;

Result<TargetExpression> TargetExpression::parse(std::string_view text) {
    Parser parser(text);
    auto root = parser.whole();
    if (!root) return root.error();
    std::sort(parser.names.begin(), parser.names.end());
    parser.names.erase(std::unique(parser.names.begin(), parser.names.end()), parser.names.end());
    return TargetExpression(std::move(*root), std::move(parser.names));
}

bool TargetExpression::matches(const TargetFacts& agent) const { return node_matches(*root_, agent); }

}  // namespace pncp::broker
