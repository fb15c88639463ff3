#include <array>
#include <cstdio>

#include "agent/builtin/commands.hpp"

namespace pncp::builtin {
namespace {

std::string counted(std::int64_t count, const char* what) {
    return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

}  // namespace

std::string uptime_line(const SystemReading& reading) {
    const std::int64_t minutes = reading.uptime_s.value_or(0) / 60;
    const std::int64_t days = minutes / (24 * 60);
    const int hour = static_cast<int>(minutes / 60 % 24);
    const int minute = static_cast<int>(minutes % 60);
    std::array<char, 96> text{};
    std::string line = "up ";
    if (days > 0) line += counted(days, "day") + ", ";
    if (hour > 0)
        std::snprintf(text.data(), text.size(), "%d:%02d", hour, minute);
    else
        std::snprintf(text.data(), text.size(), "%d min", minute);
    line += text.data();
    if (reading.users) line += ", " + counted(*reading.users, "user");
    if (reading.load) {
        std::snprintf(text.data(), text.size(), ", load average: %.2f, %.2f, %.2f", reading.load->load1,
                      reading.load->load5, reading.load->load15);
        line += text.data();
    }
    return line + "\n";
}

CommandOutput uptime(Sampler& sampler, std::int64_t now_ms) {
    const auto summary = sampler.look(now_ms);
    if (!summary.system.uptime_s)
        return {kExitFailed, "",
                "uptime: " + sampler.root() + "/proc/uptime cannot be read; is /proc mounted?\n"};
    return {0, uptime_line(summary.system), ""};
}

}  // namespace pncp::builtin
