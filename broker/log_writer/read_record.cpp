// Lines read back. The format is strict, so all but the content is found by its place: no quote stands inside
// a JSON string without a backslash before it, so `,"type":"` and the like can't be part of a peer's text.
#include <charconv>
#include <nlohmann/json.hpp>

#include "broker/log_writer/log_record.hpp"
#include "broker/log_writer/record_form.hpp"
#include "schema/crypto.hpp"
#include "schema/event.hpp"

namespace pncp::log_writer {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kPrevOpens = "\",\"prev\":\"";
constexpr std::string_view kJournalOpens = ",\"journal\":\"";
constexpr std::string_view kHeaderOpens = "{\"pncp_log\":1,";
constexpr std::string_view kEventOpens = "{\"seq\":";

/// Takes text off the end of a line: what was expected, or nothing.
class FromTheEnd {
  public:
    explicit FromTheEnd(std::string_view line) : rest_(line) {}

    bool literal(std::string_view text) {
        if (!rest_.ends_with(text)) return false;
        rest_.remove_suffix(text.size());
        return true;
    }
    template <std::size_t N>
    bool hex(ByteArray<N>& out) {
        if (rest_.size() < 2 * N) return false;
        const std::string_view digits = rest_.substr(rest_.size() - 2 * N);
        const auto parsed = from_hex<N>(digits);
        // A line's own hash covers all of it but itself: one text for one number.
        if (!parsed || to_hex(*parsed) != digits) return false;
        out = *parsed;
        rest_.remove_suffix(2 * N);
        return true;
    }
    [[nodiscard]] std::string_view rest() const { return rest_; }

  private:
    std::string_view rest_;
};

/// The text between the first `opens` and the quote behind it; nullopt when there is none.
std::optional<std::string_view> text_after(std::string_view line, std::string_view opens) {
    const std::size_t at = line.find(opens);
    if (at == std::string_view::npos) return std::nullopt;
    const std::size_t begin = at + opens.size();
    const std::size_t end = line.find('"', begin);
    if (end == std::string_view::npos) return std::nullopt;
    return line.substr(begin, end - begin);
}

bool read_header(std::string_view line, Record& record) {
    const Json json = Json::parse(line, nullptr, false);
    if (!json.is_object()) return false;
    const auto text = [&](const char* key) { return json.value(key, std::string()); };
    try {
        const auto journal = from_hex<16>(text("journal"));
        const auto previous = from_hex<32>(text("previous_hash"));
        const auto time_ns = parse_rfc3339_ns(text("time"));
        if (!journal || !previous || !time_ns || !json.at("previous_sequence").is_number_unsigned())
            return false;
        record.header = true;
        record.state.cursor = {*journal, json["previous_sequence"].get<std::uint64_t>()};
        record.previous = *previous;
        record.time_ns = *time_ns;
        record.consumer = text("consumer");
        return true;
    } catch (const Json::exception&) {
        return false;
    }
}

bool read_event_frame(std::string_view line, FromTheEnd end, Record& record) {
    if (!end.hex(record.previous) || !end.literal(kPrevOpens) || !end.hex(record.state.cursor.journal) ||
        !end.literal(kJournalOpens))
        return false;
    const char* begin = line.data() + kEventOpens.size();
    const auto [stop, error] =
        std::from_chars(begin, line.data() + line.size(), record.state.cursor.sequence);
    if (error != std::errc() || stop == begin || *stop != ',') return false;
    const auto time = text_after(end.rest(), ",\"time\":\"");
    const auto type = text_after(end.rest(), ",\"type\":\"");
    if (!time || !type) return false;
    const auto time_ns = parse_rfc3339_ns(*time);
    if (!time_ns) return false;
    record.time_ns = *time_ns;
    record.type = *type;
    return true;
}

}  // namespace

std::optional<Record> read_record(std::string_view line) {
    Record record;
    FromTheEnd end(line);
    if (!end.literal(kLineCloses) || !end.hex(record.state.hash) || !end.literal(kHashOpens))
        return std::nullopt;
    const std::string hashed = std::string(end.rest()) + "}";
    record.intact = sha256(view(hashed)) == record.state.hash;
    if (line.starts_with(kHeaderOpens)) {
        if (!read_header(hashed, record)) return std::nullopt;
    } else if (!line.starts_with(kEventOpens) || !end.literal("\"") || !read_event_frame(line, end, record)) {
        return std::nullopt;
    }
    return record;
}

std::optional<ChainState> read_line(std::string_view line) {
    const auto record = read_record(line);
    if (!record || !record->intact) return std::nullopt;
    return record->state;
}

std::optional<AnchorBody> read_anchor(std::string_view line) {
    const Json json = Json::parse(line, nullptr, false);
    if (json.is_discarded()) return std::nullopt;
    try {
        const Json& content = json.at("content");
        const auto hash = from_hex<32>(content.at("hash").get<std::string>());
        const auto tag = from_hex<32>(content.at("tag").get<std::string>());
        if (!hash || !tag || json.at("type") != event_kind_name(EventKind::anchor)) return std::nullopt;
        return AnchorBody{content.at("consumer").get<std::string>(),
                          content.at("sequence").get<std::uint64_t>(), *hash, *tag};
    } catch (const Json::exception&) {
        return std::nullopt;
    }
}

std::optional<FeedGap> read_gap(std::string_view line) {
    const Json json = Json::parse(line, nullptr, false);
    if (json.is_discarded()) return std::nullopt;
    try {
        const Json& content = json.at("content");
        const auto journal = from_hex<16>(json.at("journal").get<std::string>());
        if (!journal || json.at("type") != kGapType) return std::nullopt;
        FeedGap gap;
        gap.first = content.at("first").get<std::uint64_t>();
        gap.last = content.at("last").is_null() ? 0 : content.at("last").get<std::uint64_t>();
        gap.reason = content.at("reason").get<std::string>();
        gap.resume = {*journal, json.at("seq").get<std::uint64_t>()};
        return gap;
    } catch (const Json::exception&) {
        return std::nullopt;
    }
}

}  // namespace pncp::log_writer
