#include "broker/influx_bridge/cursor_file.hpp"

#include <charconv>

#include "schema/program/files.hpp"

namespace pncp::influx {

namespace {

constexpr std::size_t kCursorFileBytes = 4'096;

bool parse_number(std::string_view text, std::uint64_t& number) {
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
    return failure == std::errc{} && end == text.data() + text.size();
}

/// 1 journal, 2 resume, 4 stored; 0 = the line is none of them.
unsigned parse_line(std::string_view line, Mark& mark) {
    const auto equals = line.find(" = ");
    if (equals == std::string_view::npos) return 0;
    const std::string_view name = line.substr(0, equals);
    const std::string_view value = line.substr(equals + 3);
    if (name == "journal") {
        const auto id = from_hex<16>(value);
        if (!id) return 0;
        mark.journal = *id;
        return 1;
    }
    if (name == "resume") return parse_number(value, mark.resume) ? 2 : 0;
    if (name == "stored") return parse_number(value, mark.stored) ? 4 : 0;
    return 0;
}

}  // namespace

std::string format_cursor(const Mark& mark) {
    return "# How far pncp-influx-bridge has stored the journal. Without this file everything that the "
           "journal holds is "
           "stored again.\njournal = " +
           to_hex(mark.journal) + "\nresume = " + std::to_string(mark.resume) +
           "\nstored = " + std::to_string(mark.stored) + "\n";
}

Result<Mark> parse_cursor(std::string_view text) {
    Mark mark;
    unsigned seen = 0;
    for (int number = 1; !text.empty(); ++number) {
        const auto end = text.find('\n');
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        if (line.empty() || line.front() == '#') continue;
        const unsigned found = parse_line(line, mark);
        if (found == 0 || (seen & found) != 0)
            return Error{"line " + std::to_string(number) + " is not understood", {}};
        seen |= found;
    }
    if (seen != 7) return Error{"journal, resume or stored is missing", {}};
    if (mark.resume > mark.stored) return Error{"resume is beyond stored", {}};
    return mark;
}

Result<Mark> load_cursor(const std::string& path) {
    if (!path_exists(path)) return Mark{};
    const std::string next = "remove it to store everything again that the journal holds, which does no harm";
    const auto file = read_file(path, kCursorFileBytes);
    if (!file) return Error{"can't read the cursor file: " + file.error().message, file.error().next};
    auto mark = parse_cursor(file->text);
    if (!mark) return Error{"cursor file " + path + ": " + mark.error().message, next};
    return mark;
}

Status save_cursor(const std::string& path, const Mark& mark) {
    return write_atomically(path, view(format_cursor(mark)), 0640);
}

}  // namespace pncp::influx
