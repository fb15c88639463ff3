#include "cli/metric_series.hpp"

#include <algorithm>
#include <array>

namespace pncp::cli {
namespace {

struct ShortName {
    std::string_view name;
    std::string_view meant;
};
constexpr std::array kShortNames{ShortName{"cpu", "cpu.usage_active{cpu=cpu-total}"},
                                 ShortName{"mem", "mem.used_percent"},
                                 ShortName{"disk", "disk.used_percent{path=/}"},
                                 ShortName{"load", "system.load1"}, ShortName{"temp", "temp.temp"}};

/// Names of metrics that are remembered for a message; a device has some hundred.
constexpr std::size_t kNamesSeen = 2'000;

bool tags_match(const MetricName& name, const Point& point) {
    return std::all_of(name.tags.begin(), name.tags.end(), [&](const auto& wanted) {
        return std::find(point.tags.begin(), point.tags.end(), wanted) != point.tags.end();
    });
}

std::optional<double> as_number(const FieldValue& value) {
    if (const auto* real = std::get_if<double>(&value)) return *real;
    if (const auto* whole = std::get_if<std::int64_t>(&value)) return static_cast<double>(*whole);
    if (const auto* truth = std::get_if<bool>(&value)) return *truth ? 1 : 0;
    return std::nullopt;
}

Error no_metric(const std::string& text) {
    return {
        "\"" + text + "\" is no metric",
        "write measurement.field, such as mem.used_percent or cpu.usage_idle{cpu=cpu0}, or one of cpu, mem, "
        "disk, load, temp"};
}

}  // namespace

Result<MetricName> parse_metric(const std::string& text) {
    for (const ShortName& each : kShortNames)
        if (each.name == text) return parse_metric(std::string(each.meant));
    MetricName name;
    const std::size_t brace = text.find('{');
    const std::string path = text.substr(0, brace);
    const std::size_t dot = path.find('.');
    if (dot == std::string::npos || dot == 0 || dot + 1 == path.size()) return no_metric(text);
    name.measurement = path.substr(0, dot);
    name.field = path.substr(dot + 1);
    if (brace != std::string::npos) {
        if (!text.ends_with('}')) return no_metric(text);
        std::string rest = text.substr(brace + 1, text.size() - brace - 2);
        while (!rest.empty()) {
            const std::size_t comma = std::min(rest.find(','), rest.size());
            const std::string tag = rest.substr(0, comma);
            rest.erase(0, comma + 1);
            const std::size_t equals = tag.find('=');
            if (equals == std::string::npos || equals == 0) return no_metric(text);
            name.tags.emplace_back(tag.substr(0, equals), tag.substr(equals + 1));
        }
    }
    const bool names_core =
        std::any_of(name.tags.begin(), name.tags.end(), [](const auto& tag) { return tag.first == "cpu"; });
    if (name.measurement == "cpu" && !names_core) name.tags.emplace_back("cpu", "cpu-total");
    return name;
}

std::string tags_text(const std::vector<std::pair<std::string, std::string>>& tags) {
    std::string text;
    for (const auto& [name, value] : tags) {
        text += text.empty() ? "" : " ";
        text += name + "=" + value;
    }
    return text;
}

SeriesNumbers numbers_of(const Series& series) {
    SeriesNumbers numbers;
    numbers.min = numbers.max = series.points.front().value;
    double sum = 0;
    for (const TimedValue& point : series.points) {
        numbers.min = std::min(numbers.min, point.value);
        numbers.max = std::max(numbers.max, point.value);
        sum += point.value;
    }
    numbers.mean = sum / static_cast<double>(series.points.size());
    numbers.last = series.points.back().value;
    return numbers;
}

void SeriesCollector::take(std::int64_t time_ns, const MetricsBody& sample) {
    for (const Point& point : sample.points) {
        for (const auto& [field, value] : point.fields) {
            if (seen_.size() < kNamesSeen) seen_.insert(point.measurement + "." + field);
            if (point.measurement != name_.measurement || field != name_.field || !tags_match(name_, point))
                continue;
            const auto number = as_number(value);
            is_text_ = is_text_ || !number;
            if (!number) continue;
            Series& series = series_[tags_text(point.tags)];
            series.tags = point.tags;
            series.points.push_back({time_ns, *number});
        }
    }
}

std::vector<Series> SeriesCollector::finish() {
    std::vector<Series> all;
    for (auto& [tags, series] : series_) {
        // What waited on the device came late.
        std::stable_sort(series.points.begin(), series.points.end(),
                         [](const auto& a, const auto& b) { return a.time_ns < b.time_ns; });
        all.push_back(std::move(series));
    }
    series_.clear();
    return all;
}

}  // namespace pncp::cli
