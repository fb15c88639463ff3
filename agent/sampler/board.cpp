#include "agent/sampler/board.hpp"

#include <utility>

#include "agent/sampler/folder.hpp"
#include "agent/sampler/text.hpp"

namespace pncp {
namespace {

constexpr std::size_t kMaxChips = 64;

std::optional<std::uint32_t> cell_in(const std::string& path, ReadBuffer& buffer) {
    KeptFile file{path};
    const auto bytes = file.read(buffer);
    return bytes ? parse_cell(*bytes) : std::nullopt;
}

std::optional<std::int64_t> number_in(std::string_view text) {
    const auto line = proc::next_line(text);
    return line ? proc::to_integer(proc::trimmed(*line)) : std::nullopt;
}

}  // namespace

std::optional<std::uint32_t> parse_cell(std::string_view bytes) {
    if (bytes.size() != 4) return std::nullopt;
    std::uint32_t cell = 0;
    for (const char byte : bytes) cell = (cell << 8U) | static_cast<unsigned char>(byte);
    return cell;
}

std::string parse_property_text(std::string_view bytes) {
    constexpr std::size_t kMostBytes = 128;
    bytes = bytes.substr(0, std::min(bytes.find('\0'), kMostBytes));
    return proc::visible_text(proc::trimmed(bytes));
}

std::string board_model(const std::string& root, ReadBuffer& buffer) {
    KeptFile file{root + "/proc/device-tree/model"};
    return parse_property_text(file.read(buffer).value_or(std::string_view{}));
}

void add_board_points(const std::string& root, ReadBuffer& buffer, std::vector<Point>& points) {
    Point info{"pi_info", {}, {}};
    const std::string model = board_model(root, buffer);
    if (!model.empty()) info.fields.emplace_back("model", model);
    if (const auto revision = cell_in(root + "/proc/device-tree/system/linux,revision", buffer))
        info.fields.emplace_back("revision", std::int64_t{*revision});
    if (!info.fields.empty()) points.push_back(std::move(info));

    const std::string folder = root + "/proc/device-tree/chosen/power/";
    Point power{"pi_power", {}, {}};
    if (const auto milliamperes = cell_in(folder + "max_current", buffer))
        power.fields.emplace_back("max_current", std::int64_t{*milliamperes});
    if (const auto high = cell_in(folder + "usb_max_current_enable", buffer))
        power.fields.emplace_back("usb_max_current", *high != 0);
    if (const auto over = cell_in(folder + "usb_over_current_detected", buffer))
        power.fields.emplace_back("usb_over_current", *over != 0);
    if (const auto reasons = cell_in(folder + "power_reset", buffer))
        power.fields.emplace_back("reset_reasons", std::int64_t{*reasons});
    if (!power.fields.empty()) points.push_back(std::move(power));
}

std::optional<std::int64_t> parse_rpm(std::string_view text) {
    constexpr std::int64_t kMost = 100'000;
    const auto number = number_in(text);
    return number && *number >= 0 && *number <= kMost ? number : std::nullopt;
}

std::optional<double> parse_duty(std::string_view text) {
    constexpr std::int64_t kFull = 255;
    const auto number = number_in(text);
    if (!number || *number < 0 || *number > kFull) return std::nullopt;
    return 100.0 * static_cast<double>(*number) / static_cast<double>(kFull);
}

void Fan::add_point(std::int64_t now_ms, ReadBuffer& buffer, std::vector<Point>& points) {
    if (search_.due(now_ms)) {
        rpm_.reset();
        duty_.reset();
        const auto chips = numbers_in(folder_, "hwmon", 1);
        if (!chips.empty()) {
            const std::string chip = folder_ + "/hwmon" + std::to_string(chips.front());
            rpm_.emplace(chip + "/fan1_input");
            duty_.emplace(chip + "/pwm1");
        }
    }
    Point point{"pi_fan", {}, {}};
    const auto rpm_text = rpm_ ? rpm_->read(buffer) : std::nullopt;
    if (const auto rpm = rpm_text ? parse_rpm(*rpm_text) : std::nullopt)
        point.fields.emplace_back("rpm", *rpm);
    const auto duty_text = duty_ ? duty_->read(buffer) : std::nullopt;
    if (const auto duty = duty_text ? parse_duty(*duty_text) : std::nullopt)
        point.fields.emplace_back("duty", *duty);
    if (!point.fields.empty()) points.push_back(std::move(point));
}

std::optional<bool> VoltageAlarm::read(std::int64_t now_ms, ReadBuffer& buffer) {
    if (search_.due(now_ms)) {
        alarm_.reset();
        for (const auto number : numbers_in(folder_, "hwmon", kMaxChips)) {
            const std::string chip = folder_ + "/hwmon" + std::to_string(number);
            KeptFile name{chip + "/name"};
            if (proc::trimmed(name.read(buffer).value_or(std::string_view{})) == "rpi_volt")
                alarm_.emplace(chip + "/in0_lcrit_alarm");
        }
    }
    const auto text = alarm_ ? alarm_->read(buffer) : std::nullopt;
    const auto number = text ? number_in(*text) : std::nullopt;
    if (!number || (*number != 0 && *number != 1)) return std::nullopt;
    return *number == 1;
}

}  // namespace pncp
