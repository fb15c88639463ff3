#include "agent/sampler/wireless.hpp"

#include <linux/wireless.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "agent/sampler/text.hpp"

namespace pncp {
namespace {

/// What the kernel writes where a driver gives no noise.
constexpr std::int64_t kNoNoise = -256;

std::optional<std::int64_t> parse_status(std::string_view word) {
    std::int64_t status = 0;
    const char* end = word.data() + word.size();
    const auto [stop, error] = std::from_chars(word.data(), end, status, 16);
    if (error != std::errc{} || stop != end || status < 0) return std::nullopt;
    return status;
}

/// A number; the dot after it says that the driver has renewed it since the last look.
std::optional<std::int64_t> parse_quality(std::string_view word) {
    if (word.ends_with('.')) word.remove_suffix(1);
    return proc::to_integer(word);
}

std::optional<WirelessReading> parse_line(std::string_view line) {
    const auto colon = line.rfind(':');
    if (colon == std::string_view::npos) return std::nullopt;
    WirelessReading reading;
    reading.interface = std::string{proc::trimmed(line.substr(0, colon))};
    line.remove_prefix(colon + 1);
    const auto status = parse_status(proc::next_word(line));
    const auto link = parse_quality(proc::next_word(line));
    const auto level = parse_quality(proc::next_word(line));
    const auto noise = parse_quality(proc::next_word(line));
    if (reading.interface.empty() || !status || !link || !level || !noise) return std::nullopt;
    reading.status = *status;
    reading.link = *link;
    reading.level = *level;
    if (*noise != kNoNoise) reading.noise = noise;
    for (auto* counter : {&reading.nwid, &reading.crypt, &reading.frag, &reading.retry, &reading.misc,
                          &reading.missed_beacon}) {
        const auto number = proc::to_integer(proc::next_word(line));
        if (!number || *number < 0) return std::nullopt;
        *counter = *number;
    }
    return reading;
}

}  // namespace

std::vector<WirelessReading> parse_wireless(std::string_view text) {
    std::vector<WirelessReading> interfaces;
    while (const auto line = proc::next_line(text)) {
        if (interfaces.size() >= kMaxWireless) break;
        if (auto reading = parse_line(*line)) interfaces.push_back(*std::move(reading));
    }
    return interfaces;
}

WifiRate::~WifiRate() {
    if (socket_ >= 0) ::close(socket_);
}

WifiRate::WifiRate(WifiRate&& other) noexcept : socket_(std::exchange(other.socket_, -1)) {}

std::optional<std::int64_t> WifiRate::operator()(const std::string& interface) {
    if (interface.size() >= IFNAMSIZ) return std::nullopt;
    if (socket_ < 0) socket_ = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (socket_ < 0) return std::nullopt;
    iwreq request{};
    std::copy(interface.begin(), interface.end(), std::begin(request.ifr_name));
    if (::ioctl(socket_, SIOCGIWRATE, &request) != 0 || request.u.bitrate.value <= 0) return std::nullopt;
    return request.u.bitrate.value;
}

void add_wireless_points(const std::vector<WirelessReading>& interfaces, const WifiRateSource& rate,
                         std::vector<Point>& points) {
    for (const auto& one : interfaces) {
        const std::string name = proc::visible_text(one.interface);
        Point point{"wireless",
                    {{"interface", name}},
                    {{"status", one.status},
                     {"link", one.link},
                     {"level", one.level},
                     {"nwid", one.nwid},
                     {"crypt", one.crypt},
                     {"frag", one.frag},
                     {"retry", one.retry},
                     {"misc", one.misc},
                     {"missed_beacon", one.missed_beacon}}};
        if (one.noise) point.fields.emplace_back("noise", *one.noise);
        points.push_back(std::move(point));
        const auto bits = rate ? rate(one.interface) : std::nullopt;
        if (bits) points.push_back({"pi_wifi", {{"interface", name}}, {{"bitrate", *bits}}});
    }
}

}  // namespace pncp
