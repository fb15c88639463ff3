#include "agent/executor/catalogue_fields.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "agent/executor/pattern.hpp"
#include "schema/names.hpp"
#include "schema/program/escape.hpp"
#include "schema/program/quantity.hpp"
#include "schema/program/suggest.hpp"

namespace pncp::agent {
namespace {

constexpr std::size_t kHelpBytes = 160;  ///< one line of a terminal, and 256 of them fit in a frame
constexpr std::size_t kTextBytes = 1'024;
constexpr std::size_t kFixedArguments = 64;
constexpr std::size_t kChoices = 32;
constexpr std::size_t kTags = 8;
constexpr std::size_t kOutputBytesMin = 256;
constexpr std::int64_t kTimeoutMinMs = 100;
constexpr std::int64_t kMemoryMin = 16LL * 1024 * 1024;
constexpr std::int64_t kMemoryMax = 1LL << 40;

/// A program that takes a line of text for a script: no whitelist holds then.
constexpr std::array<std::string_view, 12> kShells = {"ash", "bash", "busybox", "csh", "dash", "fish",
                                                      "ksh", "mksh", "rbash",   "sh",  "tcsh", "zsh"};
/// Those run what their arguments name, a shell too; the agent does what they are wanted for.
constexpr std::array<std::string_view, 11> kLaunchers = {
    "chroot", "doas", "env", "nice", "nohup", "script", "setsid", "sudo", "su", "timeout", "xargs"};

}  // namespace

bool is_shell(std::string_view program) {
    return std::find(kShells.begin(), kShells.end(), program) != kShells.end();
}

namespace {

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

/// Why a text can't be, or empty.
std::string objection(const std::string& text, std::size_t max_bytes) {
    if (text.empty()) return "must not be empty";
    if (text.size() > max_bytes) return "is longer than " + std::to_string(max_bytes) + " bytes";
    if (std::any_of(text.begin(), text.end(), is_control)) return "holds a control character";
    return {};
}

std::string take_text(const std::string& text, std::size_t max_bytes, std::string& into) {
    into = text;
    return objection(text, max_bytes);
}

/// A whole number, duration or size, by `parse`, within bounds.
template <typename Parse, typename Number>
std::string take_number(const TomlEntry& entry, Parse parse, std::int64_t min, std::int64_t max,
                        const char* bounds, Number& into) {
    const auto value = parse(entry.text);
    if (!value) return value.error().text();
    if (*value < min || *value > max) return std::string("must be ") + bounds;
    into = static_cast<Number>(*value);
    return {};
}

std::string take_path(const TomlEntry& entry, CommandSpec& command) {
    if (std::string wrong = take_text(entry.text, kTextBytes, command.path); !wrong.empty()) return wrong;
    if (command.path.front() != '/')
        return "must be absolute, as in /usr/bin/uptime; there is no search path";
    const std::string_view name = std::string_view(command.path).substr(command.path.rfind('/') + 1);
    if (name.empty()) return "names a folder, not a program";
    if (std::find(kLaunchers.begin(), kLaunchers.end(), name) != kLaunchers.end())
        return "starts what its arguments name; name that program itself (user, timeout and limits are "
               "settings)";
    if (is_shell(name))
        return "is a shell, which would take arguments for orders; put the lines in a file of their own that "
               "begins with #! and name that";
    return {};
}

std::string take_words(const TomlEntry& entry, std::size_t max_items, std::vector<std::string>& into) {
    if (entry.items.size() > max_items) return "has more than " + std::to_string(max_items) + " items";
    for (const auto& item : entry.items)
        if (std::string wrong = objection(item, kTextBytes); !wrong.empty())
            return "holds '" + escape_controls(item.substr(0, 64)) + "', which " + wrong;
    into = entry.items;
    return {};
}

std::string take_tags(const TomlEntry& entry, CommandSpec& command) {
    if (std::string wrong = take_words(entry, kTags, command.tags); !wrong.empty()) return wrong;
    for (const auto& tag : command.tags)
        if (!valid_command_name(tag)) return "holds '" + tag + "'; a tag is [a-z][a-z0-9_-]{0,31}";
    return {};
}

std::string take_values(const TomlEntry& entry, Slot& slot) {
    if (std::string wrong = take_words(entry, kChoices, slot.values); !wrong.empty()) return wrong;
    if (slot.values.empty()) return "must hold the values that are allowed";
    for (const auto& value : slot.values)
        if (value.front() == '-') return "holds '" + value + "'; a value never begins with '-'";
    return {};
}

std::string take_type(const TomlEntry& entry, Slot& slot) {
    const std::vector<std::string> types{"int", "enum", "regex"};
    const auto at = std::find(types.begin(), types.end(), entry.text);
    if (at == types.end()) return "must be int, enum or regex" + did_you_mean(entry.text, types);
    slot.type = std::array{Slot::Type::integer, Slot::Type::choice,
                           Slot::Type::pattern}[static_cast<std::size_t>(at - types.begin())];
    return {};
}

std::string take_pattern(const TomlEntry& entry, Slot& slot) {
    slot.pattern = entry.text;
    const Status fine = check_pattern(slot.pattern);
    return fine ? std::string{} : fine.error().text();
}

std::string take_slot_name(const TomlEntry& entry, Slot& slot) {
    slot.name = entry.text;
    return valid_command_name(slot.name) ? "" : "must be [a-z][a-z0-9_-]{0,31}";
}

const Field<CommandSpec> kCommandFields[] = {
    {"help", TomlType::text,
     [](const TomlEntry& e, CommandSpec& c) { return take_text(e.text, kHelpBytes, c.help); }},
    {"path", TomlType::text, take_path},
    {"arguments", TomlType::list, nullptr},
    {"timeout", TomlType::text,
     [](const TomlEntry& e, CommandSpec& c) {
         return take_number(e, parse_duration_ms, kTimeoutMinMs, limits::kCommandTimeoutMaxMs,
                            "between 100ms and 24h", c.timeout_ms);
     }},
    {"output", TomlType::text,
     [](const TomlEntry& e, CommandSpec& c) {
         return take_number(e, parse_size_bytes, kOutputBytesMin, limits::kCommandOutputBytes,
                            "between 256B and 64KiB", c.output_bytes);
     }},
    {"memory", TomlType::text,
     [](const TomlEntry& e, CommandSpec& c) {
         return take_number(e, parse_size_bytes, kMemoryMin, kMemoryMax, "between 16MiB and 1024GiB",
                            c.memory_bytes);
     }},
    {"user", TomlType::text,
     [](const TomlEntry& e, CommandSpec& c) { return take_text(e.text, 32, c.user); }},
    {"tags", TomlType::list, take_tags},
    {"enabled", TomlType::flag,
     [](const TomlEntry& e, CommandSpec& c) {
         c.enabled = e.text == "true";
         return std::string{};
     }},
};

const Field<Slot> kSlotFields[] = {
    {"name", TomlType::text, take_slot_name},
    {"type", TomlType::text, take_type},
    {"min", TomlType::integer,
     [](const TomlEntry& e, Slot& s) {
         return take_number(e, parse_integer, 0, INT64_MAX, "0 or more: a value never begins with '-'",
                            s.min);
     }},
    {"max", TomlType::integer,
     [](const TomlEntry& e, Slot& s) {
         return take_number(e, parse_integer, 0, INT64_MAX, "0 or more", s.max);
     }},
    {"values", TomlType::list, take_values},
    {"pattern", TomlType::text, take_pattern},
    {"max_bytes", TomlType::integer,
     [](const TomlEntry& e, Slot& s) {
         return take_number(e, parse_integer, 1, limits::kArgumentBytes, "between 1 and 1024", s.max_bytes);
     }},
    {"secret", TomlType::flag,
     [](const TomlEntry& e, Slot& s) {
         s.secret = e.text == "true";
         return std::string{};
     }},
};

}  // namespace

const char* type_name(TomlType type) {
    switch (type) {
        case TomlType::text:
            return "a text in quotes";
        case TomlType::integer:
            return "a whole number";
        case TomlType::number:
            return "a number";
        case TomlType::flag:
            return "true or false";
        case TomlType::list:
            return "a list of texts";
        case TomlType::other:
            return "a value";
    }
    return "a value";
}

std::span<const Field<CommandSpec>> command_fields() { return kCommandFields; }
std::span<const Field<Slot>> slot_fields() { return kSlotFields; }

std::string take_arguments(const TomlEntry& entry, std::vector<std::string>& into) {
    return take_words(entry, kFixedArguments, into);
}

}  // namespace pncp::agent
