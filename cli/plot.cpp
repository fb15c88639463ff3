#include "cli/plot.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "cli/text.hpp"

namespace pncp::cli {
namespace {

constexpr std::size_t kDotsAcross = 2;
constexpr std::size_t kDotsDown = 4;
/// Bits of a braille character, by column and row of its dots; the characters begin at U+2800.
constexpr std::array<std::array<unsigned, kDotsDown>, kDotsAcross> kDots{
    std::array<unsigned, kDotsDown>{0x01, 0x02, 0x04, 0x40},
    std::array<unsigned, kDotsDown>{0x08, 0x10, 0x20, 0x80}};
constexpr unsigned kBraille = 0x2800;

constexpr std::array<std::string_view, 8> kBlocks{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
constexpr std::string_view kLetters = "_.-=+*#@";

std::string utf8_of(unsigned point) {
    return {static_cast<char>(0xE0U | (point >> 12U)), static_cast<char>(0x80U | ((point >> 6U) & 0x3FU)),
            static_cast<char>(0x80U | (point & 0x3FU))};
}

/// 0 for the least value, `steps - 1` for the greatest.
std::size_t level(double value, double least, double greatest, std::size_t steps) {
    if (!(greatest > least)) return 0;
    const double part = (value - least) / (greatest - least);
    const double at = std::clamp(part, 0.0, 1.0) * static_cast<double>(steps - 1);
    return static_cast<std::size_t>(std::lround(at));
}

std::string label(const std::string& text) {
    std::string out = text;
    if (out.size() < kPlotLabels - 2) out.insert(0, kPlotLabels - 2 - out.size(), ' ');
    return out;
}

std::string time_label(std::int64_t time_ns) {
    // "2026-01-31T12:00:00.123Z" to the minute.
    std::string text = utc_text(time_ns / 1000).substr(0, 16);
    text[10] = ' ';
    return text;
}

std::string axis(std::int64_t from_ns, std::int64_t to_ns, std::size_t columns) {
    const std::string left = time_label(from_ns);
    const std::string right = time_label(to_ns) + " UTC";
    std::string out(kPlotLabels, ' ');
    out += left;
    const std::size_t used = left.size() + right.size();
    out.append(columns > used ? columns - used : 1, ' ');
    return out + right + "\n";
}

}  // namespace

std::vector<std::optional<Bucket>> buckets_of(const Series& series, std::int64_t from_ns, std::int64_t to_ns,
                                              std::size_t count) {
    struct Sum {
        Bucket bucket;
        double sum = 0;
        std::size_t points = 0;
    };
    std::vector<Sum> sums(count);
    const double span = std::max(static_cast<double>(to_ns) - static_cast<double>(from_ns), 1.0);
    for (const TimedValue& point : series.points) {
        if (point.time_ns < from_ns || point.time_ns > to_ns || count == 0) continue;
        const double part = (static_cast<double>(point.time_ns) - static_cast<double>(from_ns)) / span;
        const auto at = std::min(static_cast<std::size_t>(part * static_cast<double>(count)), count - 1);
        Sum& sum = sums[at];
        sum.bucket.min = sum.points == 0 ? point.value : std::min(sum.bucket.min, point.value);
        sum.bucket.max = sum.points == 0 ? point.value : std::max(sum.bucket.max, point.value);
        sum.sum += point.value;
        ++sum.points;
    }
    std::vector<std::optional<Bucket>> buckets(count);
    for (std::size_t i = 0; i < count; ++i) {
        if (sums[i].points == 0) continue;
        sums[i].bucket.mean = sums[i].sum / static_cast<double>(sums[i].points);
        buckets[i] = sums[i].bucket;
    }
    return buckets;
}

std::string braille_plot(const Series& series, std::int64_t from_ns, std::int64_t to_ns, std::size_t width,
                         std::size_t height) {
    if (series.points.empty() || height == 0) return {};
    const std::size_t columns = std::max<std::size_t>(width, kPlotLabels + 10) - kPlotLabels;
    const SeriesNumbers numbers = numbers_of(series);
    const std::size_t steps = height * kDotsDown;
    std::vector<std::vector<unsigned>> cells(height, std::vector<unsigned>(columns, 0));
    const auto buckets = buckets_of(series, from_ns, to_ns, columns * kDotsAcross);
    for (std::size_t x = 0; x < buckets.size(); ++x) {
        if (!buckets[x]) continue;
        const std::size_t low = level(buckets[x]->min, numbers.min, numbers.max, steps);
        const std::size_t high = level(buckets[x]->max, numbers.min, numbers.max, steps);
        for (std::size_t y = low; y <= high; ++y) {
            const std::size_t down = steps - 1 - y;
            cells[down / kDotsDown][x / kDotsAcross] |= kDots[x % kDotsAcross][down % kDotsDown];
        }
    }
    std::string out;
    for (std::size_t row = 0; row < height; ++row) {
        const std::string value = row == 0            ? short_number(numbers.max)
                                  : row == height - 1 ? short_number(numbers.min)
                                                      : "";
        out += label(value) + (value.empty() ? " │" : " ┤");
        std::string line;
        for (const unsigned dots : cells[row])
            line += dots == 0 ? std::string(" ") : utf8_of(kBraille + dots);
        line.erase(line.find_last_not_of(' ') + 1);
        out += line + "\n";
    }
    return out + axis(from_ns, to_ns, columns);
}

std::string spark_line(const Series& series, std::int64_t from_ns, std::int64_t to_ns, std::size_t width,
                       bool utf8) {
    if (series.points.empty()) return {};
    const SeriesNumbers numbers = numbers_of(series);
    std::string out;
    for (const auto& bucket : buckets_of(series, from_ns, to_ns, width)) {
        if (!bucket) {
            out += ' ';
            continue;
        }
        const std::size_t at = level(bucket->mean, numbers.min, numbers.max, kBlocks.size());
        out += utf8 ? kBlocks[at] : kLetters.substr(at, 1);
    }
    return out;
}

std::string short_number(double value) {
    char text[64];
    const double size = std::fabs(value);
    if (size >= 1e7)
        std::snprintf(text, sizeof text, "%.3g", value);
    else if (size >= 1000 || value == std::floor(value))
        std::snprintf(text, sizeof text, "%.0f", value);
    else
        std::snprintf(text, sizeof text, size >= 100 ? "%.1f" : "%.2f", value);
    return text;
}

}  // namespace pncp::cli
