#include "agent/core/command_memory.hpp"

#include <algorithm>
#include <utility>

namespace pncp::agent {

CommandMemory::Entry* CommandMemory::find(const Id16& command) {
    const auto at = std::find_if(entries_.begin(), entries_.end(),
                                 [&](const Entry& entry) { return entry.command.command == command; });
    return at == entries_.end() ? nullptr : &*at;
}

bool CommandMemory::has_room() const {
    return entries_.size() < limits::kCommandsRemembered ||
           std::any_of(entries_.begin(), entries_.end(), [](const Entry& entry) { return entry.settled; });
}

CommandMemory::Entry& CommandMemory::remember(Command command, State state) {
    if (entries_.size() >= limits::kCommandsRemembered) {
        const auto oldest =
            std::find_if(entries_.begin(), entries_.end(), [](const Entry& entry) { return entry.settled; });
        if (oldest != entries_.end()) entries_.erase(oldest);
    }
    Entry entry;
    entry.command = std::move(command);
    entry.state = state;
    entries_.push_back(std::move(entry));
    return entries_.back();
}

void CommandMemory::finish(Entry& entry, ResultBody result, std::uint64_t result_seq) {
    entry.state = State::finished;
    entry.result_seq = result_seq;
    entry.settled = false;
    entry.result = std::move(result);
    entry.command.arguments = {};
    forget_outputs();
}

// Newest first, so that the oldest are the ones that no longer fit.
void CommandMemory::forget_outputs() {
    std::size_t kept = 0;
    for (auto at = entries_.rbegin(); at != entries_.rend(); ++at) {
        ResultBody& result = at->result;
        const std::size_t bytes = result.out.size() + result.err.size();
        kept += bytes;
        if (bytes == 0 || kept <= kOutputBytes) continue;
        kept -= bytes;
        result.out = {};
        result.err = {};
        result.out_bytes = 0;
        result.err_bytes = 0;
        result.truncated = true;
        if (!result.reason.empty()) result.reason += "; ";
        result.reason += "it ran earlier, and the device no longer holds its output";
    }
}

CommandMemory::Entry* CommandMemory::next_queued() {
    const auto at = std::find_if(entries_.begin(), entries_.end(),
                                 [](const Entry& entry) { return entry.state == State::queued; });
    return at == entries_.end() ? nullptr : &*at;
}

std::size_t CommandMemory::count(State state) const {
    return static_cast<std::size_t>(std::count_if(entries_.begin(), entries_.end(),
                                                  [&](const Entry& entry) { return entry.state == state; }));
}

}  // namespace pncp::agent
