#include "schema/transport/message.hpp"

#include <gtest/gtest.h>

#include <utility>

#include "tests/unit/schema/transport/fixture.hpp"

namespace pncp::transport {
namespace {

TEST(Message, HoldsACopyOfWhatItWasMadeFrom) {
    for (const std::size_t size : {0U, 1U, 33U, 34U, 65'536U}) {
        Bytes bytes(size, 7);
        const Message message = Message::copy_of(bytes);
        bytes.assign(size, 8);
        EXPECT_EQ(to_bytes(message.bytes()), Bytes(size, 7)) << size;
    }
}

TEST(Message, SharedCopiesOfALargeMessageAreTheSameMemory) {
    Message first = Message::copy_of(Bytes(10'000, 1));
    const Message second = first.share();
    const Message third = first.share();
    EXPECT_EQ(first.bytes().data(), second.bytes().data());
    EXPECT_EQ(first.bytes().data(), third.bytes().data());
    first = Message{};
    EXPECT_EQ(to_bytes(second.bytes()), Bytes(10'000, 1));
}

TEST(Message, SharedCopiesOfASmallMessageAreEqual) {
    Message first = Message::copy_of(view("short"));
    EXPECT_EQ(text(first.share()), "short");
    EXPECT_EQ(text(first), "short");
}

TEST(Message, MovingLeavesTheSourceEmpty) {
    Message first = Message::copy_of(Bytes(100, 1));
    Message second = std::move(first);
    EXPECT_TRUE(first.empty());  // NOLINT(bugprone-use-after-move): the claim of this test
    EXPECT_EQ(second.size(), 100U);
    Message& itself = second;
    second = std::move(itself);
    EXPECT_EQ(second.size(), 100U) << "moving to itself changes nothing";  // NOLINT(bugprone-use-after-move)
}

TEST(Message, WithoutAConnectionThereIsNoUserId) {
    const Message message = Message::copy_of(view("x"));
    EXPECT_EQ(message.user_id(), "");
    EXPECT_EQ(message.peer_address(), "");
}

TEST(Message, OneFrameGoesOutOfTwoSocketsWithoutACopy) {
    Context context;
    Socket out_a = Socket::pair(context);
    Socket out_b = Socket::pair(context);
    Socket in_a = Socket::pair(context);
    Socket in_b = Socket::pair(context);
    ASSERT_TRUE(out_a.bind("inproc://a").ok());
    ASSERT_TRUE(out_b.bind("inproc://b").ok());
    ASSERT_TRUE(in_a.connect("inproc://a").ok());
    ASSERT_TRUE(in_b.connect("inproc://b").ok());
    Message frame = Message::copy_of(Bytes(20'000, 3));
    const std::uint8_t* memory = frame.bytes().data();
    ASSERT_EQ(out_a.send(frame.share()), Sent::ok);
    ASSERT_EQ(out_b.send(std::move(frame)), Sent::ok);
    std::array<Message, 1> a;
    std::array<Message, 1> b;
    ASSERT_EQ(in_a.receive(a).status, Received::message);
    ASSERT_EQ(in_b.receive(b).status, Received::message);
    EXPECT_EQ(a[0].bytes().data(), memory);
    EXPECT_EQ(b[0].bytes().data(), memory);
}

}  // namespace
}  // namespace pncp::transport
