#include "agent/script/script_output.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "agent/script/json_reader.hpp"
#include "agent/script/line_reader.hpp"
#include "schema/codec.hpp"
#include "schema/event_bodies.hpp"
#include "schema/names.hpp"
#include "schema/program/escape.hpp"

namespace pncp::agent {
namespace {

/// Who sent a point, and when, is known from its session: a script can't say otherwise.
constexpr std::array<std::string_view, 3> kReserved = {"agent", "host", "time"};

template <typename Pairs>
bool has_reserved(const Pairs& pairs) {
    return std::any_of(pairs.begin(), pairs.end(), [](const auto& pair) {
        return std::find(kReserved.begin(), kReserved.end(), pair.first) != kReserved.end();
    });
}

Status check(const Point& point) {
    if (is_measurement(point.measurement))
        return Error{
            "the measurement '" + point.measurement.substr(0, 64) + "' is one that PNCP itself writes",
            "choose another name"};
    if (has_reserved(point.tags) || has_reserved(point.fields))
        return Error{"agent, host and time are no names for a tag or field", "PNCP adds them itself"};
    return Done{};
}

bool is_text(std::string_view text) {
    while (!text.empty()) {
        const auto first = static_cast<unsigned char>(text.front());
        const bool control = first < 0x20 || first == 0x7f;
        if (control && first != '\n' && first != '\r' && first != '\t') return false;
        const std::size_t size = utf8_length(text);
        if (size == 0) return false;
        text.remove_prefix(size);
    }
    return true;
}

/// All points of a run get its time, so a field of a series can be there once: another would replace it in
/// the store.
class Series {
  public:
    /// The line that had a field of the point before; 0: none.
    std::size_t take(const Point& point, std::size_t line) {
        auto tags = point.tags;
        std::sort(tags.begin(), tags.end());
        for (const auto& [field, value] : point.fields) {
            const auto [at, fresh] = lines_.try_emplace({point.measurement, tags, field}, line);
            if (!fresh) return at->second;
        }
        return 0;
    }

  private:
    using Tags = std::vector<std::pair<std::string, std::string>>;
    std::map<std::tuple<std::string, Tags, std::string>, std::size_t> lines_;
};

/// Keeps points while they fit. Each is measured with a row's own frame, so the sum is never too small.
class Room {
  public:
    void take(Point point, ScriptPoints& into) {
        const std::size_t size = encode(MetricsBody{{point}}).size();
        if (into.left_out > 0 || into.points.size() == kScriptPoints || bytes_ + size > kScriptRowBytes) {
            ++into.left_out;
            return;
        }
        bytes_ += size;
        into.points.push_back(std::move(point));
    }

  private:
    std::size_t bytes_ = 0;
};

Result<ScriptPoints> from_lines(std::string_view text) {
    ScriptPoints found;
    Room room;
    Series series;
    for (std::size_t number = 1; !text.empty(); ++number) {
        const auto end = text.find('\n');
        std::string_view line = text.substr(0, end);
        text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.empty() || line.front() == '#') continue;
        auto point = read_line(line);
        const Status fine = point ? check(*point) : Status(point.error());
        if (!fine)
            return Error{"line " + std::to_string(number) + ": " + fine.error().message, fine.error().next};
        if (const std::size_t before = series.take(*point, number); before != 0)
            return Error{"line " + std::to_string(number) + " repeats a field of the series of line " +
                             std::to_string(before) + ", and all lines get the time of the run",
                         "tell the lines apart by a tag"};
        room.take(*std::move(point), found);
    }
    return found;
}

Result<ScriptPoints> from_object(std::string_view text, std::string_view name) {
    auto fields = read_flat_json(text);
    if (!fields) return fields.error();
    ScriptPoints found;
    if (fields->empty()) return found;
    Point point{std::string(name), {}, *std::move(fields)};
    if (Status fine = check(point); !fine) return fine.error();
    Room().take(std::move(point), found);
    return found;
}

}  // namespace

Result<ScriptPoints> parse_script_output(std::string_view text, ScriptFormat format, std::string_view name) {
    if (!is_text(text))
        return Error{"the output holds control characters or bytes that are not UTF-8", "print text"};
    return format == ScriptFormat::influx ? from_lines(text) : from_object(text, name);
}

}  // namespace pncp::agent
