#include "cli/render_job.hpp"

#include <algorithm>

#include "cli/agent_columns.hpp"
#include "cli/name_folder.hpp"
#include "cli/unified_diff.hpp"
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

/// "ok (12 ms)", "failed: exit code 2 (12 ms)", "offline: the connection was closed; last seen 3 s ago".
std::string headline(const Ending& ending, const Style& style, std::int64_t now_us) {
    std::string text = render_outcome(ending, style);
    if (ending.verdict == Verdict::offline && ending.last_seen_us != 0)
        text += "; last seen " + ago_text(ending.last_seen_us, now_us);
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

void append_output(std::string& out, const Ending& ending, const Style& style) {
    append_stream(out, ending.out, "stdout", "", style);
    append_stream(out, ending.err, "stderr", coloured(style, Colour::red, "stderr: "), style);
    if (ending.truncated) out += note(style, "the device cut the output here, at its cap");
}

/// The output as a person sees it, for comparing.
std::string plain_output(const Ending& ending, const Style& style) {
    std::string out;
    append_output(out, ending, {.colour = false, .neutralise = style.neutralise});
    return out;
}

void append_diff(std::string& out, std::string_view diff, const Style& style) {
    while (!diff.empty()) {
        const auto stop = std::min(diff.find('\n'), diff.size());
        const std::string_view line = diff.substr(0, stop);
        const Colour colour = line.starts_with('-')   ? Colour::red
                              : line.starts_with('+') ? Colour::green
                              : line.starts_with('@') ? Colour::dim
                                                      : Colour::plain;
        out += coloured(style, colour, line) + "\n";
        diff.remove_prefix(std::min(stop + 1, diff.size()));
    }
}

std::string names_text(const EndingGroup& group) { return joined({fold_names(group.agents)}); }

std::string group_headline(const EndingGroup& group, const Style& style) {
    return coloured(style, Colour::bold,
                    names_text(group) + " (" + std::to_string(group.agents.size()) + ")") +
           ": " + render_outcome(group.sample, style) + "\n";
}

/// Exit code, signal or nothing, as a cell.
std::string code_cell(const Ending& ending) {
    if (ending.signal != 0) return "signal " + std::to_string(ending.signal);
    const bool ran = ending.verdict == Verdict::ok || ending.verdict == Verdict::failed;
    return ran ? std::to_string(ending.exit_code) : "-";
}

}  // namespace

std::string render_outcome(const Ending& ending, const Style& style) {
    std::string text = coloured(style, colour_of(ending.verdict), verdict_name(ending.verdict));
    if (ending.verdict == Verdict::failed) {
        text += ending.signal != 0 ? ": signal " + std::to_string(ending.signal)
                                   : ": exit code " + std::to_string(ending.exit_code);
    }
    if (!ending.reason.empty()) text += ": " + escape_controls(ending.reason);
    return text;
}

std::string render_ending(const Ending& ending, const Style& style, std::int64_t now_us) {
    std::string out = coloured(style, Colour::bold, escape_controls(ending.agent)) + ": " +
                      headline(ending, style, now_us) + "\n";
    append_output(out, ending, style);
    return out;
}

std::string render_groups(std::span<const EndingGroup> groups, const GroupForm& form, const Style& style) {
    std::string out;
    if (groups.empty()) return out;
    const EndingGroup& majority = groups.front();
    const std::string usual = form.diff ? plain_output(majority.sample, style) : "";
    for (const EndingGroup& group : groups) {
        if (&group == &majority && form.outliers) continue;
        out += group_headline(group, style);
        if (&group == &majority || !form.diff) {
            append_output(out, group.sample, style);
            continue;
        }
        const std::string diff = unified_diff(usual, plain_output(group.sample, style));
        append_diff(out, diff.empty() ? "the same output\n" : diff, style);
    }
    return out;
}

std::string render_troubles(std::span<const EndingGroup> groups, const Style& style) {
    std::string out;
    for (const EndingGroup& group : groups) {
        if (group.sample.verdict == Verdict::ok) continue;
        out += "  " + render_outcome(group.sample, style) + ": " + names_text(group) + "\n";
    }
    return out;
}

std::string render_job_table(const std::vector<Ending>& endings, const Style& style) {
    const std::vector<std::string> header{"AGENT", "OUTCOME", "CODE", "TIME", "OUTPUT"};
    std::vector<std::vector<std::string>> rows;
    for (const Ending& ending : endings) {
        const std::string& text = !ending.out.text.empty()   ? ending.out.text
                                  : !ending.err.text.empty() ? ending.err.text
                                                             : ending.reason;
        rows.push_back({ending.agent, std::string(verdict_name(ending.verdict)), code_cell(ending),
                        ending.duration_ms > 0 ? duration_text(ending.duration_ms) : "-",
                        escape_controls(std::string_view(text).substr(0, text.find('\n')))});
    }
    std::sort(rows.begin(), rows.end(),
              [](const auto& a, const auto& b) { return natural_less(a.front(), b.front()); });
    return table_text(header, rows, style, {4});
}

std::string csv_results_header() {
    return "agent,outcome,exit_code,signal,duration_ms,reason,stdout,stderr,truncated,missing_bytes,time,"
           "last_seen\r\n";
}

std::string csv_result(const Ending& ending, const Style& style) {
    const bool ran = ending.verdict == Verdict::ok || ending.verdict == Verdict::failed;
    const auto text = [&](const std::string& raw) { return style.neutralise ? neutralised(raw) : raw; };
    const auto time = [](std::int64_t wall_us) { return wall_us == 0 ? std::string() : utc_text(wall_us); };
    std::string out;
    for (const std::string& field :
         {ending.agent, std::string(verdict_name(ending.verdict)),
          ran && ending.signal == 0 ? std::to_string(ending.exit_code) : "",
          ending.signal == 0 ? "" : std::to_string(ending.signal), std::to_string(ending.duration_ms),
          text(ending.reason), text(ending.out.text), text(ending.err.text),
          std::string(ending.truncated ? "true" : "false"),
          std::to_string(ending.out.missing_bytes() + ending.err.missing_bytes()),
          time(ending.time_ns / 1000), time(ending.last_seen_us)})
        out += (out.empty() ? "" : ",") + csv_field(field);
    return out + "\r\n";
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
