// Invariant: two sessions joined in memory through a hostile link (bytes changed, frames cut, dropped,
// doubled, replayed later, sent back) take no frame twice, out of order, or one that the other side did not
// make.
#include <array>
#include <cstdint>
#include <cstdlib>
#include <deque>

#include "schema/session.hpp"

namespace {

using namespace pncp;

Key32 nonce(std::uint8_t number) {
    Key32 bytes{};
    bytes[0] = number;
    return bytes;
}

/// One direction: what is on its way, and the numbered heartbeats that were sent in it.
struct Lane {
    std::deque<Bytes> frames;
    std::int64_t sent = 0;
    std::int64_t taken = 0;

    void take(const Verified& verified) {
        if (verified.type != FrameType::heartbeat) return;
        const auto beat = decode<Heartbeat>(verified.payload);
        if (!beat || beat->wall_us <= taken || beat->wall_us > sent) std::abort();
        taken = beat->wall_us;
    }
};

class Pair {
  public:
    Pair() : client_(kName, key(), broker()) {}

    /// Three bytes of the input: what is said, and what the link does to each direction.
    void step(std::uint8_t say, std::uint8_t up, std::uint8_t down) {
        switch (say % 5) {
            case 0:
                greet();
                break;
            case 1:
                if (client_.ready())
                    up_.frames.push_back(client_.seal(FrameType::heartbeat, Heartbeat{++up_.sent, true}));
                break;
            case 2:
                if (server_ && server_->proven())
                    down_.frames.push_back(
                        server_->seal(FrameType::heartbeat, Heartbeat{++down_.sent, true}));
                break;
            case 3:
                if (server_) down_.frames.push_back(make_no_session(kName, key(), server_->id(), "gone"));
                break;
            default:
                break;
        }
        if (const auto frame = next(up_, up, say)) to_broker(*frame);
        if (const auto frame = next(down_, down, say)) to_client(*frame);
    }

  private:
    static inline const PeerName kName{Role::agent, "pi-1", 1};
    static const Key32& key() {
        static const Key32 bytes = peer_key(MasterSecret{nonce(99)}, kName);
        return bytes;
    }
    static const Key32& broker() {
        static const Key32 bytes = curve_public_key(broker_curve_secret(MasterSecret{nonce(99)}));
        return bytes;
    }

    void greet() {
        Hello hello;
        hello.na = nonce(++nonces_);
        up_.frames.push_back(client_.hello(hello));
    }

    /// The oldest frame of a lane, or one seen before in either, after the link has had its way with it.
    std::optional<Bytes> next(Lane& lane, std::uint8_t how, std::uint8_t where) {
        if (how % 8 == 5 && !seen_.empty()) return seen_[where % seen_.size()];
        if (lane.frames.empty()) return std::nullopt;
        Bytes frame = lane.frames.front();
        seen_.push_back(frame);
        if (how % 8 != 1) lane.frames.pop_front();
        if (how % 8 == 2) return std::nullopt;
        if (how % 8 == 3) frame[where % frame.size()] ^= static_cast<std::uint8_t>(how | 1U);
        if (how % 8 == 4) frame.resize(where % (frame.size() + 1));
        return frame;
    }

    void to_broker(const Bytes& bytes) {
        auto parsed = parse_frame(bytes);
        const auto* frame = std::get_if<UnverifiedFrame>(&parsed);
        if (frame == nullptr) return;
        if (frame->header.type == FrameType::hello) {
            auto begun = ServerSession::begin(*frame, kName, key(), broker(), nonce(++nonces_), 0);
            if (auto* good = std::get_if<ServerSession::Begun>(&begun)) {
                server_ = std::move(good->session);
                down_.frames.push_back(good->challenge);
            }
            return;
        }
        if (!server_) return;
        auto outcome = server_->on_frame(*frame);
        const auto* verified = std::get_if<Verified>(&outcome);
        if (verified == nullptr) return;
        if (verified->type == FrameType::auth)
            down_.frames.push_back(server_->seal(FrameType::ready, Ready{}));
        up_.take(*verified);
    }

    void to_client(const Bytes& bytes) {
        const auto before = client_.state();
        auto input = client_.on_frame(bytes);
        if (std::holds_alternative<Refusal>(input) && client_.state() != before) std::abort();
        if (auto* auth = std::get_if<ClientSession::SendAuth>(&input)) up_.frames.push_back(auth->frame);
        if (const auto* verified = std::get_if<Verified>(&input)) down_.take(*verified);
    }

    ClientSession client_;
    std::unique_ptr<ServerSession> server_;
    Lane up_;
    Lane down_;
    std::deque<Bytes> seen_;
    std::uint8_t nonces_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Pair pair;
    // A nonce is one byte here, and none may come twice.
    for (std::size_t i = 0; i + 2 < size && i < 240; i += 3) pair.step(data[i], data[i + 1], data[i + 2]);
    return 0;
}
