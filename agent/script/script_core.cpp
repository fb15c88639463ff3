#include "agent/script/script_core.hpp"

#include <algorithm>
#include <utility>

#include "schema/bytes.hpp"
#include "schema/program/escape.hpp"

namespace pncp::agent {
namespace {

/// AgentCore cuts an event's detail at 200 bytes.
constexpr std::size_t kDetailBytes = 190;

Id16 id_of(std::size_t index) {
    Id16 id{};
    store_be(id.data(), static_cast<std::uint32_t>(index));
    return id;
}

/// At most `room` bytes of a line that anybody may look at, cut between characters.
std::string shown(std::string_view text, std::size_t room) {
    std::string line = escape_controls(text.substr(0, room + 4));
    if (line.size() <= room) return line;
    std::size_t size = 0;
    while (size < line.size()) {
        const std::size_t next = std::max<std::size_t>(1, utf8_length(std::string_view(line).substr(size)));
        if (size + next > room) break;
        size += next;
    }
    line.resize(size);
    return line;
}

std::string_view first_line(std::string_view text) { return text.substr(0, text.find('\n')); }

/// Why a run counts as failed, whatever it printed; nothing when it does not.
std::optional<std::string> failure_of(const CommandFinished& finished) {
    if (finished.outcome != Outcome::finished) return finished.reason;
    if (finished.exit_code == 0) return std::nullopt;
    std::string reason = "exit code " + std::to_string(finished.exit_code);
    const std::string_view said = first_line(finished.err);
    return said.empty() ? reason : reason + ": " + std::string(said);
}

}  // namespace

ScriptCore::ScriptCore(std::string_view device, const std::vector<ScriptSpec>& scripts, std::int64_t now_ms) {
    for (const ScriptSpec& spec : scripts) {
        const SampleGrid grid(std::string(device) + "/" + spec.command.name, spec.interval_ms);
        scripts_.push_back({spec.command.name, spec.measurement, spec.format, spec.command.timeout_ms, grid,
                            grid.after(now_ms)});
    }
}

std::optional<std::int64_t> ScriptCore::wake_at_ms() const {
    std::optional<std::int64_t> at;
    for (const Script& script : scripts_) at = std::min(at.value_or(script.next_ms), script.next_ms);
    return at;
}

std::vector<RunCommand> ScriptCore::start_due(std::int64_t now_ms) {
    for (std::size_t i = 0; i < scripts_.size(); ++i) {
        Script& script = scripts_[i];
        if (now_ms < script.next_ms) continue;
        script.next_ms = script.grid.after(now_ms);
        if (script.state != State::idle) {
            ++script.skipped;
            continue;
        }
        script.state = State::waiting;
        waiting_.push_back(i);
    }
    std::vector<RunCommand> runs;
    for (; running_ < kAtOnce && !waiting_.empty(); ++running_) {
        const std::size_t index = waiting_.front();
        waiting_.pop_front();
        Script& script = scripts_[index];
        script.state = State::running;
        runs.push_back({id_of(index), script.name, {}, script.timeout_ms});
    }
    return runs;
}

void ScriptCore::judge_failure(Script& script, const std::string& reason, ScriptReport& report) {
    ++script.failed;
    ++script.failed_row;
    if (!std::exchange(script.failing, true))
        report.edges.push_back({"script_failed", shown(script.name + ": " + reason, kDetailBytes)});
}

void ScriptCore::judge_success(Script& script, ScriptPoints found, bool output_cut, ScriptReport& report) {
    if (std::exchange(script.failing, false))
        report.edges.push_back({"script_recovered", script.name + ": after " +
                                                        std::to_string(script.failed_row) + " failed runs"});
    script.failed_row = 0;
    const bool cut = output_cut || found.left_out > 0;
    if (cut && !script.cut)
        report.edges.push_back(
            {"script_cut", script.name + ": it prints more than is kept (" +
                               (output_cut ? "its output's end was cut"
                                           : std::to_string(found.left_out) + " points left out") +
                               "); print less, or raise output"});
    script.cut = cut;
    report.points = std::move(found.points);
}

ScriptReport ScriptCore::on_finished(const CommandFinished& finished) {
    ScriptReport report;
    const std::size_t index = load_be<std::uint32_t>(finished.command.data());
    if (index >= scripts_.size() || scripts_[index].state != State::running) return report;
    Script& script = scripts_[index];
    script.state = State::idle;
    --running_;
    if (finished.outcome == Outcome::interrupted || finished.outcome == Outcome::cancelled) return report;
    ++script.runs;
    std::string_view text = finished.out;
    auto reason = failure_of(finished);
    if (!reason && finished.truncated) {
        // Lines before the cut are whole; half an object is none.
        if (script.format == ScriptFormat::json) reason = "it prints more than its output may be";
        text = text.substr(0, text.rfind('\n') + 1);
    }
    if (!reason) {
        auto found = parse_script_output(text, script.format, script.measurement);
        if (found)
            judge_success(script, *std::move(found), finished.truncated, report);
        else
            reason = found.error().text();
    }
    if (reason) judge_failure(script, *reason, report);
    const auto points = static_cast<std::int64_t>(report.points.size());
    report.points.push_back({"pi_script",
                             {{"script", script.name}},
                             {{"ok", !reason},
                              {"duration_ms", finished.duration_ms},
                              {"points", points},
                              {"runs", script.runs},
                              {"failed", script.failed},
                              {"skipped", script.skipped}}});
    return report;
}

}  // namespace pncp::agent
