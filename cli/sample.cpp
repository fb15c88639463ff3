#include "cli/sample.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace pncp::cli {
namespace {

std::optional<double> number_of(const Point& point, std::string_view field) {
    for (const auto& [name, value] : point.fields) {
        if (name != field) continue;
        if (const auto* real = std::get_if<double>(&value)) return *real;
        if (const auto* whole = std::get_if<std::int64_t>(&value)) return static_cast<double>(*whole);
    }
    return std::nullopt;
}

bool has_tag(const Point& point, std::string_view name, std::string_view wanted) {
    return std::any_of(point.tags.begin(), point.tags.end(),
                       [&](const auto& tag) { return tag.first == name && tag.second == wanted; });
}

/// Facts of now are the fields that are true and say nothing of the time since the boot.
std::string throttled_of(const Point& point) {
    std::string all;
    for (const auto& [name, value] : point.fields) {
        const auto* holds = std::get_if<bool>(&value);
        if (holds == nullptr || !*holds || name.ends_with("_since_boot")) continue;
        all += (all.empty() ? "" : "+") + name;
    }
    return all;
}

struct ShortWord {
    std::string_view word;
    std::string_view text;
};
constexpr std::array kShortWords{ShortWord{"under_voltage", "UV"}, ShortWord{"frequency_capped", "cap"},
                                 ShortWord{"capped", "cap"}, ShortWord{"throttled", "thr"},
                                 ShortWord{"soft_temp_limit", "hot"}};

}  // namespace

MainNumbers main_numbers(const MetricsBody& sample) {
    MainNumbers numbers;
    for (const Point& point : sample.points) {
        if (point.measurement == "cpu" && has_tag(point, "cpu", "cpu-total")) {
            numbers.cpu_percent = number_of(point, "usage_active");
            // Simulated devices tell less.
            if (const auto idle = number_of(point, "usage_idle"); idle && !numbers.cpu_percent)
                numbers.cpu_percent = 100 - *idle;
        } else if (point.measurement == "mem") {
            numbers.memory_percent = number_of(point, "used_percent");
        } else if (point.measurement == "disk" && has_tag(point, "path", "/")) {
            numbers.disk_percent = number_of(point, "used_percent");
        } else if (point.measurement == "system") {
            if (const auto load = number_of(point, "load1")) numbers.load1 = load;
            if (const auto uptime = number_of(point, "uptime"))
                numbers.uptime_s = static_cast<std::int64_t>(*uptime);
        } else if (point.measurement == "temp") {
            if (const auto degrees = number_of(point, "temp"))
                numbers.temperature = std::max(numbers.temperature.value_or(*degrees), *degrees);
        } else if (point.measurement == "pi_throttled") {
            numbers.throttled = throttled_of(point);
        }
    }
    return numbers;
}

std::string short_throttled(std::string_view throttled) {
    std::string out;
    while (!throttled.empty()) {
        const std::size_t end = std::min(throttled.find('+'), throttled.size());
        const std::string_view word = throttled.substr(0, end);
        throttled.remove_prefix(std::min(end + 1, throttled.size()));
        const auto known = std::find_if(kShortWords.begin(), kShortWords.end(),
                                        [&](const ShortWord& each) { return each.word == word; });
        out += out.empty() ? "" : "+";
        out += known == kShortWords.end() ? word : known->text;
    }
    return out;
}

std::string number_text(const std::optional<double>& value, std::string_view unit) {
    if (!value) return "-";
    char text[64];
    std::snprintf(text, sizeof text, "%.1f", *value);
    return text + std::string(unit);
}

}  // namespace pncp::cli
