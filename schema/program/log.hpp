// Log lines on stderr. One interface, two implementations: pncp::log by spdlog for broker, bridge, log writer
// and CLI; pncp::log_small by one write(2) for the agent, whose memory matters. A program links exactly one;
// libraries that log link pncp::log_text and leave the choice to the program.
//
// A line is "2026-01-31T12:00:00.000Z warning pncp-broker: text", or "<4>pncp-broker: text" when stderr is
// the systemd journal, which adds the time itself. Control characters are escaped, so that a peer can't forge
// a line. Thread rule: open() before any thread starts; everything else from any thread.
#pragma once

#include <charconv>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

namespace pncp::log {

enum class Level : std::uint8_t { debug, info, warning, error };

/// Names the program and chooses the form of the lines. `name` must outlive the program (a literal).
void open(std::string_view name);

/// Lines below `level` are not printed; info to begin with.
void set_level(Level level);
[[nodiscard]] Level level();

/// "debug", "info", "warning", "error" and back.
[[nodiscard]] std::string_view level_name(Level level);
[[nodiscard]] std::optional<Level> parse_level(std::string_view text);

/// Prints one line if `level` is enabled. Lines over 4 KiB are cut, and say so. Never throws, never fails.
void write(Level level, std::string_view text) noexcept;

inline void debug(std::string_view text) noexcept { write(Level::debug, text); }
inline void info(std::string_view text) noexcept { write(Level::info, text); }
inline void warning(std::string_view text) noexcept { write(Level::warning, text); }
inline void error(std::string_view text) noexcept { write(Level::error, text); }

namespace detail {

inline void append(std::string& out, std::string_view text) { out += text; }
// Templates, as a literal would otherwise rather become a bool than a string_view.
template <std::same_as<char> Char>
void append(std::string& out, Char letter) {
    out += letter;
}
template <std::same_as<bool> Bool>
void append(std::string& out, Bool value) {
    out += value ? "true" : "false";
}
template <typename Number>
requires(std::is_arithmetic_v<Number> && !std::same_as<Number, bool> &&
         !std::same_as<Number, char>) void append(std::string& out, Number value) {
    char digits[32];
    const auto end = [&] {
        if constexpr (std::is_floating_point_v<Number>) {
            return std::to_chars(digits, digits + sizeof digits, value, std::chars_format::general, 6).ptr;
        } else {
            return std::to_chars(digits, digits + sizeof digits, value).ptr;
        }
    }();
    out.append(digits, end);
}

/// Level, then text: escaped and cut to what one line may hold. Shared by both implementations.
[[nodiscard]] std::string one_line(std::string_view text);

/// True if stderr is the systemd journal: JOURNAL_STREAM names the device and inode of descriptor 2. The
/// variable alone proves nothing, since children that log to a file inherit it.
[[nodiscard]] bool stderr_is_journal(const char* journal_stream, std::uint64_t device, std::uint64_t inode);
[[nodiscard]] bool stderr_is_journal();

/// "<7>" to "<3>", as syslog numbers severities.
[[nodiscard]] std::string_view syslog_prefix(Level level);

/// "2026-01-31T12:00:00.000Z" for microseconds since 1970.
[[nodiscard]] std::string iso_utc_ms(std::int64_t wall_us);

}  // namespace detail

/// Joins texts, characters, numbers and booleans: cat("agent ", id, " sent ", 3, " frames").
/// Six significant digits for floating point.
template <typename... Parts>
[[nodiscard]] std::string cat(const Parts&... parts) {
    std::string out;
    (detail::append(out, parts), ...);
    return out;
}

/// Lets one message through per interval and counts the rest. Pure: the caller says what time it is.
class Every {
  public:
    explicit Every(std::int64_t interval_ms) : interval_ms_(interval_ms) {}

    /// Whether to print now: the number of messages held back since the last one printed, or nullopt to stay
    /// silent.
    [[nodiscard]] std::optional<std::uint64_t> allow(std::int64_t now_ms);

  private:
    std::int64_t interval_ms_;
    std::optional<std::int64_t> printed_ms_;
    std::uint64_t held_back_ = 0;
};

}  // namespace pncp::log
