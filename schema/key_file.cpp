#include "schema/key_file.hpp"

#include <charconv>
#include <set>

namespace pncp {

namespace {

std::string_view trim(std::string_view text) {
    constexpr std::string_view kSpace = " \t\r";
    const auto first = text.find_first_not_of(kSpace);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

Error at_line(std::size_t line, std::string what) {
    return {"key file, line " + std::to_string(line) + ": " + std::move(what),
            "issue the key again: pncp-cli key issue ID --out FILE"};
}

/// False when `name` is none of the file's names or `value` is not of its form.
bool assign(KeyFile& file, std::string_view name, std::string_view value) {
    if (name == "role") {
        const auto role = parse_role(value);
        if (role) file.peer.role = *role;
        return role.has_value();
    }
    if (name == "id") {
        file.peer.id = std::string(value);
        return valid_id(value);
    }
    if (name == "generation") {
        const auto [end, failure] =
            std::from_chars(value.data(), value.data() + value.size(), file.peer.generation);
        return failure == std::errc{} && end == value.data() + value.size();
    }
    if (name == "key" || name == "broker") {
        const auto bytes = from_hex<32>(value);
        if (bytes) (name == "key" ? file.key : file.broker) = *bytes;
        return bytes.has_value();
    }
    if (name == "agents")
        file.agents = std::string(value);
    else if (name == "control")
        file.control = std::string(value);
    else if (name == "feed")
        file.feed = std::string(value);
    else
        return false;
    return true;
}

}  // namespace

std::string format_key_file(const KeyFile& file) {
    std::string text = "# PNCP key of " + std::string(role_name(file.peer.role)) + " " + file.peer.id +
                       ". Keep it secret: whoever holds it is that peer. Mode 0600.\n";
    const auto line = [&](std::string_view name, std::string_view value) {
        if (!value.empty()) text.append(name).append(" = ").append(value).append("\n");
    };
    line("role", role_name(file.peer.role));
    line("id", file.peer.id);
    line("generation", std::to_string(file.peer.generation));
    line("key", to_hex(file.key));
    line("broker", to_hex(file.broker));
    line("agents", file.agents);
    line("control", file.control);
    line("feed", file.feed);
    return text;
}

Result<KeyFile> parse_key_file(std::string_view text) {
    KeyFile file;
    std::set<std::string, std::less<>> seen;
    std::size_t number = 0;
    while (!text.empty()) {
        ++number;
        const auto end = text.find('\n');
        const std::string_view line = trim(text.substr(0, end));
        text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
        if (line.empty() || line.front() == '#') continue;
        const auto equals = line.find('=');
        if (equals == std::string_view::npos) return at_line(number, "expected NAME = VALUE");
        const std::string_view name = trim(line.substr(0, equals));
        if (!seen.emplace(name).second) return at_line(number, "this name was given before");
        if (!assign(file, name, trim(line.substr(equals + 1))))
            return at_line(number, "unknown name, or a value of the wrong form");
    }
    for (const std::string_view name : {"role", "id", "generation", "key", "broker"})
        if (!seen.contains(name)) return at_line(number, "the file ends without '" + std::string(name) + "'");
    return file;
}

}  // namespace pncp
