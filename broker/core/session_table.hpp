// Every connection's handshake and session, and who is ignored for bad frames. Pure; one thread.
//
// A frame passes in this order: ignored? → layout → direction fits the port → HELLO: listed and not revoked,
// the connection's own CURVE identity, room for another handshake, tag → anything else: session known and
// bound to this connection, tag, counter, AUTH first. Only AUTH binds a session to a peer.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "broker/core/actions.hpp"
#include "broker/core/peer_directory.hpp"
#include "broker/core/token_bucket.hpp"
#include "schema/session.hpp"

namespace pncp::broker {

/// A connection's session, begun or proven.
struct Live {
    Address address;
    std::string curve_identity;  ///< User-Id of the connection; "" on a Unix socket
    std::unique_ptr<ServerSession> session;
    Hello hello;
    std::int64_t begun_ms = 0;
    std::int64_t heard_ms = 0;
    std::int64_t probed_ms = 0;
    std::int64_t answered_ms = 0;  ///< its last heartbeat
    bool ready = false;            ///< READY was sent: before it nothing else may be
    std::string peer_address{};    ///< an IP address; "" a Unix socket or unknown
    [[nodiscard]] const PeerName& peer() const { return session->peer(); }
};

/// HELLO was good: the CHALLENGE to send.
struct Challenged {
    Bytes frame;
};
/// AUTH was good: the session is proven; `retired` are older ones that it replaces.
struct Proven {
    Live* live;
    std::vector<Address> retired;
};
/// A verified frame of a proven session.
struct Received {
    Live* live;
    Verified frame;
};
/// A frame of a session the broker does not know: to be answered with NO_SESSION where that is possible.
struct Unknown {
    std::optional<Bytes> answer;
};

class SessionTable {
  public:
    explicit SessionTable(const PeerDirectory& peers) : peers_(peers) {}

    using Outcome = std::variant<Challenged, Proven, Received, Unknown, Refusal>;
    /// `nonce`: 32 fresh random bytes, used when the frame is a HELLO. `curve_identity`: the frame's User-Id
    /// or "".
    [[nodiscard]] Outcome on_frame(const Address& from, std::string_view curve_identity, ByteView bytes,
                                   const Key32& nonce, const Now& now);
    /// Counts a refusal against its connection; true when the connection is ignored from now on.
    bool count_refusal(const Address& from, Refusal refusal, const Now& now);

    [[nodiscard]] Live* find(const Address& address);
    /// The one proven session of an agent; nullptr when it has none.
    [[nodiscard]] Live* agent(const std::string& id);
    /// Ends whatever this connection has.
    void end(const Address& address);
    struct Ended {
        PeerName peer;
        Address address;
        Id16 session{};
    };
    /// Ends every session, begun or proven, whose peer's generation is not good any more; the proven ones.
    std::vector<Ended> end_unlisted();

    /// Forgets handshakes that took too long and operators' sessions that were idle too long.
    void expire(const Now& now);

    [[nodiscard]] std::size_t pending() const { return pending_.size(); }
    [[nodiscard]] std::size_t proven() const { return proven_.size(); }
    [[nodiscard]] const std::array<std::uint64_t, kRefusals>& refusals() const { return refusals_; }
    /// The newest proven session of a peer; nullptr when it has none.
    [[nodiscard]] const Live* newest(Role role, const std::string& id) const;

    template <typename Visitor>
    void for_each_agent(Visitor&& visit) {
        for (auto& [id, live] : agents_) visit(*live);
    }

  private:
    struct Watched {
        std::uint32_t bad = 0;
        std::int64_t since_ms = 0;
        std::int64_t ignored_until_ms = 0;
    };

    [[nodiscard]] Outcome on_hello(const Address& from, std::string_view curve_identity,
                                   const UnverifiedFrame& frame, const Key32& nonce, const Now& now);
    [[nodiscard]] Outcome on_begun(std::unordered_map<Address, Live, AddressHash>::iterator found,
                                   std::string_view curve_identity, const UnverifiedFrame& frame,
                                   const Now& now);
    [[nodiscard]] Outcome unknown(std::string_view curve_identity, const UnverifiedFrame& frame) const;
    [[nodiscard]] bool has_room(const PeerEntry& peer, Port port, bool proven, const Id16& handle,
                                const Now& now);
    [[nodiscard]] std::vector<Address> retire_for(const PeerName& peer);
    void take_from_pending(const PeerName& peer, Port port);
    void forget_pending(std::unordered_map<Address, Live, AddressHash>::iterator at);

    const PeerDirectory& peers_;
    std::unordered_map<Address, Live, AddressHash> pending_;
    std::unordered_map<std::string, std::size_t> pending_per_id_;  ///< by "role/id"
    std::array<std::size_t, 2> pending_on_{};                      ///< by Port
    std::unordered_map<Id16, TokenBucket, UniformHash> hellos_;    ///< by handle: of listed peers only
    std::unordered_map<Address, std::unique_ptr<Live>, AddressHash> proven_;
    std::unordered_map<std::string, Live*> agents_;                         ///< by id, of those in proven_
    std::map<std::pair<Role, std::string>, std::vector<Address>> control_;  ///< oldest first
    std::unordered_map<Address, Watched, AddressHash> watched_;
    std::array<std::uint64_t, kRefusals> refusals_{};
};

}  // namespace pncp::broker
