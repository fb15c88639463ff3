#include "broker/log_writer/log_record.hpp"

#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "broker/log_writer/content.hpp"
#include "schema/crypto.hpp"
#include "schema/event.hpp"

namespace pncp::log_writer {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kHashOpens = ",\"hash\":\"";
constexpr std::string_view kLineCloses = "\"}";
/// `,"hash":"` 64 digits `"}`
constexpr std::size_t kHashBytes = kHashOpens.size() + 64 + kLineCloses.size();

/// JSON leaves DEL, C1 controls, line separators and direction marks as they are, but terminals and editors
/// do not. They stand inside strings only, so they may be escaped in the finished text.
std::string escape_rest(const std::string& json) {
    std::string out;
    out.reserve(json.size());
    for (std::size_t i = 0; i < json.size(); ++i) {
        const auto byte = [&](std::size_t at) {
            return at < json.size() ? static_cast<unsigned char>(json[at]) : 0U;
        };
        unsigned code = 0;
        std::size_t length = 0;
        if (byte(i) == 0x7F) {
            code = 0x7F, length = 1;
        } else if (byte(i) == 0xC2 && byte(i + 1) >= 0x80 && byte(i + 1) <= 0x9F) {
            code = byte(i + 1), length = 2;
        } else if (byte(i) == 0xE2 && (byte(i + 1) == 0x80 || byte(i + 1) == 0x81)) {
            const unsigned point = 0x2000U | ((byte(i + 1) & 0x3FU) << 6U) | (byte(i + 2) & 0x3FU);
            const bool mark = point == 0x200E || point == 0x200F || (point >= 0x2028 && point <= 0x202E) ||
                              (point >= 0x2066 && point <= 0x2069);
            if (mark) code = point, length = 3;
        }
        if (length == 0) {
            out += json[i];
            continue;
        }
        std::array<char, 8> escaped{};
        std::snprintf(escaped.data(), escaped.size(), "\\u%04x", code);
        out += escaped.data();
        i += length - 1;
    }
    return out;
}

/// Closes the chain's next link: `json` gets its hash, `chain` its new end.
std::string seal(const Json& json, const Cursor& cursor, ChainState& chain) {
    std::string line = escape_rest(json.dump(-1, ' ', false, Json::error_handler_t::replace));
    chain = {cursor, sha256(view(line))};
    line.pop_back();
    line += kHashOpens;
    line += to_hex(chain.hash);
    line += kLineCloses;
    line += '\n';
    return line;
}

void append_padded(std::string& out, std::int64_t value, int width) {
    std::array<char, 24> digits{};
    std::snprintf(digits.data(), digits.size(), "%0*lld", width, static_cast<long long>(value));
    out += digits.data();
}

}  // namespace

std::string rfc3339_ns(std::int64_t time_ns) {
    using namespace std::chrono;
    constexpr std::int64_t kSecond = 1'000'000'000;
    // In seconds first: a day in nanoseconds before the smallest time is no 64-bit number.
    std::int64_t fraction = time_ns % kSecond;
    if (fraction < 0) fraction += kSecond;
    const seconds since{time_ns / kSecond - (time_ns % kSecond < 0 ? 1 : 0)};
    const auto day = floor<days>(since);
    const year_month_day date{sys_days{day}};
    const hh_mm_ss clock{since - day};
    std::string out;
    append_padded(out, static_cast<int>(date.year()), 4);
    out += '-';
    append_padded(out, static_cast<unsigned>(date.month()), 2);
    out += '-';
    append_padded(out, static_cast<unsigned>(date.day()), 2);
    out += 'T';
    append_padded(out, clock.hours().count(), 2);
    out += ':';
    append_padded(out, clock.minutes().count(), 2);
    out += ':';
    append_padded(out, clock.seconds().count(), 2);
    out += '.';
    append_padded(out, fraction, 9);
    out += 'Z';
    return out;
}

std::string header_line(const Id16& journal, std::int64_t wall_us, ChainState& chain) {
    // A file that begins with another journal begins at its beginning.
    const std::uint64_t previous = chain.cursor.journal == journal ? chain.cursor.sequence : 0;
    const Json json = {{"pncp_log", 1},
                       {"journal", to_hex(journal)},
                       {"previous_sequence", previous},
                       {"previous_hash", to_hex(chain.hash)},
                       {"time", rfc3339_ns(wall_us * 1000)}};
    return seal(json, {journal, previous}, chain);
}

std::string event_line(const FeedEvent& event, ChainState& chain) {
    const Event& e = event.event;
    const Json json = {{"seq", event.seq},
                       {"time", rfc3339_ns(e.time_ns)},
                       {"direction", direction_name(e.direction)},
                       {"agent", e.agent},
                       {"type", event_kind_name(e.kind)},
                       {"topic", e.topic},
                       {"class_seq", e.class_seq},
                       {"content", content_of(e)},
                       {"journal", to_hex(chain.cursor.journal)},
                       {"prev", to_hex(chain.hash)}};
    return seal(json, {chain.cursor.journal, event.seq}, chain);
}

std::string gap_line(const FeedGap& gap, std::int64_t wall_us, ChainState& chain) {
    const Json content = {{"first", gap.first},
                          {"last", gap.last == 0 ? Json(nullptr) : Json(gap.last)},
                          {"reason", gap.reason}};
    const Json json = {{"seq", gap.resume.sequence},
                       {"time", rfc3339_ns(wall_us * 1000)},
                       {"direction", direction_name(Direction::feed)},
                       {"agent", ""},
                       {"type", "FEED_GAP"},
                       {"topic", ""},
                       {"class_seq", 0},
                       {"content", content},
                       {"journal", to_hex(gap.resume.journal)},
                       {"prev", to_hex(chain.hash)}};
    return seal(json, gap.resume, chain);
}

std::optional<ChainState> read_line(std::string_view line) {
    if (line.size() <= kHashBytes || !line.ends_with(kLineCloses)) return std::nullopt;
    const std::string_view tail = line.substr(line.size() - kHashBytes);
    if (!tail.starts_with(kHashOpens)) return std::nullopt;
    const auto hash = from_hex<32>(tail.substr(kHashOpens.size(), 64));
    const std::string hashed = std::string(line.substr(0, line.size() - kHashBytes)) + "}";
    if (!hash || sha256(view(hashed)) != *hash) return std::nullopt;

    const Json json = Json::parse(hashed, nullptr, false);
    if (!json.is_object() || !json.contains("journal") || !json["journal"].is_string()) return std::nullopt;
    const char* sequence = json.contains("pncp_log") ? "previous_sequence" : "seq";
    if (!json.contains(sequence) || !json[sequence].is_number_unsigned()) return std::nullopt;
    const auto journal = from_hex<16>(json["journal"].get<std::string>());
    if (!journal) return std::nullopt;
    return ChainState{{*journal, json[sequence].get<std::uint64_t>()}, *hash};
}

}  // namespace pncp::log_writer
