#include "schema/transport/zap.hpp"

#include <gtest/gtest.h>

#include "tests/unit/schema/transport/fixture.hpp"

namespace pncp::transport {
namespace {

TEST(Zap, AKnownKeyIsAcceptedAndItsUserIdIsOnTheDataFrame) {
    Site site;
    const KeyPair key(2);
    site.known[key.own_public] = "agent/pi-1/1";
    Socket router = Socket::router(site.context, server_options());
    ASSERT_TRUE(router.bind("tcp://127.0.0.1:*").ok());
    Socket dealer = Socket::dealer(site.context, client_options(key));
    Monitor monitor(site.context, dealer);
    ASSERT_TRUE(dealer.connect(router.last_endpoint()).ok());
    ASSERT_TRUE(site.send(dealer, "hello"));
    std::array<Message, 2> parts;
    ASSERT_EQ(site.receive(router, parts).status, Received::message);
    EXPECT_EQ(text(parts[1]), "hello");
    EXPECT_EQ(parts[1].user_id(), "agent/pi-1/1");
    EXPECT_EQ(parts[1].peer_address(), "127.0.0.1");
    EXPECT_TRUE(site.sees(monitor, MonitorEvent::handshake_ok));
    EXPECT_EQ(site.zap.counters().accepted_key, 1U);
}

TEST(Zap, TheLookupSeesDomainKeyAndAddress) {
    Site site;
    const KeyPair key(2);
    Socket router = Socket::router(site.context, server_options("control"));
    ASSERT_TRUE(router.bind("tcp://127.0.0.1:*").ok());
    Socket dealer = Socket::dealer(site.context, client_options(key));
    ASSERT_TRUE(dealer.connect(router.last_endpoint()).ok());
    std::string seen;
    const auto turn = [&] {
        static_cast<void>(site.poller.wait(2));
        site.zap.answer_pending([&](std::string_view domain, const Key32& client, std::string_view address) {
            seen = std::string(domain) + " " + to_hex(client) + " " + std::string(address);
            return std::optional<std::string>();
        });
    };
    ASSERT_TRUE(eventually(turn, [&] { return !seen.empty(); }));
    EXPECT_EQ(seen, "control " + to_hex(key.own_public) + " 127.0.0.1");
}

TEST(Zap, OneSocketServesIpcAndCurveWhateverTheOrderOfBinding) {
    const KeyPair key(2);
    for (const bool ipc_first : {true, false}) {
        PrivateFolder folder;
        Site site;
        site.known[key.own_public] = "operator/ann/1";
        Socket router = Socket::router(site.context, server_options("control"));
        if (ipc_first) {
            ASSERT_TRUE(router.bind(folder.ipc("c")).ok());
        }
        ASSERT_TRUE(router.bind("tcp://127.0.0.1:*").ok());
        const std::string tcp = router.last_endpoint();
        if (!ipc_first) {
            ASSERT_TRUE(router.bind(folder.ipc("c")).ok());
        }
        std::array<Message, 2> parts;
        Socket near = Socket::dealer(site.context, client_options(key));
        ASSERT_TRUE(near.connect(folder.ipc("c")).ok());
        ASSERT_TRUE(site.send(near, "near"));
        ASSERT_EQ(site.receive(router, parts).status, Received::message);
        EXPECT_EQ(text(parts[1]), "near");
        EXPECT_EQ(parts[1].user_id(), "");
        EXPECT_TRUE(is_local_address(parts[1].peer_address())) << parts[1].peer_address();
        Socket far = Socket::dealer(site.context, client_options(key));
        ASSERT_TRUE(far.connect(tcp).ok());
        ASSERT_TRUE(site.send(far, "far"));
        ASSERT_EQ(site.receive(router, parts).status, Received::message);
        EXPECT_EQ(text(parts[1]), "far");
        EXPECT_EQ(parts[1].user_id(), "operator/ann/1");
        EXPECT_EQ(site.zap.counters().accepted_local, 1U);
        EXPECT_EQ(site.zap.counters().accepted_key, 1U);
    }
}

TEST(Zap, OneSocketConnectsToCurveAndIpcWhateverTheOrder) {
    PrivateFolder folder;
    Site site;
    const KeyPair key(2);
    site.known[key.own_public] = "agent/pi-1/1";
    Socket near = Socket::router(site.context, server_options());
    Socket far = Socket::router(site.context, server_options());
    ASSERT_TRUE(near.bind(folder.ipc("a")).ok());
    ASSERT_TRUE(far.bind("tcp://127.0.0.1:*").ok());
    Socket dealer = Socket::dealer(site.context, client_options(key));
    ASSERT_TRUE(dealer.connect(far.last_endpoint()).ok());
    ASSERT_TRUE(dealer.connect(folder.ipc("a")).ok());
    bool near_heard = false;
    bool far_heard = false;
    std::array<Message, 2> parts;
    EXPECT_TRUE(site.until([&] {
        static_cast<void>(dealer.send(Message::copy_of(view("turn about"))));
        near_heard = near_heard || near.receive(parts).status == Received::message;
        far_heard = far_heard || far.receive(parts).status == Received::message;
        return near_heard && far_heard;
    }));
}

TEST(Zap, ASecondHandlerInAContextIsAClearException) {
    Site site;
    EXPECT_THROW(ZapHandler second(site.context), std::runtime_error);
}

/// Asks the handler directly, as libzmq does, and returns the eight parts less the routing id.
struct DirectAsker : Site {
    DirectAsker() : asker(Socket::dealer(context, {})) {
        EXPECT_TRUE(asker.connect("inproc://zeromq.zap.01").ok());
    }
    void ask(const std::vector<std::string>& texts) {
        std::vector<Message> parts(1);
        for (const std::string& each : texts) parts.push_back(Message::copy_of(view(each)));
        ASSERT_EQ(asker.send(parts), Sent::ok);
    }
    std::string answer() {
        std::array<Message, 7> parts;
        if (receive(asker, parts).status != Received::message) return "no answer";
        std::string joined;
        for (std::size_t i = 1; i < parts.size(); ++i) joined += text(parts[i]) + "|";
        return joined;
    }
    Socket asker;
};

TEST(Zap, RefusalsEchoTheRequestIdAndSayNothingElse) {
    DirectAsker site;
    site.ask({"1.0", "id-7", "agents", "192.0.2.7", "", "CURVE", std::string(32, 'k')});
    EXPECT_EQ(site.answer(), "1.0|id-7|400|key not accepted|||");
    EXPECT_EQ(site.zap.counters().refused_unknown_key, 1U);
    site.ask({"1.0", "id-8", "agents", "192.0.2.7", "", "NULL"});
    EXPECT_EQ(site.answer(), "1.0|id-8|400|key not accepted|||");
    EXPECT_EQ(site.zap.counters().refused_plain, 1U);
    site.ask({"2.0", "id-9", "agents", "192.0.2.7", "", "CURVE", std::string(32, 'k')});
    EXPECT_EQ(site.answer(), "1.0|id-9|400|key not accepted|||");
    EXPECT_EQ(site.zap.counters().refused_malformed, 1U);
}

TEST(Zap, ARequestWithAWrongNumberOfPartsIsCountedAndTheNextOneAnswered) {
    DirectAsker site;
    site.ask({"1.0"});
    site.ask(std::vector<std::string>(20, "x"));
    site.ask({"1.0", "id-1", "control", "localhost:0:0:1", "", "NULL"});
    EXPECT_EQ(site.answer(), "1.0|id-1|200|OK|||");
    EXPECT_EQ(site.zap.counters().refused_malformed, 2U);
}

TEST(Zap, AStormIsAnsweredInBoundedTurns) {
    DirectAsker site;
    for (std::size_t i = 0; i < ZapHandler::kAnswersPerCall + 10; ++i) {
        site.ask({"1.0", "1", "control", "localhost:0:0:1", "", "NULL"});
    }
    const auto refuse = [](std::string_view, const Key32&, std::string_view) {
        return std::optional<std::string>();
    };
    site.zap.answer_pending(refuse);
    EXPECT_EQ(site.zap.counters().accepted_local, ZapHandler::kAnswersPerCall);
    ASSERT_FALSE(site.poller.wait(1'000).empty()) << "the rest is still readable";
    site.zap.answer_pending(refuse);
    EXPECT_EQ(site.zap.counters().accepted_local, ZapHandler::kAnswersPerCall + 10);
}

}  // namespace
}  // namespace pncp::transport
