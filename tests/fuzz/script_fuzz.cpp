// Invariant: nothing a script prints makes its reader throw or read beyond its end; points that are taken fit
// into a row, bear no measurement, tag or field that PNCP writes itself, and hold neither control characters
// nor numbers that are none; and no file of scripts is taken whose programs are not absolute.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>

#include "agent/script/script_spec.hpp"
#include "schema/bytes.hpp"
#include "schema/codec.hpp"
#include "schema/event_bodies.hpp"
#include "schema/names.hpp"

namespace {

using namespace pncp;

void must(bool holds) {
    if (!holds) std::abort();
}

void check_text(const std::string& text) {
    must(text.size() <= agent::kScriptTextBytes);
    must(std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }));
}

void check_name(const std::string& name) {
    check_text(name);
    must(!name.empty() && name != "host" && name != "agent" && name != "time");
}

void check(const Point& point) {
    must(!is_measurement(point.measurement) && !point.fields.empty());
    check_text(point.measurement);
    for (const auto& [name, value] : point.tags) {
        check_name(name);
        check_text(value);
    }
    for (const auto& [name, value] : point.fields) {
        check_name(name);
        if (const auto* number = std::get_if<double>(&value)) must(std::isfinite(*number));
        if (const auto* text = std::get_if<std::string>(&value)) check_text(*text);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = text_view({data, size});
    for (const auto format : {agent::ScriptFormat::influx, agent::ScriptFormat::json}) {
        const auto found = agent::parse_script_output(text, format, "mine");
        if (!found) continue;
        must(found->points.size() <= agent::kScriptPoints);
        must(encode(MetricsBody{found->points}).size() <= limits::kRowBodyBytes);
        for (const Point& point : found->points) check(point);
    }
    const auto scripts = agent::parse_scripts(text, "fuzz");
    if (!scripts) return 0;
    for (const auto& script : *scripts) {
        must(valid_command_name(script.command.name) && script.command.path.starts_with('/'));
        must(script.command.slots.empty() && script.interval_ms >= agent::kScriptIntervalMinMs);
    }
    return 0;
}
