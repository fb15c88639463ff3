// Invariant: two sessions joined in memory through a hostile link (bytes changed, frames dropped, doubled,
// swapped, replayed later, sent back) never accept a frame twice, out of order, or one that the other side
// did not make.
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <set>

#include "schema/session.hpp"

namespace {

using namespace pncp;

struct Link {
    std::deque<Bytes> up;
    std::deque<Bytes> down;
    std::vector<Bytes> seen;
};

Key32 nonce(std::uint8_t number) {
    Key32 bytes{};
    bytes[0] = number;
    return bytes;
}

/// Spoils the oldest frame of a queue as the input says, and takes it off.
std::optional<Bytes> next(std::deque<Bytes>& queue, Link& link, std::uint8_t how, std::uint8_t where) {
    if ((how & 7U) == 5 && !link.seen.empty()) return link.seen[where % link.seen.size()];
    if (queue.empty()) return std::nullopt;
    Bytes frame = queue.front();
    link.seen.push_back(frame);
    if ((how & 7U) != 1) queue.pop_front();
    if ((how & 7U) == 2) return std::nullopt;
    if ((how & 7U) == 3)
        frame[where % frame.size()] = static_cast<std::uint8_t>(frame[where % frame.size()] ^ (how | 1U));
    if ((how & 7U) == 4) frame.resize(where % (frame.size() + 1));
    return frame;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const MasterSecret master{nonce(99)};
    static const PeerName name{Role::agent, "pi-1", 1};
    static const Key32 key = peer_key(master, name);
    static const Key32 broker = curve_public_key(broker_curve_secret(master));
    ClientSession client(name, key, broker);
    std::unique_ptr<ServerSession> server;
    Link link;
    std::set<std::int64_t> sent;
    std::int64_t number = 0;
    std::int64_t last_taken = 0;
    for (std::size_t i = 0; i + 2 < size && i < 300; i += 3) {
        if (data[i] % 11 == 0) {
            Hello hello;
            hello.na = nonce(static_cast<std::uint8_t>(i));
            link.up.push_back(client.hello(hello));
        } else if (data[i] % 11 == 1 && client.ready()) {
            link.up.push_back(client.seal(FrameType::heartbeat, Heartbeat{++number, true}));
            sent.insert(number);
        }
        if (const auto frame = next(link.up, link, data[i + 1], data[i + 2])) {
            auto parsed = parse_frame(*frame);
            if (const auto* good = std::get_if<UnverifiedFrame>(&parsed)) {
                if (good->header.type == FrameType::hello) {
                    auto begun = ServerSession::begin(*good, name, key, broker,
                                                      nonce(static_cast<std::uint8_t>(200 + i)), 0);
                    if (auto* ok = std::get_if<ServerSession::Begun>(&begun)) {
                        server = std::move(ok->session);
                        link.down.push_back(ok->challenge);
                    }
                } else if (server) {
                    auto outcome = server->on_frame(*good);
                    if (const auto* verified = std::get_if<Verified>(&outcome)) {
                        if (verified->type == FrameType::auth)
                            link.down.push_back(server->seal(FrameType::ready, Ready{}));
                        if (verified->type == FrameType::heartbeat) {
                            const auto beat = decode<Heartbeat>(verified->payload);
                            if (!beat || !sent.contains(beat->wall_us) || beat->wall_us <= last_taken)
                                std::abort();
                            last_taken = beat->wall_us;
                        }
                    }
                }
            }
        }
        if (const auto frame = next(link.down, link, data[i + 2], data[i + 1])) {
            auto input = client.on_frame(*frame);
            if (auto* auth = std::get_if<ClientSession::SendAuth>(&input)) link.up.push_back(auth->frame);
        }
    }
    return 0;
}
