#include "cli/render_job.hpp"

#include "schema/program/escape.hpp"

namespace pncp::cli {
namespace {

Colour colour_of(Verdict verdict) {
    switch (verdict) {
        case Verdict::ok:
            return Colour::green;
        case Verdict::failed:
        case Verdict::refused:
        case Verdict::denied:
            return Colour::red;
        case Verdict::timeout:
        case Verdict::offline:
        case Verdict::interrupted:
        case Verdict::cancelled:
        case Verdict::unknown:
            return Colour::yellow;
    }
    return Colour::plain;
}

/// "ok (12 ms)", "failed: exit code 2 (12 ms)", "failed: signal 9 (1.2 s)", "offline: last seen …".
std::string headline(const Ending& ending, const Style& style) {
    std::string text = coloured(style, colour_of(ending.verdict), verdict_name(ending.verdict));
    if (ending.verdict == Verdict::failed) {
        text += ending.signal != 0 ? ": signal " + std::to_string(ending.signal)
                                   : ": exit code " + std::to_string(ending.exit_code);
    }
    if (!ending.reason.empty()) text += ": " + escape_controls(ending.reason);
    const bool ran = ending.verdict == Verdict::ok || ending.verdict == Verdict::failed ||
                     ending.verdict == Verdict::timeout;
    // Whoever never ran has no duration worth reading.
    if (ran && (ending.verdict != Verdict::timeout || ending.duration_ms > 0))
        text += " (" + duration_text(ending.duration_ms) + ")";
    return text;
}

std::string note(const Style& style, const std::string& text) {
    return coloured(style, Colour::dim, "[" + text + "]") + "\n";
}

/// One stretch of a stream without holes, each line after `mark`; always ends in a line break.
void append_lines(std::string& out, std::string_view text, std::string_view mark, const Style& style) {
    while (!text.empty()) {
        const auto stop = std::min(text.find('\n'), text.size());
        const std::string_view line = text.substr(0, stop);
        out += mark;
        out += style.neutralise ? neutralised(line) : std::string(line);
        out += '\n';
        text.remove_prefix(std::min(stop + 1, text.size()));
    }
}

void append_stream(std::string& out, const StreamText& stream, std::string_view name, std::string_view mark,
                   const Style& style) {
    std::size_t position = 0;
    for (const Missing& hole : stream.missing) {
        append_lines(out, std::string_view(stream.text).substr(position, hole.at - position), mark, style);
        out +=
            note(style, std::to_string(hole.bytes) + " bytes of " + std::string(name) + " are missing here");
        position = hole.at;
    }
    append_lines(out, std::string_view(stream.text).substr(position), mark, style);
}

}  // namespace

std::string render_ending(const Ending& ending, const Style& style) {
    std::string out =
        coloured(style, Colour::bold, escape_controls(ending.agent)) + ": " + headline(ending, style) + "\n";
    append_stream(out, ending.out, "stdout", "", style);
    append_stream(out, ending.err, "stderr", coloured(style, Colour::red, "stderr: "), style);
    if (ending.truncated) out += note(style, "the device cut the output here, at its cap");
    return out;
}

std::string render_interrupted(const Id16& job) {
    const std::string id = to_hex(job);
    return "job " + id + " goes on without you; come back to it with: pncp-cli job " + id + "\n";
}

std::string render_uncertain(const Id16& job) {
    const std::string id = to_hex(job);
    return "the broker has not confirmed job " + id + "; see whether it took it with: pncp-cli job " + id +
           "\n";
}

}  // namespace pncp::cli
