#include "broker/core/admission.hpp"

namespace pncp::broker {

Admitted Admission::connection(std::string_view domain, const Key32& key, const Now& now) {
    const PeerEntry* entry = peers_.by_curve_key(key);
    if (entry == nullptr) return {};
    const bool is_agent = entry->name.role == Role::agent;
    if (domain == "agents" ? !is_agent : is_agent) return {};
    Admitted admitted{entry->name.text(), false};
    // Only listed keys are remembered, so their number is bounded.
    TokenBucket& bucket =
        connections_.try_emplace(key, limits::kConnectionBurst, limits::kConnectionEveryMs, now.boot_ms)
            .first->second;
    const auto kept_out = kept_out_until_ms_.find(*admitted.user_id);
    const bool out =
        domain == "feed" && kept_out != kept_out_until_ms_.end() && now.boot_ms < kept_out->second;
    if (out || !bucket.take(now.boot_ms)) {
        ++put_off_;
        return {std::nullopt, true};
    }
    return admitted;
}

bool Admission::subscription(std::string_view user_id, ByteView message, const Now& now) {
    if (message.empty() || message[0] > 1) return false;  // a SUB has nothing else to say
    if (message[0] == 0) {
        if (subscriptions_ > 0) --subscriptions_;
        return false;
    }
    ++subscriptions_;
    auto found = subscribers_.find(user_id);
    if (found == subscribers_.end())
        found = subscribers_
                    .emplace(std::string(user_id), TokenBucket(limits::kSubscriptionBurst,
                                                               limits::kSubscriptionEveryMs, now.boot_ms))
                    .first;
    const bool too_many = !found->second.take(now.boot_ms);
    if (too_many && !user_id.empty())
        kept_out_until_ms_[std::string(user_id)] = now.boot_ms + limits::kIgnoreMs;
    return too_many || subscriptions_ > limits::kSubscriptions;
}

void Admission::expire(const Now& now) {
    std::erase_if(connections_, [&](auto& entry) { return entry.second.full(now.boot_ms); });
    std::erase_if(subscribers_, [&](auto& entry) { return entry.second.full(now.boot_ms); });
    std::erase_if(kept_out_until_ms_, [&](const auto& entry) { return now.boot_ms >= entry.second; });
}

}  // namespace pncp::broker
