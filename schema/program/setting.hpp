// The declarative table a program is configured by. From one table come --help, the TOML reader, the PNCP_*
// variables, the command line and the man pages, so they can't drift apart. Plain data; thread rule:
// immutable after start-up.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "schema/program/exit_codes.hpp"
#include "schema/result.hpp"

namespace pncp {

class Settings;

enum class Kind : std::uint8_t { text, integer, number, flag, duration, size, list };

/// One setting. Its flag is --influx-url and its variable PNCP_INFLUX_URL, both derived from the key.
struct Setting {
    /// Dotted TOML key in lower case with underscores: "influx.url", "key_file".
    std::string key = {};
    Kind kind = Kind::text;
    /// Written as in the environment; a list with commas. Empty means unset (getters then give "", 0, false
    /// or {}).
    std::string default_text = {};
    /// A sentence or two for --help, without the default, which is added.
    std::string help = {};
    /// What stands for the value in --help: "URL". Derived from the kind or the choices when empty.
    std::string value_name = {};
    /// Heading under which --help lists it; "Options" when empty.
    std::string group = {};
    /// A secret has no flag, since everybody on the machine can read command lines, and its value is never
    /// printed.
    bool secret = false;
    /// Inclusive bounds: of the number, of milliseconds for a duration, of bytes for a size, of the count for
    /// a list.
    std::optional<std::int64_t> min = std::nullopt;
    std::optional<std::int64_t> max = std::nullopt;
    /// If not empty, the only texts allowed.
    std::vector<std::string> choices = {};
    /// One-letter flag, or 0.
    char letter = '\0';
};

/// A sub-command, with options that only the command line gives (a forgotten variable must not turn into
/// --all).
struct Verb {
    std::string name = {};
    /// One line, without a full stop.
    std::string purpose = {};
    /// What follows the options in the usage line: "COMMAND [ARG...]".
    std::string usage = {};
    std::vector<Setting> settings = {};
    /// Options end at the first word that is none; all that follows is handed on untouched.
    bool stop_at_positional = false;
    std::size_t max_positionals = std::numeric_limits<std::size_t>::max();
    /// Paragraphs or examples printed as they are at the end of `VERB --help`.
    std::string details = {};
};

struct Program {
    /// "pncp-broker".
    std::string name = {};
    /// One line with a full stop.
    std::string purpose = {};
    /// "broker" for /etc/pncp/broker.toml. Empty: no file unless --config names one.
    std::string file = {};
    /// What follows the options in the usage line, if anything.
    std::string usage = {};
    std::vector<Setting> settings = {};
    /// If there are any, one must be given.
    std::vector<Verb> verbs = {};
    std::size_t max_positionals = 0;
    /// What to try when a word is like no verb; the word is added to it.
    std::string no_verb = {};
    /// PNCP_* variables that are read elsewhere, so that they raise no warning.
    std::vector<std::string> other_variables = {};
    /// Listed by --help; ok, internal, usage, unavailable and configuration when empty.
    std::vector<ExitCode> exit_codes = {};
    /// Where to read more: "pncp-broker(8), README.md".
    std::string more = {};
    /// Section of the manual that its page is in: 1 is for what people run, 8 for services.
    int section = 8;
    /// For the manual page only: paragraphs after the purpose, and files with what is in them.
    std::vector<std::string> about = {};
    std::vector<std::pair<std::string, std::string>> files = {};
    /// What a table can't express (two settings that exclude each other, a file that must parse); also run by
    /// --check-config. Use Settings::where for the place in the message.
    std::function<Status(const Settings&)> check = {};
};

/// "influx-url" (without dashes) and "PNCP_INFLUX_URL".
[[nodiscard]] std::string flag_name(const Setting& setting);
[[nodiscard]] std::string variable_name(const Setting& setting);

/// What --help writes for the value: "URL", "DURATION", "text|json".
[[nodiscard]] std::string value_name(const Setting& setting);

/// Splits at commas and trims spaces; an empty text is an empty list.
[[nodiscard]] std::vector<std::string> split_list(std::string_view text);

/// Whether a text (or, for a list, the items) is allowed; the error completes "X ...", as in "X must be at
/// least 1".
[[nodiscard]] Status check_text(const Setting& setting, std::string_view text);
[[nodiscard]] Status check_items(const Setting& setting, const std::vector<std::string>& items);

/// Throws std::logic_error for a mistake in a program's own table: a doubled key or flag, a bad default.
void verify_table(const Program& program);

}  // namespace pncp
