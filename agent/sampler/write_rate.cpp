#include "agent/sampler/write_rate.hpp"

#include <algorithm>

namespace pncp {
namespace {

constexpr double kHourMs = 3'600'000;
constexpr double kDayMs = 24 * kHourMs;
constexpr std::int64_t kWrapBytes = (std::int64_t{1} << 32U) * 512;

}  // namespace

void WriteRate::add(std::int64_t now_ms, std::int64_t bytes) {
    std::int64_t grown = bytes - bytes_;
    const bool wrapped =
        grown < 0 && bytes_ >= kWrapBytes / 2 && bytes_ < kWrapBytes && bytes < kWrapBytes / 2;
    if (wrapped) grown += kWrapBytes;
    if (!started_ || now_ms < at_ms_ || grown < 0) {
        *this = WriteRate{};
        started_ = true;
    } else {
        seen_ms_ += static_cast<double>(now_ms - at_ms_);
        written_ += static_cast<double>(grown);
    }
    if (seen_ms_ > 14 * kDayMs) {
        seen_ms_ /= 2;
        written_ /= 2;
    }
    at_ms_ = now_ms;
    bytes_ = bytes;
}

std::optional<double> WriteRate::bytes_a_day() const {
    if (seen_ms_ < kHourMs) return std::nullopt;
    return written_ / seen_ms_ * kDayMs;
}

std::optional<double> days_left(double endurance_tb, std::int64_t written_bytes,
                                std::optional<double> bytes_a_day) {
    constexpr double kTerabyte = 1e12;
    constexpr double kMostDays = 365'000;
    if (!(endurance_tb > 0) || !bytes_a_day || !(*bytes_a_day > 0)) return std::nullopt;
    const double left = std::max(0.0, endurance_tb * kTerabyte - static_cast<double>(written_bytes));
    const double days = left / *bytes_a_day;
    return days <= kMostDays ? std::optional{days} : std::nullopt;
}

}  // namespace pncp
