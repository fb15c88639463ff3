#include "agent/sampler/link.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "agent/sampler/text.hpp"

namespace pncp {
namespace {

/// An interface without a speed (Wi-Fi) answers with an error each time; so it is asked once a minute only.
constexpr std::int64_t kAskAgainMs = 60'000;
/// States are words like lowerlayerdown.
constexpr std::size_t kStateBytes = 32;

}  // namespace

std::string parse_state(std::string_view text) {
    const auto line = proc::next_line(text);
    return line ? proc::visible_text(proc::trimmed(*line).substr(0, kStateBytes)) : std::string{};
}

std::optional<std::int64_t> parse_speed(std::string_view text) {
    constexpr std::int64_t kUnknown = 0xFFFF'FFFF;
    const auto line = proc::next_line(text);
    const auto number = line ? proc::to_integer(proc::trimmed(*line)) : std::nullopt;
    if (!number || *number <= 0 || *number >= kUnknown) return std::nullopt;
    return number;
}

bool NetLinks::same_names(const std::vector<NetReading>& interfaces) const {
    return std::equal(files_.begin(), files_.end(), interfaces.begin(), interfaces.end(),
                      [](const Files& known, const NetReading& one) { return known.name == one.interface; });
}

std::vector<NetLink> NetLinks::read(const std::vector<NetReading>& interfaces, std::int64_t now_ms,
                                    ReadBuffer& buffer) {
    if (!same_names(interfaces)) {
        files_.clear();
        for (const auto& one : interfaces) {
            const std::string folder = folder_ + one.interface;
            files_.push_back({one.interface, KeptFile{folder + "/operstate"}, KeptFile{folder + "/speed"}});
        }
    }
    std::vector<NetLink> links;
    links.reserve(files_.size());
    for (auto& files : files_) {
        NetLink link;
        if (const auto text = files.state.read(buffer)) link.state = parse_state(*text);
        const auto& since = files.no_speed_since_ms;
        const bool ask = !since || now_ms < *since || now_ms - *since >= kAskAgainMs;
        if (link.state == "up" && ask) {
            const auto text = files.speed.read(buffer);
            if (text) link.speed_mbit = parse_speed(*text);
            files.no_speed_since_ms = text ? std::nullopt : std::optional{now_ms};
        }
        files.speed_mbit = link.speed_mbit;
        links.push_back(std::move(link));
    }
    return links;
}

bool NetLinks::fill_in_speeds(std::vector<NetReading>& interfaces) const {
    if (!same_names(interfaces)) return false;
    for (std::size_t i = 0; i < interfaces.size(); ++i) interfaces[i].speed_mbit = files_[i].speed_mbit;
    return true;
}

void add_link_points(const std::vector<NetReading>& interfaces, const std::vector<NetLink>& links,
                     std::vector<Point>& points) {
    for (std::size_t i = 0; i < std::min(interfaces.size(), links.size()); ++i) {
        const auto& state = links[i].state;
        if (state.empty()) continue;
        Point point{
            "pi_link", {{"interface", proc::visible_text(interfaces[i].interface)}}, {{"state", state}}};
        // Of loopback and some virtual interfaces the kernel does not know.
        if (state != "unknown") point.fields.emplace_back("up", state == "up");
        points.push_back(std::move(point));
    }
}

}  // namespace pncp
