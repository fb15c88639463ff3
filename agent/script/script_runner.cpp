#include "agent/script/script_runner.hpp"

#include <algorithm>
#include <utility>

namespace pncp::agent {
namespace {

std::vector<CommandSpec> commands_of(std::vector<ScriptSpec> scripts) {
    std::vector<CommandSpec> commands;
    commands.reserve(scripts.size());
    for (ScriptSpec& script : scripts) commands.push_back(std::move(script.command));
    return commands;
}

}  // namespace

ScriptRunner::ScriptRunner(std::string_view device, std::vector<ScriptSpec> scripts, std::int64_t now_ms)
    : core_(device, scripts, now_ms), executor_(commands_of(std::move(scripts))) {}

std::optional<std::int64_t> ScriptRunner::wake_at_ms() const {
    if (stopping_) return executor_.wake_at_ms();
    auto at = core_.wake_at_ms();
    if (const auto running = executor_.wake_at_ms()) at = std::min(at.value_or(*running), *running);
    return at;
}

std::vector<ScriptReport> ScriptRunner::turn(std::int64_t now_ms) {
    std::vector<ScriptReport> reports;
    executor_.turn(now_ms);
    for (;;) {
        for (const CommandFinished& finished : executor_.take_finished())
            reports.push_back(core_.on_finished(finished));
        if (stopping_) return reports;
        const auto runs = core_.start_due(now_ms);
        if (runs.empty()) return reports;
        // One that can't be started has ended at once, and makes place for the next.
        for (const RunCommand& run : runs) executor_.start(run, now_ms);
    }
}

void ScriptRunner::stop(std::int64_t now_ms) {
    stopping_ = true;
    executor_.stop(now_ms);
}

}  // namespace pncp::agent
