#include "schema/subscriber/control_client.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "tests/unit/schema/subscriber/fake_broker.hpp"

namespace pncp {
namespace {

using testing::FakeBroker;
using testing::TempFolder;

/// Pumps a broker in a thread of its own while call() blocks in the test's.
class Pump {
  public:
    explicit Pump(FakeBroker& broker)
        : thread_([this, &broker] {
              while (!stop_) broker.pump(10);
          }) {}
    ~Pump() {
        stop_ = true;
        thread_.join();
    }
    Pump(const Pump&) = delete;
    Pump& operator=(const Pump&) = delete;

  private:
    std::atomic<bool> stop_ = false;
    std::thread thread_;
};

class ControlClientTest : public ::testing::TestWithParam<const char*> {
  protected:
    TempFolder folder;
    transport::Context context;
};

TEST_P(ControlClientTest, ShakesHandsOnceAndCallsManyTimes) {
    FakeBroker broker(context, folder, GetParam());
    ControlClient client(context, broker.key("local", Role::operator_), broker.control());
    {
        Pump pump(broker);
        for (int i = 0; i < 5; ++i) {
            const auto reply = client.call(StatusRequest{}, 10'000);
            ASSERT_TRUE(reply.ok()) << reply.error().text();
            EXPECT_TRUE(std::holds_alternative<DoneReply>(*reply));
        }
    }
    EXPECT_EQ(broker.handshakes, 1U);
    ASSERT_TRUE(client.ready());
    EXPECT_EQ(client.ready()->journal, broker.journal());
    EXPECT_TRUE(client.ready()->feed_key);
}

TEST_P(ControlClientTest, ASessionTheBrokerForgotIsRenewedWithoutTheCallerNoticing) {
    FakeBroker broker(context, folder, GetParam());
    ControlClient client(context, broker.key("local", Role::operator_), broker.control());
    {
        Pump pump(broker);
        ASSERT_TRUE(client.call(StatusRequest{}, 10'000).ok());
    }
    broker.end_sessions();
    {
        Pump pump(broker);
        const auto reply = client.call(StatusRequest{}, 10'000);
        ASSERT_TRUE(reply.ok()) << reply.error().text();
    }
    EXPECT_EQ(broker.handshakes, 2U);
}

TEST_P(ControlClientTest, ABrokerThatWasRestartedIsFoundAgain) {
    FakeBroker broker(context, folder, GetParam());
    ControlClient client(context, broker.key("local", Role::operator_), broker.control());
    {
        Pump pump(broker);
        ASSERT_TRUE(client.call(StatusRequest{}, 10'000).ok());
    }
    broker.stop();
    broker.start();
    Pump pump(broker);
    const auto reply = client.call(StatusRequest{}, 20'000);
    EXPECT_TRUE(reply.ok()) << reply.error().text();
}

TEST_P(ControlClientTest, AnAbsentBrokerIsCalledUnreachable) {
    FakeBroker broker(context, folder, GetParam());
    broker.stop();
    // libzmq closes a listener in its own thread, some time after stop(): a path where nobody ever listened
    // is absent now.
    const std::string endpoint = broker.control() + (std::string(GetParam()) == "ipc" ? ".none" : "");
    ControlClient client(context, broker.key("local", Role::operator_), endpoint);
    const auto reply = client.call(StatusRequest{}, 300);
    ASSERT_FALSE(reply.ok());
    EXPECT_EQ(client.last_failure(), ControlFailure::unreachable);
    EXPECT_NE(reply.error().text().find(endpoint), std::string::npos) << reply.error().text();
}

TEST_P(ControlClientTest, ABrokerThatDoesNotReplyTimesOutAndTheLateReplyIsNobodyElses) {
    FakeBroker broker(context, folder, GetParam());
    ControlClient client(context, broker.key("local", Role::operator_), broker.control());
    broker.mute = true;
    {
        Pump pump(broker);
        EXPECT_FALSE(client.call(StatusRequest{}, 500).ok());
        EXPECT_EQ(client.last_failure(), ControlFailure::timeout);
    }
    broker.mute = false;
    Pump pump(broker);
    const auto reply = client.call(FetchRequest{0, "", 1}, 10'000);
    ASSERT_TRUE(reply.ok()) << reply.error().text();
    EXPECT_TRUE(std::holds_alternative<FetchReply>(*reply));
}

INSTANTIATE_TEST_SUITE_P(Transports, ControlClientTest, ::testing::Values("ipc", "tcp"),
                         [](const auto& each) { return std::string(each.param); });

class ControlClientFailures : public ::testing::Test {
  protected:
    TempFolder folder;
    transport::Context context;
};

TEST_F(ControlClientFailures, AKeyThatTheBrokerDoesNotListIsRefusedByCurve) {
    FakeBroker broker(context, folder, "tcp");
    Pump pump(broker);
    ControlClient client(context, broker.key("stranger", Role::operator_), broker.control());
    const auto reply = client.call(StatusRequest{}, 10'000);
    ASSERT_FALSE(reply.ok());
    EXPECT_EQ(client.last_failure(), ControlFailure::refused) << reply.error().text();
    EXPECT_NE(reply.error().text().find("stranger"), std::string::npos);
}

TEST_F(ControlClientFailures, AKeyOfAnotherBrokerIsCalledSo) {
    FakeBroker broker(context, folder, "tcp");
    Pump pump(broker);
    KeyFile key = broker.key("local", Role::operator_);
    key.broker = curve_public_key(broker_curve_secret(testing::test_master(9)));
    ControlClient client(context, key, broker.control());
    EXPECT_FALSE(client.call(StatusRequest{}, 10'000).ok());
    EXPECT_EQ(client.last_failure(), ControlFailure::wrong_broker);
}

TEST_F(ControlClientFailures, AWrongEndpointSaysWhatIsWrongWithIt) {
    FakeBroker broker(context, folder);
    ControlClient client(context, broker.key("local", Role::operator_), "ipc://" + std::string(200, 'x'));
    const auto reply = client.call(StatusRequest{}, 200);
    ASSERT_FALSE(reply.ok());
    EXPECT_EQ(client.last_failure(), ControlFailure::unreachable);
    EXPECT_NE(reply.error().text().find("107"), std::string::npos) << reply.error().text();
}

}  // namespace
}  // namespace pncp
