#include "broker/log_writer/rotation.hpp"

#include <algorithm>
#include <charconv>
#include <map>

namespace pncp::log_writer {

namespace {
constexpr std::size_t kDigits = 6;
constexpr std::size_t kDigitsMax = 18;
}  // namespace

bool rotation_due(const RotationPolicy& policy, std::uint64_t bytes, bool has_events, std::int64_t begun_us,
                  std::int64_t wall_us) {
    if (!has_events) return false;
    if (policy.size_bytes > 0 && bytes >= policy.size_bytes) return true;
    return policy.age_ms > 0 && wall_us > begun_us && (wall_us - begun_us) / 1000 >= policy.age_ms;
}

std::string old_name(std::string_view live, std::uint64_t number, bool compressed) {
    std::string digits = std::to_string(number);
    if (digits.size() < kDigits) digits.insert(0, kDigits - digits.size(), '0');
    std::string name(live);
    name += '.';
    name += digits;
    if (compressed) name += kCompressedSuffix;
    return name;
}

std::optional<OldName> parse_old_name(std::string_view live, std::string_view name) {
    if (!name.starts_with(live)) return std::nullopt;
    std::string_view rest = name.substr(live.size());
    OldName old;
    if (rest.ends_with(kPartSuffix)) {
        old.part = true;
        rest.remove_suffix(kPartSuffix.size());
    }
    if (rest.ends_with(kCompressedSuffix)) {
        old.compressed = true;
        rest.remove_suffix(kCompressedSuffix.size());
    }
    // Fewer digits are another program's: logrotate's `.1` counts the other way round.
    if (rest.size() < 1 + kDigits || rest.size() > 1 + kDigitsMax || rest.front() != '.') return std::nullopt;
    const char* end = rest.data() + rest.size();
    const auto [stop, error] = std::from_chars(rest.data() + 1, end, old.number);
    if (error != std::errc() || stop != end || (old.part && !old.compressed)) return std::nullopt;
    // One number, one name.
    if (old_name(live, old.number, false).size() != live.size() + rest.size()) return std::nullopt;
    return old;
}

CleanUp plan_clean_up(std::string_view live, std::uint64_t live_inode,
                      const std::vector<FolderEntry>& entries, const RotationPolicy& policy) {
    struct Forms {
        bool plain = false;
        bool compressed = false;
    };
    std::map<std::uint64_t, Forms> numbers;
    CleanUp plan;
    const std::string next = std::string(live) + std::string(kNextSuffix);
    for (const FolderEntry& entry : entries) {
        if (entry.name == next) plan.remove.push_back(entry.name);
        const auto old = parse_old_name(live, entry.name);
        if (!old) continue;
        if (old->part) {
            plan.remove.push_back(entry.name);
        } else if (!old->compressed && entry.inode == live_inode) {
            // Killed between the link and the rename: the file is still the live one, and goes on.
            plan.remove.push_back(entry.name);
        } else {
            (old->compressed ? numbers[old->number].compressed : numbers[old->number].plain) = true;
        }
    }
    if (!numbers.empty()) plan.next_number = numbers.rbegin()->first + 1;
    std::size_t surplus = policy.keep > 0 && numbers.size() > policy.keep ? numbers.size() - policy.keep : 0;
    for (const auto& [number, forms] : numbers) {
        if (surplus > 0) {
            --surplus;
            if (forms.plain) plan.remove.push_back(old_name(live, number, false));
            if (forms.compressed) plan.remove.push_back(old_name(live, number, true));
        } else if (forms.plain && (policy.compress || forms.compressed)) {
            // With both there, the kill came before the plain one was removed: it is compressed once more.
            plan.compress.push_back(number);
        }
    }
    return plan;
}

}  // namespace pncp::log_writer
