#include "broker/core/consumers.hpp"

#include <algorithm>

#include "schema/limits.hpp"

namespace pncp::broker {

namespace {

/// After a start every consumer has this long to be heard, whatever the wall clock says of its last time.
constexpr std::int64_t kGraceMs = 3'600'000;
constexpr std::string_view kOperator = "operator/";

bool revoked(const std::string& name, const PeerDirectory& peers) {
    const bool is_operator = name.starts_with(kOperator);
    const PeerRecord* record = is_operator ? peers.record(Role::operator_, name.substr(kOperator.size()))
                                           : peers.record(Role::subscriber, name);
    return record == nullptr || record->revoked;
}

}  // namespace

Consumers::Consumers(const journal::Recovered& recovered, std::int64_t forget_ms, const Now& now)
    : forget_ms_(forget_ms), started_ms_(now.boot_ms) {
    for (const journal::CursorRecord& cursor : recovered.cursors) {
        const std::int64_t heard_us =
            cursor.heard_us > 0 ? std::min(cursor.heard_us, now.wall_us) : now.wall_us;
        if (cursor.sequence > recovered.head) set_back_.push_back(cursor.consumer);
        all_[cursor.consumer] = {std::min(cursor.sequence, recovered.head), heard_us,
                                 now.boot_ms - (now.wall_us - heard_us) / 1000, true};
    }
}

std::string Consumers::name_of(const PeerName& peer) {
    return peer.role == Role::subscriber ? peer.id : std::string(kOperator) + peer.id;
}

bool Consumers::room_for(const std::string& name) const {
    return all_.size() < limits::kDurableConsumers || all_.contains(name) ||
           std::any_of(all_.begin(), all_.end(), [](const auto& one) { return !one.second.holds; });
}

std::uint64_t Consumers::advance(const std::string& name, std::uint64_t sequence, const Now& now,
                                 std::vector<journal::CursorRecord>& records) {
    if (!all_.contains(name) && all_.size() >= limits::kDurableConsumers) {
        auto out = all_.end();
        for (auto at = all_.begin(); at != all_.end(); ++at)
            if (!at->second.holds &&
                (out == all_.end() || at->second.heard_boot_ms < out->second.heard_boot_ms))
                out = at;
        if (out != all_.end()) {
            records.push_back({out->first, out->second.sequence, out->second.heard_us, true});
            all_.erase(out);
        }
    }
    Consumer& consumer = all_[name];
    consumer.sequence = std::max(consumer.sequence, sequence);
    consumer.heard_us = now.wall_us;
    consumer.heard_boot_ms = now.boot_ms;
    records.push_back({name, consumer.sequence, consumer.heard_us, false});
    return consumer.sequence;
}

void Consumers::fares(const std::string& name, std::optional<std::string> error,
                      std::optional<std::uint64_t> dead_letters) {
    const auto found = all_.find(name);
    if (found == all_.end()) return;
    found->second.error = std::move(error);
    found->second.dead_letters = dead_letters;
}

void Consumers::heard(const std::string& name, const Now& now) {
    const auto found = all_.find(name);
    if (found == all_.end()) return;
    found->second.heard_us = now.wall_us;
    found->second.heard_boot_ms = now.boot_ms;
}

std::vector<std::string> Consumers::review(const PeerDirectory& peers, const Now& now) {
    std::vector<std::string> lines;
    const bool grace = now.boot_ms - started_ms_ < std::min(kGraceMs, forget_ms_);
    for (auto& [name, consumer] : all_) {
        const bool gone = revoked(name, peers);
        const bool silent = !grace && now.boot_ms - consumer.heard_boot_ms >= forget_ms_;
        const bool holds = !gone && !silent;
        if (holds == consumer.holds) continue;
        consumer.holds = holds;
        lines.push_back(holds ? "consumer " + name + " is back: the journal keeps events for it again"
                              : "the journal keeps no events for consumer " + name + " any more: " +
                                    (gone ? "its key is revoked" : "it has been silent for too long"));
    }
    return lines;
}

std::uint64_t Consumers::passed(std::uint64_t head) const {
    std::uint64_t least = head;
    for (const auto& [name, consumer] : all_)
        if (consumer.holds) least = std::min(least, consumer.sequence);
    return least;
}

}  // namespace pncp::broker
