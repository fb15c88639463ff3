#include "schema/program/setting.hpp"

#include <algorithm>
#include <set>
#include <stdexcept>

#include "schema/program/quantity.hpp"
#include "schema/program/suggest.hpp"

namespace pncp {
namespace {

std::string unit_of(Kind kind) {
    switch (kind) {
        case Kind::duration:
            return " ms";
        case Kind::size:
            return " bytes";
        case Kind::list:
            return " items";
        case Kind::text:
        case Kind::integer:
        case Kind::number:
        case Kind::flag:
            break;
    }
    return {};
}

template <typename Number>
Status check_bounds(const Setting& setting, Number value) {
    const auto below = setting.min && value < static_cast<Number>(*setting.min);
    const auto above = setting.max && value > static_cast<Number>(*setting.max);
    if (!below && !above) return Done{};
    const std::string unit = unit_of(setting.kind);
    if (setting.min && setting.max) {
        return Error{
            "must be from " + std::to_string(*setting.min) + " to " + std::to_string(*setting.max) + unit,
            {}};
    }
    if (below) return Error{"must be at least " + std::to_string(*setting.min) + unit, {}};
    return Error{"must be at most " + std::to_string(*setting.max) + unit, {}};
}

template <typename Number>
Status check_parsed(const Setting& setting, const Result<Number>& value) {
    if (!value) return value.error();
    return check_bounds(setting, *value);
}

std::string joined(const std::vector<std::string>& words, std::string_view between) {
    std::string out;
    for (const std::string& word : words) {
        if (!out.empty()) out += between;
        out += word;
    }
    return out;
}

Status check_choice(const Setting& setting, std::string_view text) {
    const auto& choices = setting.choices;
    if (choices.empty() || std::find(choices.begin(), choices.end(), text) != choices.end()) return Done{};
    return Error{"must be one of " + joined(choices, ", ") + did_you_mean(text, choices), {}};
}

bool valid_key(std::string_view key) {
    const auto fits = [](char letter) {
        return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') || letter == '_' ||
               letter == '.';
    };
    return key.size() >= 2 && std::all_of(key.begin(), key.end(), fits);
}

void verify_settings(const std::vector<Setting>& settings, std::set<std::string>& flags) {
    for (const Setting& each : settings) {
        if (!valid_key(each.key)) throw std::logic_error("not a key: " + each.key);
        if (!flags.insert(flag_name(each)).second) throw std::logic_error("declared twice: " + each.key);
        if (each.letter != '\0' && !flags.insert(std::string(1, each.letter)).second) {
            throw std::logic_error("letter used twice: " + each.key);
        }
        if (each.default_text.empty()) continue;
        if (Status fine = check_text(each, each.default_text); !fine) {
            throw std::logic_error("default of " + each.key + " " + fine.error().message);
        }
    }
}

}  // namespace

std::string flag_name(const Setting& setting) {
    std::string name = setting.key;
    std::replace_if(
        name.begin(), name.end(), [](char letter) { return letter == '.' || letter == '_'; }, '-');
    return name;
}

std::string variable_name(const Setting& setting) {
    std::string name = "PNCP_";
    for (const char letter : setting.key) {
        const bool lower = letter >= 'a' && letter <= 'z';
        name += letter == '.' ? '_' : lower ? static_cast<char>(letter - 'a' + 'A') : letter;
    }
    return name;
}

std::string value_name(const Setting& setting) {
    if (!setting.value_name.empty()) return setting.value_name;
    if (!setting.choices.empty()) return joined(setting.choices, "|");
    switch (setting.kind) {
        case Kind::text:
            return "TEXT";
        case Kind::integer:
        case Kind::number:
            return "N";
        case Kind::flag:
            return {};
        case Kind::duration:
            return "DURATION";
        case Kind::size:
            return "SIZE";
        case Kind::list:
            return "A,B,...";
    }
    return {};
}

std::vector<std::string> split_list(std::string_view text) {
    std::vector<std::string> items;
    while (!text.empty()) {
        const auto comma = text.find(',');
        std::string_view item = text.substr(0, comma);
        text = comma == std::string_view::npos ? std::string_view{} : text.substr(comma + 1);
        while (!item.empty() && item.front() == ' ') item.remove_prefix(1);
        while (!item.empty() && item.back() == ' ') item.remove_suffix(1);
        if (!item.empty()) items.emplace_back(item);
    }
    return items;
}

Status check_text(const Setting& setting, std::string_view text) {
    switch (setting.kind) {
        case Kind::text:
            return check_choice(setting, text);
        case Kind::integer:
            return check_parsed(setting, parse_integer(text));
        case Kind::number:
            return check_parsed(setting, parse_number(text));
        case Kind::duration:
            return check_parsed(setting, parse_duration_ms(text));
        case Kind::size:
            return check_parsed(setting, parse_size_bytes(text));
        case Kind::list:
            return check_items(setting, split_list(text));
        case Kind::flag: {
            const Result<bool> value = parse_flag(text);
            return value ? Status(Done{}) : Status(value.error());
        }
    }
    return Done{};
}

Status check_items(const Setting& setting, const std::vector<std::string>& items) {
    for (const std::string& item : items) {
        if (Status fine = check_choice(setting, item); !fine) return fine;
    }
    return check_bounds(setting, static_cast<std::int64_t>(items.size()));
}

void verify_table(const Program& program) {
    const std::set<std::string> built_in{"help", "h", "version", "V", "config", "check-config"};
    std::set<std::string> flags = built_in;
    verify_settings(program.settings, flags);
    for (const Verb& verb : program.verbs) {
        std::set<std::string> with_verb = flags;
        verify_settings(verb.settings, with_verb);
        for (const Setting& each : verb.settings) {
            if (each.secret) throw std::logic_error("a command's option can't be secret: " + each.key);
        }
    }
}

}  // namespace pncp
