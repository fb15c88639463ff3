#include "agent/sampler/system.hpp"

#include <utility>

#include "agent/sampler/text.hpp"

namespace pncp {

std::optional<LoadAverage> parse_loadavg(std::string_view text) {
    auto line = proc::next_line(text);
    if (!line) return std::nullopt;
    const auto load1 = proc::to_fraction(proc::next_word(*line));
    const auto load5 = proc::to_fraction(proc::next_word(*line));
    const auto load15 = proc::to_fraction(proc::next_word(*line));
    if (!load1 || !load5 || !load15) return std::nullopt;
    return LoadAverage{*load1, *load5, *load15};
}

std::optional<std::int64_t> parse_uptime(std::string_view text) {
    constexpr double kMostSeconds = 1e12;
    auto line = proc::next_line(text);
    if (!line) return std::nullopt;
    const auto seconds = proc::to_fraction(proc::next_word(*line));
    if (!seconds || *seconds > kMostSeconds) return std::nullopt;
    return static_cast<std::int64_t>(*seconds);
}

std::string parse_boot_id(std::string_view text) {
    constexpr std::size_t kLength = 36;
    const auto line = proc::next_line(text);
    if (!line || line->size() != kLength) return {};
    if (line->find_first_not_of("0123456789abcdef-") != std::string_view::npos) return {};
    return std::string{*line};
}

void add_system_point(const SystemReading& reading, std::vector<Point>& points) {
    Point point{"system", {}, {}};
    if (reading.load) {
        point.fields.emplace_back("load1", reading.load->load1);
        point.fields.emplace_back("load5", reading.load->load5);
        point.fields.emplace_back("load15", reading.load->load15);
    }
    if (reading.cpus) point.fields.emplace_back("n_cpus", *reading.cpus);
    if (reading.users) point.fields.emplace_back("n_users", *reading.users);
    if (reading.uptime_s) point.fields.emplace_back("uptime", *reading.uptime_s);
    if (!reading.boot_id.empty()) point.fields.emplace_back("boot_id", reading.boot_id);
    if (!point.fields.empty()) points.push_back(std::move(point));
}

}  // namespace pncp
