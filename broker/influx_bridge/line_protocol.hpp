// InfluxDB's line protocol: points to text, so that no text of a peer can forge a point, split a line or make
// the server refuse its neighbours. Measurement, tag and field string are escaped each by its own rule. Pure;
// one thread a buffer; nothing is allocated but the growth of the caller's buffer.
//
// What the rules answer (tried on InfluxDB 1.6.7): a newline ends a line wherever it stands outside of a
// field string; a backslash before a separator, or at the end of a tag, hides that separator from one of the
// server's two scanners but not from the other; `#` at the start makes a comment that is dropped with a 204;
// a tag named `time` is refused, a field named `time` vanishes; NaN is refused.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "schema/metrics_walker.hpp"

namespace pncp::influx {

/// InfluxDB 1.x holds at most 64 KiB in a string field; longer texts are cut, and the marker says so.
inline constexpr std::size_t kStringFieldBytes = 64'000;
/// A series key (measurement and tags) ends at 65,535 bytes on the server; names and tags longer than this
/// are cut.
inline constexpr std::size_t kNameBytes = 1'024;

/// Lines with their starts, since a field string may hold newlines. Every line ends in one newline. Used
/// again and again.
struct Lines {
    std::string text;
    std::vector<std::size_t> starts;

    [[nodiscard]] std::size_t count() const { return starts.size(); }
    void clear() {
        text.clear();
        starts.clear();
    }
    /// Line `index` with its newline.
    [[nodiscard]] std::string_view line(std::size_t index) const { return range(index, index + 1); }
    /// Lines [first, last).
    [[nodiscard]] std::string_view range(std::size_t first, std::size_t last) const;
};

/// Three escapers, each appends. Control characters in names and tags become visible (`\n`, `\x1b`), bytes
/// that are not UTF-8 become U+FFFD, a backslash where it could hide a separator becomes `/`.
void append_measurement(std::string& out, std::string_view name);
/// For tag keys, tag values and field keys.
void append_tag(std::string& out, std::string_view text);
/// With its quotes. Newlines and control characters stay as they are: inside the quotes they are harmless.
void append_field_string(std::string& out, std::string_view text);

/// Builds one line: tags first, then fields, then finish(). Leaves out what a point can't hold: empty names,
/// empty tags, doubles that are not finite, strings when the store keeps none. `time` becomes `time_`. Giving
/// each tag only once is the caller's part: the server refuses a doubled one. Nothing of the line need stand
/// in `lines` before finish().
class LineBuilder {
  public:
    LineBuilder(Lines& lines, std::string_view measurement, bool string_fields = true);
    LineBuilder(const LineBuilder&) = delete;
    LineBuilder& operator=(const LineBuilder&) = delete;

    void tag(std::string_view key, std::string_view value);
    /// Tags as tag() writes them (",agent=pi-1"), made beforehand by append_tag().
    void ready_tags(std::string_view tags) { put(tags); }
    void int_field(std::string_view key, std::int64_t value);
    void double_field(std::string_view key, double value);
    void bool_field(std::string_view key, bool value);
    void text_field(std::string_view key, std::string_view value);
    void field(std::string_view key, const FieldView& value);

    /// Ends the line with its time. False: there was no field (or no measurement), and the line is taken
    /// back.
    [[nodiscard]] bool finish(std::int64_t time_ns);
    /// The same with the time's digits, for events of many lines.
    [[nodiscard]] bool finish(std::string_view time_ns);

  private:
    [[nodiscard]] bool begin_field(std::string_view key);
    [[nodiscard]] char* room(std::size_t bytes);
    void put(char c);
    void put(std::string_view text);
    void put_tag(char before, std::string_view text);
    template <typename Number>
    void put_number(Number value);
    void flush();

    Lines& lines_;
    std::size_t start_;
    bool string_fields_;
    bool usable_;
    bool has_field_ = false;
    std::size_t used_ = 0;          ///< of pieces_
    std::array<char, 512> pieces_;  ///< the line's end, not yet in lines_: many short pieces, one append
};

}  // namespace pncp::influx
