#include "agent/executor/arguments.hpp"

#include <algorithm>
#include <charconv>

#include "agent/executor/pattern.hpp"
#include "schema/program/escape.hpp"

namespace pncp::agent {
namespace {

/// Of a refused value in a message.
constexpr std::size_t kShownBytes = 64;

constexpr std::size_t kStars = 8;
/// Fewer characters of a secret at the end of a text may be anything else.
constexpr std::size_t kCutShown = 4;

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

std::string shown(const Slot& slot, const std::string& value) {
    if (slot.secret) return "the value";
    return "'" + escape_controls(std::string_view(value).substr(0, kShownBytes)) +
           (value.size() > kShownBytes ? "…'" : "'");
}

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const auto& word : words) text += (text.empty() ? "" : ", ") + word;
    return text;
}

Status check_integer(const Slot& slot, const std::string& value) {
    std::int64_t number = 0;
    const char* end = value.data() + value.size();
    const auto [stop, failure] = std::from_chars(value.data(), end, number);
    // "007" may mean seven or eight to the program: one spelling a number.
    const bool plain = failure == std::errc{} && stop == end && std::to_string(number) == value;
    if (!plain || number < slot.min || number > slot.max)
        return Error{"must be a number from " + std::to_string(slot.min) + " to " + std::to_string(slot.max),
                     {}};
    return Done{};
}

}  // namespace

Status check_value(const Slot& slot, const std::string& value) {
    if (value.empty()) return Error{"must not be empty", {}};
    if (value.size() > limits::kArgumentBytes)
        return Error{"is longer than " + std::to_string(limits::kArgumentBytes) + " bytes", {}};
    if (value.front() == '-') return Error{"must not begin with '-'", {}};
    if (std::any_of(value.begin(), value.end(), is_control)) return Error{"holds a control character", {}};
    switch (slot.type) {
        case Slot::Type::integer:
            return check_integer(slot, value);
        case Slot::Type::choice:
            if (std::find(slot.values.begin(), slot.values.end(), value) == slot.values.end())
                return Error{"must be one of " + joined(slot.values), {}};
            return Done{};
        case Slot::Type::pattern:
            if (value.size() > slot.max_bytes)
                return Error{"is longer than " + std::to_string(slot.max_bytes) + " bytes", {}};
            if (!matches_whole(slot.pattern, value)) return Error{"must look like " + slot.pattern, {}};
            return Done{};
    }
    return Error{"is of no known type", {}};
}

Result<std::vector<std::string>> make_argv(const CommandSpec& command,
                                           const std::vector<std::string>& given) {
    if (given.size() != command.slots.size()) {
        std::string wanted;
        for (const auto& slot : command.slots) wanted += " " + slot.name;
        const std::size_t count = command.slots.size();
        return Error{command.name + " takes " + (count == 0 ? "no" : std::to_string(count)) +
                         (count == 1 ? " argument" : " arguments") + (count == 0 ? "" : ":" + wanted) +
                         ", and was given " + std::to_string(given.size()),
                     {}};
    }
    for (std::size_t i = 0; i < given.size(); ++i) {
        const Slot& slot = command.slots[i];
        if (const Status fine = check_value(slot, given[i]); !fine)
            return Error{command.name + ": argument " + std::to_string(i + 1) + " (" + slot.name +
                             "): " + shown(slot, given[i]) + " " + fine.error().message,
                         {}};
    }
    std::vector<std::string> argv{command.path};
    for (const auto& argument : command.arguments) {
        std::string& word = argv.emplace_back();
        for (const Part& part : argument) word += part.slot ? given[*part.slot] : part.text;
    }
    return argv;
}

std::vector<std::string> secret_values(const CommandSpec& command, const std::vector<std::string>& given) {
    std::vector<std::string> secrets;
    for (std::size_t i = 0; i < std::min(given.size(), command.slots.size()); ++i)
        if (command.slots[i].secret && !given[i].empty()) secrets.push_back(given[i]);
    // One may be a part of another.
    std::sort(secrets.begin(), secrets.end(),
              [](const std::string& a, const std::string& b) { return a.size() > b.size(); });
    return secrets;
}

void redact(std::string& text, const std::vector<std::string>& secrets) {
    for (const std::string& secret : secrets) {
        const std::string stars(std::min(secret.size(), kStars), '*');
        for (std::size_t at = text.find(secret); at != std::string::npos;
             at = text.find(secret, at + stars.size()))
            text.replace(at, secret.size(), stars);
        for (std::size_t size = std::min(secret.size() - 1, text.size()); size >= kCutShown; --size)
            if (text.ends_with(std::string_view(secret).substr(0, size))) {
                text.replace(text.size() - size, size, std::string(std::min(size, kStars), '*'));
                break;
            }
    }
}

}  // namespace pncp::agent
