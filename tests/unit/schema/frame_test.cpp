// What a frame must survive: every bit flipped, every length, every foreign byte.
#include "schema/frame.hpp"

#include <gtest/gtest.h>

#include "tests/unit/schema/samples.hpp"

namespace pncp {
namespace {

bool accepted(ByteView bytes) {
    SigningKey key(samples::key(9));
    auto parsed = parse_frame(bytes);
    auto* frame = std::get_if<UnverifiedFrame>(&parsed);
    return frame != nullptr && frame->verify(key);
}

TEST(Frame, EveryFlippedBitOfEveryTypeIsRefused) {
    for (auto [name, frame] : samples::frames()) {
        ASSERT_TRUE(accepted(frame)) << name;
        for (std::size_t bit = 0; bit < frame.size() * 8; ++bit) {
            frame[bit / 8] = static_cast<std::uint8_t>(frame[bit / 8] ^ (1U << (bit % 8)));
            EXPECT_FALSE(accepted(frame)) << name << " bit " << bit;
            frame[bit / 8] = static_cast<std::uint8_t>(frame[bit / 8] ^ (1U << (bit % 8)));
        }
    }
}

TEST(Frame, TruncationAtEveryByteIsRefused) {
    for (const auto& [name, frame] : samples::frames())
        for (std::size_t length = 0; length < frame.size(); ++length)
            EXPECT_FALSE(accepted(ByteView(frame).first(length))) << name << " length " << length;
}

TEST(Frame, TrailingBytesAreRefused) {
    for (auto [name, frame] : samples::frames()) {
        frame.push_back(0);
        EXPECT_FALSE(accepted(frame)) << name;
    }
}

TEST(Frame, AnotherKeyIsRefused) {
    SigningKey other(samples::key(10));
    for (const auto& [name, frame] : samples::frames()) {
        auto parsed = parse_frame(frame);
        EXPECT_FALSE(std::get<UnverifiedFrame>(parsed).verify(other)) << name;
    }
}

TEST(Frame, APayloadBeyondTheLimitIsALocalError) {
    SigningKey key(samples::key(9));
    Bytes frame(limits::kFrameBytes);
    EXPECT_THROW(seal_frame(frame, {}, key), std::length_error);
}

TEST(Names, OnlyPlainIdsAreAccepted) {
    for (const char* good : {"pi-1", "a", "0", "garden.shed-2"}) EXPECT_TRUE(valid_id(good)) << good;
    for (const std::string& bad : {std::string(), std::string("Pi"), std::string("-a"), std::string(".a"),
                                   std::string("a/b"), std::string("a b"), std::string("a\n"),
                                   std::string("ä"), std::string(64, 'a'), std::string("a\0b", 3)})
        EXPECT_FALSE(valid_id(bad)) << bad;
}

TEST(Names, APeerNameSurvivesItsText) {
    const PeerName name{Role::subscriber, "influx-bridge", 3};
    EXPECT_EQ(PeerName::parse(name.text()), name);
    for (const char* bad : {"", "agent", "agent/pi-1", "agent/pi-1/", "agent/pi-1/x", "agent/pi-1/70000",
                            "root/pi-1/1", "agent//1", "agent/pi-1/1 "})
        EXPECT_FALSE(PeerName::parse(bad)) << bad;
}

}  // namespace
}  // namespace pncp
