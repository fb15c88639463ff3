// Every bit of every frame, flipped on the path in the very state in which the honest frame is awaited.
#include <map>

#include "tests/unit/security/joined.hpp"

namespace pncp::security {
namespace {

template <typename Try>
std::size_t flip_every_bit(const Bytes& frame, Try&& try_one) {
    Bytes flipped = frame;
    for (std::size_t bit = 0; bit < frame.size() * 8; ++bit) {
        const auto mask = static_cast<std::uint8_t>(1U << (bit % 8));
        flipped[bit / 8] = static_cast<std::uint8_t>(flipped[bit / 8] ^ mask);
        try_one(flipped, bit);
        flipped[bit / 8] = static_cast<std::uint8_t>(flipped[bit / 8] ^ mask);
    }
    return frame.size() * 8;
}

std::string where(const Passage& passage, std::size_t bit) {
    return std::string(frame_type_name(passage.type())) + (passage.up ? " up" : " down") + ", bit " +
           std::to_string(bit);
}

class BitFlips : public testing::Test {
  protected:
    /// Tries the frame spoilt in every bit; the story then goes on with the honest one.
    void spoil(const Passage& passage) {
        // To a broker that was restarted the session is unknown, and the honest frame too is answered so.
        const bool begins = passage.type() == FrameType::hello || passage.type() == FrameType::auth;
        if (passage.up && passage.party->core && !begins && joined_.core->agents_online() == 0) return;
        ++frames_[passage.type()];
        flips_ += flip_every_bit(passage.frame, [&](const Bytes& flipped, std::size_t bit) {
            if (!passage.up) {
                accepted_ += joined_.refuses(*passage.party, flipped) ? 0U : 1U;
                ASSERT_EQ(accepted_, 0U) << where(passage, bit);
                return;
            }
            const Party& party = *passage.party;
            const Tried tried = joined_.try_broker(party.address, party.identity, flipped);
            accepted_ += tried.effects + tried.challenges;
            ASSERT_EQ(accepted_, 0U) << where(passage, bit);
            // Another session's id is answered with NO_SESSION; that one is not the peer's either.
            for (const Bytes& answer : tried.no_sessions)
                ASSERT_TRUE(joined_.refuses(*passage.party, answer)) << where(passage, bit);
        });
    }

    Joined joined_;
    std::map<FrameType, std::size_t> frames_;
    std::size_t flips_ = 0;
    std::size_t accepted_ = 0;
};

TEST_F(BitFlips, EveryBitOfEveryFrameTypeIsRefusedAndTheHonestFrameStillTaken) {
    joined_.tap = [this](const Passage& passage) {
        // The same story brings some types by the dozen; a few of each in each of its states do.
        if (frames_[passage.type()] < 6) spoil(passage);
    };
    const Cast cast = tell_story(joined_);
    farewell(joined_, cast);
    EXPECT_EQ(accepted_, 0U);
    for (std::uint8_t number = 1; number <= static_cast<std::uint8_t>(kLastFrameType); ++number) {
        const auto type = static_cast<FrameType>(number);
        EXPECT_EQ(frames_[type] > 0, type != FrameType::event) << frame_type_name(type);
    }
    EXPECT_GT(flips_, 60'000U);
    RecordProperty("flips", static_cast<int>(flips_));
}

TEST_F(BitFlips, EveryBitOfAnEventIsRefusedByTheFeedsKey) {
    (void)tell_story(joined_);
    ASSERT_GT(joined_.published.size(), 5U);
    SigningKey feed(feed_key(joined_.directory.master(), joined_.directory.file().feed_epoch));
    for (const auto& [topic, frame] : joined_.published) {
        const auto honest = parse_frame(frame);
        ASSERT_TRUE(std::get<UnverifiedFrame>(honest).verify(feed)) << topic;
        flips_ += flip_every_bit(frame, [&](const Bytes& flipped, std::size_t bit) {
            const auto parsed = parse_frame(flipped);
            const auto* good = std::get_if<UnverifiedFrame>(&parsed);
            ASSERT_FALSE(good != nullptr && good->verify(feed)) << topic << ", bit " << bit;
        });
    }
    EXPECT_GT(flips_, 20'000U);
}

}  // namespace
}  // namespace pncp::security
