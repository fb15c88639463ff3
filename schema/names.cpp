#include "schema/names.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace pncp {

std::string_view role_name(Role role) {
    switch (role) {
        case Role::agent:
            return "agent";
        case Role::operator_:
            return "operator";
        case Role::subscriber:
            return "subscriber";
    }
    return "unknown";
}

std::optional<Role> parse_role(std::string_view text) {
    for (const Role role : {Role::agent, Role::operator_, Role::subscriber})
        if (text == role_name(role)) return role;
    return std::nullopt;
}

namespace {

bool lower_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

// Measurements that PNCP and Telegraf's names already use: a command of that name would mix with them.
constexpr std::array<std::string_view, 20> kMeasurements = {
    "agent_status", "cpu",     "disk", "diskio",   "internal", "kernel",    "mem",
    "net",          "netstat", "pncp", "pressure", "pi",       "processes", "swap",
    "system",       "temp",    "time", "wireless", "hwmon",    "linux_cpu"};

}  // namespace

bool valid_id(std::string_view id) {
    if (id.empty() || id.size() > 63 || !lower_or_digit(id.front())) return false;
    return std::all_of(id.begin(), id.end(),
                       [](char c) { return lower_or_digit(c) || c == '.' || c == '-'; });
}

bool valid_command_name(std::string_view name) {
    if (name.empty() || name.size() > 32 || name.front() < 'a' || name.front() > 'z') return false;
    return std::all_of(name.begin(), name.end(),
                       [](char c) { return lower_or_digit(c) || c == '_' || c == '-'; });
}

bool is_measurement(std::string_view name) {
    return name.starts_with("pi_") || name == "metrics" ||
           std::find(kMeasurements.begin(), kMeasurements.end(), name) != kMeasurements.end();
}

std::string PeerName::text() const {
    return std::string(role_name(role)) + "/" + id + "/" + std::to_string(generation);
}

std::optional<PeerName> PeerName::parse(std::string_view text) {
    const auto first = text.find('/');
    const auto last = text.rfind('/');
    if (first == std::string_view::npos || last == first) return std::nullopt;
    const auto role = parse_role(text.substr(0, first));
    const auto id = text.substr(first + 1, last - first - 1);
    const auto number = text.substr(last + 1);
    PeerName name;
    const auto [end, failure] =
        std::from_chars(number.data(), number.data() + number.size(), name.generation);
    if (!role || !valid_id(id) || failure != std::errc{} || end != number.data() + number.size())
        return std::nullopt;
    name.role = *role;
    name.id = std::string(id);
    return name;
}

}  // namespace pncp
