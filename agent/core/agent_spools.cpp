// The agent's spools: this run's own, and those of earlier runs that are handed over first, each in a session
// of its own under its own id. Why: schema/decisions/0013-*.md.
#include <algorithm>
#include <utility>

#include "agent/core/agent_core.hpp"

namespace pncp::agent {

// The broker declares the loss of what a former spool never brought as soon as the next one is named to it,
// unless it is told that nothing is missing. On the same connection, so that BYE cannot be overtaken.
void AgentCore::leave_former(const Clock& now, Actions& actions) {
    if (formers_.empty() || stop_ != Stop::no || !active().empty()) return;
    const Spool& former = active();
    const bool all_there = former.whole() && former.acknowledged() == former.heads();
    if (all_there)
        link_.say(FrameType::bye, Bye{"handed over the spool of an earlier run", true}, now.boot_ms, actions);
    actions.emplace_back(
        Log{log::Level::info,
            log::cat("handed over the spool of an earlier run, up to row ", former.acknowledged().metrics,
                     " of its metrics and row ", former.acknowledged().results, " of its results",
                     all_there ? "" : "; the broker declares lost what it did not bring")});
    handed_over_.push_back(former.id());
    active().suspend();
    active().disk_chores(actions);
    actions.emplace_back(SpoolHandedOver{former.id()});
    formers_.pop_front();
    link_.greet_again(now.boot_ms);
}

// A row of a later spool was committed, and before it what followed from naming that spool: the broker asks
// no more of those before it, and will not ask after a restart.
void AgentCore::forget_handed_over(Actions& actions) {
    for (const Id16& spool : std::exchange(handed_over_, {})) actions.emplace_back(SpoolForget{spool});
}

void AgentCore::disk_work(const Clock& now, Actions& actions) {
    if (!formers_.empty()) {
        for (Spool& former : formers_) former.disk_chores(actions);
    }
    if (!config_.disk) return;
    if (const std::size_t bytes = spool_.spill_bytes(now)) {
        if (make_disk_room(bytes)) {
            spool_.disk_chores(actions);
            spool_.spill(actions);
        } else {
            spool_.disk_failed(now.boot_ms);
        }
    }
    spool_.disk_chores(actions);
    if (stop_ == Stop::done && !spool_closed_ && spool_.flushed() && spool_.whole()) {
        spool_closed_ = true;
        actions.emplace_back(SpoolClose{spool_.heads()});
    }
}

// Oldest metrics first, results last: as in memory.
bool AgentCore::make_disk_room(std::uint64_t bytes) {
    const auto used = [this] {
        std::uint64_t sum = spool_.disk_bytes();
        for (const Spool& former : formers_) sum += former.disk_bytes();
        return sum;
    };
    const auto drop = [this](Stream stream) {
        return std::any_of(formers_.begin(), formers_.end(),
                           [&](Spool& former) { return former.drop_oldest_on_disk(stream); }) ||
               spool_.drop_oldest_on_disk(stream);
    };
    if (bytes > config_.disk->max_bytes) return false;
    while (used() + bytes > config_.disk->max_bytes)
        if (!drop(Stream::metrics) && !drop(Stream::results)) return false;
    return true;
}

Actions AgentCore::on_spool_appended(Stream stream, const Status& status, const Clock& now) {
    Actions actions;
    spool_.on_appended(stream, status.ok(), now.boot_ms);
    if (!status && !disk_trouble_told_)
        actions.emplace_back(Log{
            log::Level::error, log::cat("the spool can't be written to its folder, so what waits is only in "
                                        "memory until it can: ",
                                        status.error().text())});
    if (spool_.disk_works() && disk_trouble_told_)
        actions.emplace_back(Log{log::Level::info, "the spool can be written to its folder again"});
    disk_trouble_told_ = !spool_.disk_works();
    return settle(now, std::move(actions));
}

Actions AgentCore::on_spool_read(const SpoolRead& read, const Result<Bytes>& bytes, const Clock& now) {
    Actions actions;
    Spool* from = read.spool == spool_.id() ? &spool_ : nullptr;
    for (Spool& former : formers_)
        if (former.id() == read.spool) from = &former;
    if (from == nullptr) return actions;
    const std::uint64_t lost = from->dropped();
    from->on_read(read.stream, read.extent, bytes);
    if (from->dropped() > lost)
        actions.emplace_back(Log{
            log::Level::error,
            log::cat(
                from->dropped() - lost, " rows of the spool can't be read back and are declared lost: ",
                bytes ? "they are not what was written; the disk may be failing" : bytes.error().text())});
    return settle(now, std::move(actions));
}

}  // namespace pncp::agent
