#include "agent/sampler/pressure.hpp"

#include "agent/sampler/text.hpp"

namespace pncp {
namespace {

constexpr std::array<const char*, 3> kResources{"cpu", "memory", "io"};

/// The value of `word` if it reads `key`=value; else nothing.
std::string_view value_of(std::string_view word, std::string_view key) {
    if (!word.starts_with(key)) return {};
    return word.substr(key.size());
}

std::optional<Stall> parse_stall(std::string_view line) {
    const auto avg10 = proc::to_fraction(value_of(proc::next_word(line), "avg10="));
    const auto avg60 = proc::to_fraction(value_of(proc::next_word(line), "avg60="));
    const auto avg300 = proc::to_fraction(value_of(proc::next_word(line), "avg300="));
    const auto total = proc::to_integer(value_of(proc::next_word(line), "total="));
    if (!avg10 || !avg60 || !avg300 || !total || *total < 0) return std::nullopt;
    if (*avg10 > 100 || *avg60 > 100 || *avg300 > 100) return std::nullopt;
    return Stall{*avg10, *avg60, *avg300, *total};
}

void add_point(const char* resource, const char* type, const std::optional<Stall>& stall,
               std::vector<Point>& points) {
    if (!stall) return;
    points.push_back({"pressure",
                      {{"resource", resource}, {"type", type}},
                      {{"avg10", stall->avg10},
                       {"avg60", stall->avg60},
                       {"avg300", stall->avg300},
                       {"total", stall->total_us}}});
}

}  // namespace

PressureReading parse_pressure(std::string_view text) {
    PressureReading reading;
    while (const auto found = proc::next_line(text)) {
        auto line = *found;
        const auto type = proc::next_word(line);
        if (type == "some") reading.some = parse_stall(line);
        if (type == "full") reading.full = parse_stall(line);
    }
    return reading;
}

void add_pressure_points(const char* resource, const PressureReading& reading, std::vector<Point>& points) {
    add_point(resource, "some", reading.some, points);
    add_point(resource, "full", reading.full, points);
}

PressureFiles::PressureFiles(const std::string& root)
    : files_{KeptFile{root + "/proc/pressure/cpu"}, KeptFile{root + "/proc/pressure/memory"},
             KeptFile{root + "/proc/pressure/io"}} {}

void PressureFiles::add_points(ReadBuffer& buffer, std::vector<Point>& points) {
    for (std::size_t i = 0; i < files_.size(); ++i) {
        const auto text = files_[i].read(buffer);
        if (!text) continue;
        auto reading = parse_pressure(*text);
        if (i == 0) reading.full.reset();
        add_pressure_points(kResources[i], reading, points);
    }
}

}  // namespace pncp
