// A course of numbers as characters: a plot of braille dots, or one line. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/metric_series.hpp"

namespace pncp::cli {

/// What of a series falls into each of `count` equal parts of [from_ns, to_ns]; nullopt where there is
/// nothing.
struct Bucket {
    double min = 0;
    double mean = 0;
    double max = 0;
};
[[nodiscard]] std::vector<std::optional<Bucket>> buckets_of(const Series& series, std::int64_t from_ns,
                                                            std::int64_t to_ns, std::size_t count);

/// How wide a plot's frame is beside its dots: the labels of the vertical axis.
inline constexpr std::size_t kPlotLabels = 11;

/// `height` lines of `width` columns (labels included), and one with the times of both ends. Each column of
/// dots spans from the least to the greatest value in its time; holes are holes.
[[nodiscard]] std::string braille_plot(const Series& series, std::int64_t from_ns, std::int64_t to_ns,
                                       std::size_t width, std::size_t height);

/// One line of means, "▁▂▅█▇", or in ASCII "_.-=+*#"; a space where there is nothing.
[[nodiscard]] std::string spark_line(const Series& series, std::int64_t from_ns, std::int64_t to_ns,
                                     std::size_t width, bool utf8);

/// Four digits that matter: "0.25", "51.5", "8123", "3.9e+09".
[[nodiscard]] std::string short_number(double value);

}  // namespace pncp::cli
