#include "agent/sampler/pi.hpp"

#include <utility>

namespace pncp {

PiReader::PiReader(const std::string& root, FirmwareSource firmware)
    : source_(std::move(firmware)), mailbox_(root), alarm_(root), fan_(root) {}

std::optional<std::string> PiReader::ask(const char* command) {
    return source_ ? source_(command) : mailbox_.ask(command);
}

std::optional<ThrottleReading> PiReader::throttling(std::int64_t now_ms, ReadBuffer& buffer) {
    constexpr std::int64_t kAskAgainMs = 60'000;
    answers_ = false;
    const bool silent =
        silent_since_ms_ && now_ms >= *silent_since_ms_ && now_ms - *silent_since_ms_ < kAskAgainMs;
    if (!silent) {
        const auto answer = ask("get_throttled");
        const auto bits = answer ? parse_throttled(*answer) : std::nullopt;
        answers_ = bits.has_value();
        silent_since_ms_ = bits ? std::nullopt : std::optional{now_ms};
        if (bits) return throttle_of_firmware(*bits);
    }
    if (const auto alarm = alarm_.read(now_ms, buffer)) return ThrottleReading{*alarm ? 1U : 0U, 1U};
    return std::nullopt;
}

void PiReader::add_soc_point(std::vector<Point>& points) {
    Point point{"pi_soc", {}, {}};
    const auto volts = ask("measure_volts core");
    if (const auto value = volts ? parse_volts(*volts) : std::nullopt)
        point.fields.emplace_back("core_voltage", *value);
    const auto arm = ask("measure_clock arm");
    if (const auto value = arm ? parse_hertz(*arm) : std::nullopt)
        point.fields.emplace_back("arm_clock", *value);
    const auto core = ask("measure_clock core");
    if (const auto value = core ? parse_hertz(*core) : std::nullopt)
        point.fields.emplace_back("core_clock", *value);
    if (!point.fields.empty()) points.push_back(std::move(point));
}

void PiReader::add_points(std::int64_t now_ms, ReadBuffer& buffer, std::vector<Point>& points,
                          std::vector<DeviceEdge>& edges) {
    if (const auto reading = throttling(now_ms, buffer)) {
        add_throttle_point(*reading, points);
        throttle_edges_.update(*reading, edges);
    }
    if (answers_) add_soc_point(points);
    fan_.add_point(now_ms, buffer, points);
}

}  // namespace pncp
