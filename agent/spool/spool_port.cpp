#include "agent/spool/spool_port.hpp"

#include <utility>

#include "schema/program/log.hpp"

namespace pncp::agent {

void SpoolPort::open(const std::string& path, const DiskSpool& limits, AgentConfig& config) {
    constexpr std::string_view kInMemory = "the spool is in memory only: ";
    auto opened = SpoolFolder::open(path, {config.self.id, config.boot_id, config.spool});
    if (!opened) return log::error(log::cat(kInMemory, opened.error().text()));
    for (const std::string& warning : opened->warnings) log::warning(warning);
    if (opened->begun)
        config.disk = limits;
    else
        log::error(log::cat(kInMemory, opened->begun.error().text()));
    if (!opened->formers.empty())
        log::info(log::cat(opened->formers.size(), " spools of earlier runs will be handed over first"));
    config.formers = std::move(opened->formers);
    folder_.emplace(std::move(opened->folder));
}

Actions SpoolPort::perform(const SpoolAppend& write, AgentCore& core, const Clock& now) {
    return core.on_spool_appended(write.stream, folder_->append(write), now);
}
Actions SpoolPort::perform(const SpoolRead& read, AgentCore& core, const Clock& now) {
    return core.on_spool_read(read, folder_->read(read), now);
}
Actions SpoolPort::perform(const SpoolDelete& segment, AgentCore&, const Clock&) {
    return note(folder_->remove(segment));
}
Actions SpoolPort::perform(const SpoolClose& end, AgentCore&, const Clock&) {
    return note(folder_->close(end));
}
Actions SpoolPort::perform(const SpoolHandedOver& spool, AgentCore&, const Clock&) {
    return note(folder_->handed_over(spool));
}
Actions SpoolPort::perform(const SpoolForget& spool, AgentCore&, const Clock&) {
    return note(folder_->forget(spool));
}

// What could not be deleted is found again at the next start, and does no harm.
Actions SpoolPort::note(const Status& done) {
    if (!done && !std::exchange(trouble_told_, true)) log::error(done.error().text());
    return {};
}

}  // namespace pncp::agent
