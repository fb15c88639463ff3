#include "broker/log_writer/log_record.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "broker/log_writer/content.hpp"
#include "broker/log_writer/record_form.hpp"
#include "schema/codec.hpp"
#include "schema/crypto.hpp"
#include "schema/event.hpp"

namespace pncp::log_writer {

namespace {

using Json = nlohmann::ordered_json;

/// JSON leaves DEL, C1 controls, line separators and direction marks as they are, but terminals and editors
/// do not. They stand inside strings only, so they may be escaped in the finished text.
std::string escape_rest(const std::string& json) {
    std::string out;
    out.reserve(json.size());
    constexpr std::string_view kSuspects = "\x7F\xC2\xE2";
    std::size_t i = 0;
    while (true) {
        const std::size_t next = std::min(json.find_first_of(kSuspects, i), json.size());
        out.append(json, i, next - i);
        i = next;
        if (i == json.size()) return out;
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
            out += json[i++];
            continue;
        }
        std::array<char, 8> escaped{};
        std::snprintf(escaped.data(), escaped.size(), "\\u%04x", code);
        out += escaped.data();
        i += length;
    }
}

/// Closes the chain's next link: `text` is the line's JSON, which gets its hash; `chain` gets its new end.
std::string seal(const std::string& text, const Cursor& cursor, ChainState& chain) {
    std::string line = escape_rest(text);
    chain = {cursor, sha256(view(line))};
    line.pop_back();
    line += kHashOpens;
    line += to_hex(chain.hash);
    line += kLineCloses;
    line += '\n';
    return line;
}

/// Bytes that are not UTF-8 become U+FFFD.
std::string dump_replacing(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::string header_line(const Id16& journal, std::string_view consumer, std::int64_t wall_us,
                        ChainState& chain) {
    // A file that begins with another journal begins at its beginning.
    const std::uint64_t previous = chain.cursor.journal == journal ? chain.cursor.sequence : 0;
    const Json json = {{"pncp_log", 1},
                       {"journal", to_hex(journal)},
                       {"consumer", consumer},
                       {"previous_sequence", previous},
                       {"previous_hash", to_hex(chain.hash)},
                       {"time", rfc3339_ns(wall_us * 1000)}};
    return seal(dump_replacing(json), {journal, previous}, chain);
}

std::string event_line(const FeedEvent& event, ChainState& chain) {
    const Event& e = event.event;
    const Cursor cursor{chain.cursor.journal, event.seq};
    const auto assemble = [&](Json content, bool raw) {
        Json json = Json::object();
        json["seq"] = event.seq;
        json["time"] = rfc3339_ns(e.time_ns);
        json["direction"] = direction_name(e.direction);
        json["agent"] = e.agent;
        json["type"] = event_kind_name(e.kind);
        json["topic"] = e.topic;
        json["class_seq"] = e.class_seq;
        json["content"] = std::move(content);
        if (raw) json["raw"] = to_hex(encode(e));
        json["journal"] = to_hex(cursor.journal);
        json["prev"] = to_hex(chain.hash);
        return json;
    };
    // A READY might hold a key if a broker had a mistake; its bytes never go into a log.
    const bool may_be_raw = e.kind != EventKind::ready;
    Json content = content_of(e);
    const bool raw = may_be_raw && body_of(e.kind, content) != e.body;
    const Json json = assemble(std::move(content), raw);
    try {
        return seal(json.dump(), cursor, chain);
    } catch (const Json::exception&) {
        // Some text is not UTF-8.
    }
    return seal(dump_replacing(assemble(content_of(e), may_be_raw)), cursor, chain);
}

std::string gap_line(const FeedGap& gap, std::int64_t wall_us, ChainState& chain) {
    const Json content = {{"first", gap.first},
                          {"last", gap.last == 0 ? Json(nullptr) : Json(gap.last)},
                          {"reason", gap.reason}};
    const Json json = {{"seq", gap.resume.sequence},
                       {"time", rfc3339_ns(wall_us * 1000)},
                       {"direction", direction_name(Direction::feed)},
                       {"agent", ""},
                       {"type", kGapType},
                       {"topic", ""},
                       {"class_seq", 0},
                       {"content", content},
                       {"journal", to_hex(gap.resume.journal)},
                       {"prev", to_hex(chain.hash)}};
    return seal(dump_replacing(json), gap.resume, chain);
}

}  // namespace pncp::log_writer
