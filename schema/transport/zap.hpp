// Decides who may connect: libzmq asks over inproc://zeromq.zap.01, the loop's thread answers from its list
// of peers. Threads: the loop's. Lifetime: made before any socket with a ZAP domain is bound, destroyed after
// them; one a Context.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "schema/transport/socket.hpp"
#include "schema/transport/zap_request.hpp"

namespace pncp::transport {

/// How requests were answered since the start, each by its reason.
struct ZapCounters {
    std::uint64_t accepted_key = 0;
    std::uint64_t accepted_local = 0;  ///< Unix sockets
    std::uint64_t refused_unknown_key =
        0;                            ///< unknown, revoked, or of a role that has no business in that domain
    std::uint64_t put_off = 0;        ///< may come in, but not now
    std::uint64_t refused_plain = 0;  ///< no CURVE, yet not a Unix socket
    std::uint64_t refused_malformed = 0;
};

/// What becomes of a connection: a User-Id ("agent/pi-1/1", at most 255 bytes) lets it in, nullopt refuses it
/// (400: libzmq's client gives up), `later` puts it off (300: the client tries again by itself).
struct ZapVerdict {
    ZapVerdict(std::optional<std::string> accepted) : user_id(std::move(accepted)) {}  // NOLINT: a verdict
    ZapVerdict(std::string accepted) : user_id(std::move(accepted)) {}                 // NOLINT
    ZapVerdict(std::nullopt_t) {}                                                      // NOLINT
    [[nodiscard]] static ZapVerdict later() {
        ZapVerdict verdict(std::nullopt);
        verdict.put_off = true;
        return verdict;
    }
    std::optional<std::string> user_id;
    bool put_off = false;
};

class ZapHandler {
  public:
    /// Who the holder of a key is.
    using Lookup = std::function<ZapVerdict(std::string_view domain, const Key32& client_public,
                                            std::string_view address)>;

    /// Throws std::runtime_error when the Context has a handler already.
    explicit ZapHandler(Context& context);

    /// Answers the requests that wait, at most kAnswersPerCall of them; the rest stay readable for the next
    /// turn. Unix peers are accepted with an empty User-Id: their session says who they are. `lookup` is
    /// asked for keys only.
    void answer_pending(const Lookup& lookup);

    [[nodiscard]] const ZapCounters& counters() const { return counters_; }
    /// For Poller::add.
    [[nodiscard]] const Socket& socket() const { return socket_; }

    /// A storm of connections holds up the rest of the loop for no longer than this many look-ups.
    static constexpr std::size_t kAnswersPerCall = 256;

  private:
    [[nodiscard]] ZapVerdict decide(const ZapParse& parse, const Lookup& lookup);
    void reply(const ZapParse& parse, const ZapVerdict& verdict);

    Socket socket_;
    std::array<Message, 2 + kZapPartsMax> parts_;  ///< routing id, empty, request
    ZapCounters counters_;
};

}  // namespace pncp::transport
