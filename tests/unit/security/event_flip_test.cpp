// EVENT frames altered on their way to a real subscriber, over a real socket.
#include <gtest/gtest.h>

#include "schema/program/clock.hpp"
#include "schema/subscriber/subscriber.hpp"
#include "tests/unit/schema/samples.hpp"
#include "tests/unit/schema/subscriber/fake_broker.hpp"

namespace pncp::security {
namespace {

struct Seen : FeedHandler {
    std::vector<std::uint64_t> events;
    bool on_event(const FeedEvent& event) override {
        events.push_back(event.seq);
        return true;
    }
    void on_gap(const FeedGap&) override { ADD_FAILURE() << "a gap"; }
    void on_journal(const Id16&) override {}
    void on_state(const std::string&) override {}
};

/// The broker's control socket is FakeBroker's; its feed is the attacker's, who has the broker's frames.
class EventFlips : public ::testing::Test {
  protected:
    EventFlips() {
        const Status bound = feed_.bind("ipc://" + (folder_ / "hostile.sock"));
        EXPECT_TRUE(bound) << bound.error().text();
        SubscriberOptions options;
        options.key = broker_.key("log-writer");
        options.control = broker_.control();
        options.feed = "ipc://" + (folder_ / "hostile.sock");
        subscriber_.emplace(context_, poller_, options);
    }
    void publish(const std::string& topic, const Bytes& frame) {
        (void)feed_.send(view(topic), transport::Message::copy_of(frame));
    }
    static transport::SocketOptions hostile_options() {
        transport::SocketOptions options;
        options.zap_domain = "feed";
        options.send_hwm = limits::kFeedSendHwm;
        return options;
    }
    [[nodiscard]] Bytes event_frame(std::uint64_t seq, const Event& event) const {
        SigningKey signer(feed_key(pncp::testing::test_master(), broker_.epoch));
        return make_frame({FrameType::event, Direction::feed, 0, broker_.journal(), seq}, signer, event);
    }
    template <typename Condition>
    bool until(Condition&& holds) {
        const std::int64_t deadline = boottime_ms() + 20'000;
        while (boottime_ms() < deadline) {
            broker_.pump();
            subscriber_->step(boottime_ms(), seen_);
            if (holds()) return true;
            (void)poller_.wait(5);
        }
        return false;
    }

    pncp::testing::TempFolder folder_;
    transport::Context context_;
    pncp::testing::FakeBroker broker_{context_, folder_};
    transport::Poller poller_;
    transport::Socket feed_ = transport::Socket::pub(context_, hostile_options());
    std::optional<Subscriber> subscriber_;
    Seen seen_;
};

TEST_F(EventFlips, NoneIsTakenAndTheHonestOneStillIs) {
    const Event event = samples::event();
    // Frames of the journal's future: FakeBroker has nothing yet, so what the subscriber sees came by the
    // feed.
    const Bytes honest = event_frame(1, event);
    const auto refused = [&] { return subscriber_->counters().refused; };
    // The connection is there once something comes through.
    const std::string topic = event.topic;
    ASSERT_TRUE(until([&] {
        publish(topic, Bytes(68, 1));
        return refused() > 0;
    }));
    publish(topic, Bytes(1, 1));
    std::uint64_t before = 0;
    ASSERT_TRUE(until([&] { return std::exchange(before, refused()) == refused(); }));

    Bytes flipped = honest;
    for (std::size_t bit = 0; bit < honest.size() * 8; ++bit) {
        const auto mask = static_cast<std::uint8_t>(1U << (bit % 8));
        flipped[bit / 8] = static_cast<std::uint8_t>(flipped[bit / 8] ^ mask);
        publish(topic, flipped);
        flipped[bit / 8] = static_cast<std::uint8_t>(flipped[bit / 8] ^ mask);
    }
    const std::size_t flips = honest.size() * 8;
    // Another topic around the same frame, and whole frames cut or lengthened.
    publish("metrics/pi-2/", honest);
    Bytes longer = honest;
    longer.push_back(0);
    publish(topic, longer);
    publish(topic, Bytes(honest.begin(), honest.end() - 1));
    ASSERT_TRUE(until([&] { return refused() >= before + flips + 3; })) << refused() << " of " << flips + 3;
    EXPECT_EQ(refused(), before + flips + 3);
    EXPECT_EQ(subscriber_->counters().live, 0U);
    EXPECT_TRUE(seen_.events.empty());

    broker_.append(event, false);
    publish(topic, honest);
    ASSERT_TRUE(until([&] { return subscriber_->counters().live == 1 && seen_.events.size() == 1; }));
    EXPECT_EQ(seen_.events[0], 1U);
}

}  // namespace
}  // namespace pncp::security
