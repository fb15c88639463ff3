// Which numbers of the samples `pncp-cli history` is about, and their course. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "schema/event_bodies.hpp"
#include "schema/result.hpp"

namespace pncp::cli {

/// "measurement.field{tag=value,...}".
struct MetricName {
    std::string measurement;
    std::string field;
    std::vector<std::pair<std::string, std::string>> tags;  ///< all of them must be so
};

/// Also the short names cpu, mem, disk, load, temp, for what people look at first; `cpu.usage_…` without a
/// tag `cpu` means cpu=cpu-total. The error is a whole sentence.
[[nodiscard]] Result<MetricName> parse_metric(const std::string& text);
/// "cpu=cpu-total", "disk device=sda1 path=/"; "" without tags.
[[nodiscard]] std::string tags_text(const std::vector<std::pair<std::string, std::string>>& tags);

struct TimedValue {
    std::int64_t time_ns = 0;
    double value = 0;
};

/// One set of tags. Sorted by time once finish() was called.
struct Series {
    std::vector<std::pair<std::string, std::string>> tags;
    std::vector<TimedValue> points;
};

struct SeriesNumbers {
    double min = 0;
    double mean = 0;
    double max = 0;
    double last = 0;
};
/// Of at least one point.
[[nodiscard]] SeriesNumbers numbers_of(const Series& series);

class SeriesCollector {
  public:
    explicit SeriesCollector(MetricName name) : name_(std::move(name)) {}

    void take(std::int64_t time_ns, const MetricsBody& sample);
    /// By tags, each in the order of time.
    [[nodiscard]] std::vector<Series> finish();

    /// Every metric of the samples seen, "cpu.usage_idle" …: for a message about one that is not there.
    [[nodiscard]] const std::set<std::string>& seen() const { return seen_; }
    /// The metric is there, but its values are texts.
    [[nodiscard]] bool is_text() const { return is_text_; }

  private:
    MetricName name_;
    std::map<std::string, Series> series_;
    std::set<std::string> seen_;
    bool is_text_ = false;
};

}  // namespace pncp::cli
