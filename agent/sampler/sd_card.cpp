#include "agent/sampler/sd_card.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "agent/sampler/diskio.hpp"
#include "agent/sampler/folder.hpp"
#include "agent/sampler/text.hpp"

namespace pncp {
namespace {

constexpr std::string_view kPrefix = "mmcblk";

/// A number written 0x1f, at most 255.
std::optional<std::int64_t> parse_hex(std::string_view word) {
    if (!word.starts_with("0x")) return std::nullopt;
    word.remove_prefix(2);
    std::int64_t number = 0;
    const char* end = word.data() + word.size();
    const auto [stop, error] = std::from_chars(word.data(), end, number, 16);
    if (word.empty() || error != std::errc{} || stop != end || number < 0 || number > 255)
        return std::nullopt;
    return number;
}

/// What was written to the file systems on `device` in their lives; nullopt if none of them tells.
std::optional<std::int64_t> lifetime_of(const std::string& device,
                                        const std::vector<Ext4Reading>& file_systems) {
    std::optional<std::int64_t> sum;
    for (const auto& one : file_systems) {
        if (!one.lifetime_write_bytes || !one.device.starts_with(device + "p")) continue;
        std::int64_t both = 0;
        if (!__builtin_add_overflow(sum.value_or(0), *one.lifetime_write_bytes, &both)) sum = both;
    }
    return sum;
}

}  // namespace

std::array<std::optional<std::int64_t>, 2> parse_life_time(std::string_view text) {
    constexpr std::int64_t kUsedUp = 11;
    std::array<std::optional<std::int64_t>, 2> used;
    auto line = proc::next_line(text);
    if (!line) return used;
    for (auto& one : used) {
        const auto tenth = parse_hex(proc::next_word(*line));
        if (tenth && *tenth >= 1 && *tenth <= kUsedUp) one = *tenth * 10;
    }
    return used;
}

std::optional<std::int64_t> parse_pre_eol(std::string_view text) {
    const auto line = proc::next_line(text);
    const auto state = line ? parse_hex(proc::trimmed(*line)) : std::nullopt;
    return state && *state >= 1 && *state <= 3 ? state : std::nullopt;
}

std::string SdCards::text_in(const std::string& device, const char* file, ReadBuffer& buffer) const {
    constexpr std::size_t kMostBytes = 64;
    KeptFile kept{folder_ + device + "/device/" + file};
    return proc::visible_text(
        proc::trimmed(kept.read(buffer).value_or(std::string_view{})).substr(0, kMostBytes));
}

void SdCards::search(std::int64_t now_ms, ReadBuffer& buffer) {
    if (!search_.due(now_ms)) return;
    std::vector<Card> found;
    // Only whole cards: mmcblk0boot0 and the like are parts of one.
    for (const auto number : numbers_in(folder_, kPrefix, kMaxCards)) {
        const std::string device = std::string{kPrefix} + std::to_string(number);
        std::string identity = text_in(device, "date", buffer) + text_in(device, "name", buffer);
        const auto known = std::find_if(cards_.begin(), cards_.end(), [&](const Card& card) {
            return card.device == device && card.date_and_name == identity;
        });
        if (known != cards_.end()) {
            found.push_back(std::move(*known));
            continue;
        }
        const std::string folder = folder_ + device;
        found.push_back({device,
                         std::move(identity),
                         KeptFile{folder + "/stat"},
                         KeptFile{folder + "/device/life_time"},
                         KeptFile{folder + "/device/pre_eol_info"},
                         {}});
    }
    cards_ = std::move(found);
}

void SdCards::add_points(std::int64_t now_ms, const std::vector<Ext4Reading>& file_systems,
                         ReadBuffer& buffer, std::vector<Point>& points) {
    search(now_ms, buffer);
    for (auto& card : cards_) {
        Point point{"pi_sd", {{"device", card.device}}, {}};
        auto stat = card.stat.read(buffer).value_or(std::string_view{});
        const auto line = proc::next_line(stat);
        const auto traffic = line ? parse_disk_columns(*line) : std::nullopt;
        const auto lifetime = lifetime_of(card.device, file_systems);
        if (traffic) {
            card.rate.add(now_ms, traffic->write_bytes);
            point.fields.emplace_back("write_bytes", traffic->write_bytes);
        }
        if (lifetime) point.fields.emplace_back("lifetime_write_bytes", *lifetime);
        const auto rate = card.rate.bytes_a_day();
        if (traffic && rate) point.fields.emplace_back("write_bytes_a_day", *rate);
        // Without what was written before this boot nobody can say.
        if (const auto days = lifetime ? days_left(endurance_tb_, *lifetime, rate) : std::nullopt)
            point.fields.emplace_back("days_left", *days);
        if (const auto text = card.life_time.read(buffer)) {
            const auto used = parse_life_time(*text);
            if (used[0]) point.fields.emplace_back("life_used_a", *used[0]);
            if (used[1]) point.fields.emplace_back("life_used_b", *used[1]);
        }
        const auto eol = card.pre_eol.read(buffer);
        if (const auto state = eol ? parse_pre_eol(*eol) : std::nullopt)
            point.fields.emplace_back("pre_eol", *state);
        if (!point.fields.empty()) points.push_back(std::move(point));
    }
}

void SdCards::add_info_points(std::int64_t now_ms, ReadBuffer& buffer, std::vector<Point>& points) {
    search(now_ms, buffer);
    for (const auto& card : cards_) {
        Point point{"pi_sd_info", {{"device", card.device}}, {}};
        for (const char* name : {"name", "date", "type"}) {
            const std::string text = text_in(card.device, name, buffer);
            if (!text.empty()) point.fields.emplace_back(name, text);
        }
        if (!point.fields.empty()) points.push_back(std::move(point));
    }
}

}  // namespace pncp
