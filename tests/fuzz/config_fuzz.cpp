// Invariant: no text makes the readers of TOML and .env files or of single settings throw; what they take
// stands in a line of the text, an error names its file, and a setting that is taken keeps to its bounds.
#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "schema/bytes.hpp"
#include "schema/program/dotenv.hpp"
#include "schema/program/settings.hpp"
#include "schema/program/toml_file.hpp"

namespace {

using namespace pncp;

template <typename Entries>
void check_lines(const Result<Entries>& entries, std::string_view text) {
    if (!entries) {
        if (entries.error().message.find("fuzz") == std::string::npos) std::abort();
        return;
    }
    const auto lines = 1 + std::count(text.begin(), text.end(), '\n');
    for (const auto& entry : *entries)
        if (entry.line < 1 || entry.line > lines) std::abort();
}

void check_settings(std::string_view text) {
    static const Settings defaults({{.key = "text"},
                                    {.key = "choice", .choices = {"a", "b"}},
                                    {.key = "integer", .kind = Kind::integer, .min = -5, .max = 5},
                                    {.key = "number", .kind = Kind::number},
                                    {.key = "flag", .kind = Kind::flag},
                                    {.key = "duration", .kind = Kind::duration, .min = 1, .max = 60'000},
                                    {.key = "size", .kind = Kind::size, .max = 1 << 20},
                                    {.key = "list", .kind = Kind::list, .max = 3}});
    for (const Setting& setting : defaults.table()) {
        Settings settings = defaults;
        if (!settings.set(setting.key, text, "here")) continue;
        std::int64_t value = 0;
        if (setting.kind == Kind::integer) value = settings.integer(setting.key);
        if (setting.kind == Kind::duration) value = settings.duration_ms(setting.key);
        if (setting.kind == Kind::size) value = settings.size_bytes(setting.key);
        if (setting.kind == Kind::list) value = static_cast<std::int64_t>(settings.list(setting.key).size());
        if (setting.min && value < *setting.min) std::abort();
        if (setting.max && value > *setting.max) std::abort();
        if (!setting.choices.empty() && text != "a" && text != "b") std::abort();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view text = text_view({data + 1, size - 1});
    switch (data[0] % 3) {
        case 0:
            check_lines(parse_toml(text, "fuzz"), text);
            break;
        case 1:
            check_lines(parse_dotenv(text, "fuzz"), text);
            break;
        default:
            check_settings(text);
            break;
    }
    return 0;
}
