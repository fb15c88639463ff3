// Who may connect now: the list of peers, how fast a key may open connections, and who is kept out for a
// while. Also counts subscriptions of the feed, which cost the publisher memory. Pure; one thread.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "broker/core/actions.hpp"
#include "broker/core/peer_directory.hpp"
#include "broker/core/token_bucket.hpp"

namespace pncp::broker {

/// `user_id`: come in as this peer ("role/id/generation"). Neither: not with this key.
struct Admitted {
    std::optional<std::string> user_id;
    bool later = false;  ///< the key is good, but it comes too often, or is kept out for a while
};

class Admission {
  public:
    explicit Admission(const PeerDirectory& peers) : peers_(peers) {}

    /// A connection that proved to hold the secret half of `key`, on the socket of this ZAP domain.
    [[nodiscard]] Admitted connection(std::string_view domain, const Key32& key, const Now& now);

    /// One message of the feed's socket: its first byte 1 (subscribed) or 0 (given up), then the topic.
    /// `user_id` is "" for a Unix socket, and for what ended with its connection. True when all subscribers
    /// are to be cut off, because one asked for too many or all together did; that one is kept out then.
    [[nodiscard]] bool subscription(std::string_view user_id, ByteView message, const Now& now);
    /// The feed's socket was closed and opened: nobody has a subscription.
    void feed_rebound() { subscriptions_ = 0; }

    [[nodiscard]] std::size_t subscriptions() const { return subscriptions_; }
    [[nodiscard]] std::uint64_t put_off() const { return put_off_; }
    /// Forgets whoever was quiet for long.
    void expire(const Now& now);

  private:
    const PeerDirectory& peers_;
    std::unordered_map<Key32, TokenBucket, UniformHash> connections_;
    std::map<std::string, TokenBucket, std::less<>> subscribers_;
    std::map<std::string, std::int64_t, std::less<>> kept_out_until_ms_;
    std::size_t subscriptions_ = 0;
    std::uint64_t put_off_ = 0;
};

}  // namespace pncp::broker
