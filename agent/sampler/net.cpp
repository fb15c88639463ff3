#include "agent/sampler/net.hpp"

#include <array>
#include <optional>
#include <utility>

#include "agent/sampler/text.hpp"

namespace pncp {
namespace {

/// Eight columns received, eight sent; proc(5).
constexpr std::size_t kColumns = 16;

std::optional<NetReading> parse_line(std::string_view line) {
    // The last colon: an alias (eth0:1) has one in its name, the numbers have none.
    const auto colon = line.rfind(':');
    if (colon == std::string_view::npos) return std::nullopt;
    const auto name = proc::trimmed(line.substr(0, colon));
    line.remove_prefix(colon + 1);
    std::array<std::int64_t, kColumns> columns{};
    for (auto& column : columns) {
        const auto number = proc::to_integer(proc::next_word(line));
        if (!number || *number < 0) return std::nullopt;
        column = *number;
    }
    if (name.empty()) return std::nullopt;
    NetReading reading;
    reading.interface = std::string{name};
    reading.bytes_recv = columns[0];
    reading.packets_recv = columns[1];
    reading.err_in = columns[2];
    reading.drop_in = columns[3];
    reading.bytes_sent = columns[8];
    reading.packets_sent = columns[9];
    reading.err_out = columns[10];
    reading.drop_out = columns[11];
    return reading;
}

}  // namespace

std::vector<NetReading> parse_net_dev(std::string_view text) {
    std::vector<NetReading> interfaces;
    while (const auto line = proc::next_line(text)) {
        if (interfaces.size() >= kMaxInterfaces) break;
        if (auto reading = parse_line(*line)) interfaces.push_back(*std::move(reading));
    }
    return interfaces;
}

void add_net_points(const std::vector<NetReading>& interfaces, std::vector<Point>& points) {
    for (const auto& one : interfaces) {
        Point point{"net",
                    {{"interface", proc::visible_text(one.interface)}},
                    {{"bytes_sent", one.bytes_sent},
                     {"bytes_recv", one.bytes_recv},
                     {"packets_sent", one.packets_sent},
                     {"packets_recv", one.packets_recv},
                     {"err_in", one.err_in},
                     {"err_out", one.err_out},
                     {"drop_in", one.drop_in},
                     {"drop_out", one.drop_out}}};
        if (one.speed_mbit) point.fields.emplace_back("speed", *one.speed_mbit);
        points.push_back(std::move(point));
    }
}

}  // namespace pncp
