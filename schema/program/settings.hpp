// Settings of a program, merged: defaults < TOML file < .env beside it < PNCP_* environment < flags.
//
//     int main(int argc, char** argv) {
//         pncp::Loaded loaded = pncp::load_settings(broker_program(), argc, argv);
//         if (loaded.finished) return pncp::finish(loaded);
//         ... loaded.settings.duration_ms("poll_timeout") ...
//
// Loading reads files and nothing else: it prints nothing, never exits and throws only for a mistake in the
// program's own table. Thread rule: load in main before threads start; then Settings is immutable and may be
// read from any thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/program/setting.hpp"

namespace pncp {

class Settings {
  public:
    /// The defaults of a table. A later setting of the same key is a mistake (std::logic_error).
    explicit Settings(std::vector<Setting> table = {});

    // Values. A key that the table lacks, or a getter of another kind, throws std::logic_error.
    [[nodiscard]] const std::string& text(std::string_view key) const;
    [[nodiscard]] std::int64_t integer(std::string_view key) const;
    [[nodiscard]] double number(std::string_view key) const;
    [[nodiscard]] bool flag(std::string_view key) const;
    [[nodiscard]] std::int64_t duration_ms(std::string_view key) const;
    [[nodiscard]] std::int64_t size_bytes(std::string_view key) const;
    [[nodiscard]] const std::vector<std::string>& list(std::string_view key) const;

    /// True if a file, the environment or a flag gave it, false if it is the default.
    [[nodiscard]] bool is_set(std::string_view key) const;

    /// Where it comes from, for messages: "/etc/pncp/broker.toml:12", "PNCP_FEED", "--feed", "the default".
    [[nodiscard]] const std::string& where(std::string_view key) const;

    [[nodiscard]] const std::vector<Setting>& table() const { return table_; }

    /// Replaces a value; the error completes "X ...". For a list the text is split at commas. For loading and
    /// tests.
    [[nodiscard]] Status set(std::string_view key, std::string_view text, std::string where);
    [[nodiscard]] Status set_items(std::string_view key, std::vector<std::string> items, std::string where);

  private:
    struct Value {
        std::string text = {};
        std::vector<std::string> items = {};
        std::string where = "the default";
        bool given = false;
    };
    [[nodiscard]] const Setting& declared(std::string_view key) const;
    [[nodiscard]] const Value& value(std::string_view key, Kind kind) const;

    std::vector<Setting> table_;
    std::map<std::string, Value, std::less<>> values_;
};

/// What loading depends on beside the arguments: made by hand in tests.
struct Surroundings {
    std::map<std::string, std::string> environment = {};
    std::string config_dir = "/etc/pncp";
    /// This process's PNCP_* variables.
    [[nodiscard]] static Surroundings here();
};

struct Loaded {
    Settings settings;
    /// The sub-command, empty if the program has none.
    std::string verb = {};
    std::vector<std::string> positionals = {};
    /// For the log: likely misspelt variables, an .env that can't be read.
    std::vector<std::string> warnings = {};
    /// Set if there is nothing more to do: --help, --version, --check-config, or an error.
    std::optional<ExitCode> finished = std::nullopt;
    /// What to print on stdout and stderr in that case.
    std::string out = {};
    std::string err = {};
};

[[nodiscard]] Loaded load_settings(const Program& program, int argc, const char* const* argv,
                                   const Surroundings& surroundings = Surroundings::here());

/// Prints `out` and `err`, and gives the exit code for main.
[[nodiscard]] int finish(const Loaded& loaded);

}  // namespace pncp
