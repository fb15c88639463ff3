#include "broker/app/alerts_file.hpp"

#include <algorithm>

#include "broker/app/table_key.hpp"
#include "broker/core/alerts.hpp"
#include "schema/names.hpp"
#include "schema/program/files.hpp"
#include "schema/program/quantity.hpp"
#include "schema/program/toml_file.hpp"

namespace pncp::broker {

namespace {

using Kind = Condition::Kind;

constexpr std::size_t kAlertsFileBytes = 256 * 1024;
constexpr const char* kRuleForm =
    "a rule is: [[alert]], then name = \"…\", when = \"…\", and perhaps clear, agents and send";
constexpr const char* kForm =
    "conditions are such as: offline > 2m, temp > 80 for 1m, disk_free < 10%, under_voltage, "
    "mem.used_percent >= 95 for 5m";

Error wrong(std::string_view text, const std::string& what) {
    return {"the condition '" + std::string(text.substr(0, 100)) + "' " + what, kForm};
}

std::vector<std::string_view> words_of(std::string_view text) {
    std::vector<std::string_view> words;
    for (std::size_t at = 0; at < text.size();) {
        if (text[at] == ' ' || text[at] == '\t') {
            ++at;
            continue;
        }
        const auto compares = [](char c) { return c == '<' || c == '>' || c == '='; };
        const bool sign = compares(text[at]);
        std::size_t end = at;
        while (end < text.size() && text[end] != ' ' && text[end] != '\t' && compares(text[end]) == sign)
            ++end;
        words.push_back(text.substr(at, end - at));
        at = end;
    }
    return words;
}

std::optional<Kind> comparison(std::string_view word) {
    if (word == ">") return Kind::above;
    if (word == ">=") return Kind::at_least;
    if (word == "<") return Kind::below;
    if (word == "<=") return Kind::at_most;
    return std::nullopt;
}

/// The point and field that a word names; false when it names none.
bool name_measure(std::string_view word, Condition& to) {
    const auto dot = word.find('.');
    if (word == "temp") {
        to.measurement = to.field = "temp";
    } else if (word == "disk_free") {
        to.measurement = "disk";
        to.field = "used_percent";
        to.from_whole = true;
    } else if (dot == std::string_view::npos) {
        to.measurement = "pi_throttled";
        to.field = word;
    } else {
        to.measurement = word.substr(0, dot);
        to.field = word.substr(dot + 1);
    }
    return !to.measurement.empty() && !to.field.empty();
}

/// What is wrong with the entry; nothing when it was taken.
std::optional<Error> take(const TomlEntry& entry, const std::string& name, AlertRule& rule) {
    const auto error = [](const std::string& what) { return Error{what, kRuleForm}; };
    if (name == "send") {
        if (entry.type != TomlType::list || entry.items.empty() || !valid_command_name(entry.items.front()))
            return error("send must be a list: a command, then its arguments");
        rule.send = entry.items;
        return std::nullopt;
    }
    if (entry.type != TomlType::text) return error(name + " must be a text");
    if (name == "name") {
        if (!valid_id(entry.text)) return error("name must be letters, digits, '-', '.' and '_'");
        rule.name = entry.text;
    } else if (name == "when" || name == "clear") {
        const auto condition = parse_condition(entry.text);
        if (!condition) return condition.error();
        if (name == "clear" && condition->kind == Kind::offline)
            return error("clear can't be about offline: an agent that is back ends that alert");
        if (name == "when") rule.when = entry.text;
        (name == "when" ? rule.condition : rule.clear.emplace()) = *condition;
    } else if (name == "agents") {
        const auto expression = TargetExpression::parse(entry.text);
        if (!expression) return expression.error();
        rule.agents = entry.text;
    } else {
        return error("unknown key '" + name + "'");
    }
    return std::nullopt;
}

/// Whether both can hold at once, or the one is no opposite of the other; of two fields nobody can say.
bool overlap(const Condition& when, const Condition& clear) {
    if (when.measurement != clear.measurement || when.field != clear.field ||
        when.from_whole != clear.from_whole)
        return false;
    const auto upward = [](Kind kind) { return kind == Kind::above || kind == Kind::at_least; };
    const auto downward = [](Kind kind) { return kind == Kind::below || kind == Kind::at_most; };
    const Condition& low = downward(when.kind) ? when : clear;
    const Condition& high = upward(when.kind) ? when : clear;
    if (!downward(low.kind) || !upward(high.kind)) return true;
    const bool both_at = low.kind == Kind::at_most && high.kind == Kind::at_least;
    return low.number > high.number || (low.number == high.number && both_at);
}

}  // namespace

Result<Condition> parse_condition(std::string_view text) {
    auto words = words_of(text);
    Condition condition;
    if (words.size() >= 2 && words[words.size() - 2] == "for") {
        const auto duration = parse_duration_ms(words.back());
        if (!duration) return wrong(text, "has a duration that " + duration.error().message);
        condition.for_ms = *duration;
        words.resize(words.size() - 2);
    }
    if (words.empty()) return wrong(text, "is empty");
    if (words.size() == 1) {
        if (words[0] == "offline") return wrong(text, "needs a duration: offline > 2m");
        if (!name_measure(words[0], condition) || condition.measurement == "temp")
            return wrong(text, "compares nothing");
        return condition;
    }
    const auto kind = comparison(words[1]);
    if (words.size() != 3 || !kind) return wrong(text, "is not of the form: measure > number");
    if (words[0] == "offline") {
        const auto duration = parse_duration_ms(words[2]);
        if (!duration || *duration <= 0 || *kind != Kind::above || condition.for_ms != 0)
            return wrong(text, "must be: offline > duration");
        condition.kind = Kind::offline;
        condition.for_ms = *duration;
        return condition;
    }
    condition.kind = *kind;
    if (!name_measure(words[0], condition)) return wrong(text, "names no measurement and field");
    std::string_view digits = words[2];
    if (digits.ends_with('%')) digits.remove_suffix(1);
    const auto number = parse_number(digits);
    if (!number) return wrong(text, "compares with something that is no number");
    condition.number = *number;
    return condition;
}

Result<std::vector<AlertRule>> parse_alerts(std::string_view text, const std::string& file) {
    const auto entries = parse_toml(text, file);
    if (!entries) return entries.error();
    std::vector<AlertRule> rules;
    std::vector<int> lines;
    for (const TomlEntry& entry : *entries) {
        const std::string where = file + ":" + std::to_string(entry.line) + ": ";
        const auto key = table_key("alert", entry.key);
        if (!key) return Error{where + "unknown key '" + entry.key + "'", kRuleForm};
        if (key->index >= rules.size()) {
            rules.resize(key->index + 1);
            lines.resize(key->index + 1, entry.line);
        }
        if (const auto error = take(entry, key->name, rules[key->index]))
            return Error{where + error->message, error->next};
    }
    if (rules.size() > Alerts::kRules)
        return Error{file + ": more than " + std::to_string(Alerts::kRules) + " rules", kRuleForm};
    for (std::size_t i = 0; i < rules.size(); ++i) {
        const std::string where = file + ":" + std::to_string(lines[i]) + ": ";
        if (rules[i].name.empty() || rules[i].when.empty())
            return Error{where + "this rule needs a name and a condition (when)", kRuleForm};
        const auto same = [&](const AlertRule& other) { return other.name == rules[i].name; };
        if (std::count_if(rules.begin(), rules.end(), same) > 1)
            return Error{where + "two rules are called '" + rules[i].name + "'", kRuleForm};
        if (rules[i].clear && overlap(rules[i].condition, *rules[i].clear))
            return Error{where + "clear of '" + rules[i].name + "' holds where when holds too",
                         "leave a band between them: when = \"temp > 80\", clear = \"temp < 70\""};
    }
    return rules;
}

Result<std::vector<AlertRule>> load_alerts(const std::string& path) {
    if (!path_exists(path)) return std::vector<AlertRule>{};
    const auto contents = read_file(path, kAlertsFileBytes);
    if (!contents) return contents.error();
    return parse_alerts(contents->text, path);
}

}  // namespace pncp::broker
