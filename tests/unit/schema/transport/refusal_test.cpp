// Strangers at the door: plain ZeroMQ peers, hand-made ZMTP, wrong keys, oversize frames.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <zmq.h>

#include <cstring>
#include <optional>

#include "tests/unit/schema/transport/fixture.hpp"

namespace pncp::transport {
namespace {

/// A ROUTER on tcp and ipc with one known key, as the broker has.
struct Broker : Site {
    Broker() : router(Socket::router(context, server_options("control"))), key(2) {
        known[key.own_public] = "agent/pi-1/1";
        EXPECT_TRUE(router.bind("tcp://127.0.0.1:*").ok());
        tcp = router.last_endpoint();
        EXPECT_TRUE(router.bind(folder.ipc("c")).ok());
    }
    [[nodiscard]] std::uint16_t port() const {
        return static_cast<std::uint16_t>(std::stoi(tcp.substr(tcp.rfind(':') + 1)));
    }
    /// A known peer connects and its message is the next that arrives: whatever others sent did not get
    /// through.
    void expect_next_message_is_that_of_a_known_peer() {
        Socket friendly = Socket::dealer(context, client_options(key));
        ASSERT_TRUE(friendly.connect(tcp).ok());
        ASSERT_TRUE(send(friendly, "from a friend"));
        ASSERT_EQ(receive(router, parts).status, Received::message);
        EXPECT_EQ(text(parts[1]), "from a friend");
        EXPECT_EQ(parts[1].user_id(), "agent/pi-1/1");
    }
    PrivateFolder folder;
    Socket router;
    KeyPair key;
    std::string tcp;
    std::array<Message, 2> parts;
};

/// A ZMTP 3.0 peer made by hand.
class RawPeer {
  public:
    explicit RawPeer(std::uint16_t port) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        EXPECT_EQ(connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    }
    explicit RawPeer(const std::string& path) : fd_(socket(AF_UNIX, SOCK_STREAM, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
        EXPECT_EQ(connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    }
    ~RawPeer() { close(fd_); }
    RawPeer(const RawPeer&) = delete;
    RawPeer& operator=(const RawPeer&) = delete;

    void write(const std::string& bytes) {
        EXPECT_EQ(::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
    }
    /// Reads what there is; true when the other side has closed.
    [[nodiscard]] bool closed() {
        char buffer[512];
        pollfd item{fd_, POLLIN, 0};
        while (poll(&item, 1, 0) == 1) {
            const ssize_t got = recv(fd_, buffer, sizeof buffer, 0);
            if (got <= 0) return true;
            received_ += static_cast<std::size_t>(got);
        }
        return false;
    }
    /// The other side's greeting is 64 bytes; anything after it is its READY, which comes once ZAP has said
    /// yes.
    [[nodiscard]] bool accepted() { return !closed() && received_ > 64; }

  private:
    int fd_;
    std::size_t received_ = 0;
};

std::string greeting(const std::string& mechanism) {
    std::string bytes =
        std::string("\xff") + std::string(8, '\0') + "\x7f" + std::string("\x03\x00", 2) + mechanism;
    bytes.resize(64, '\0');
    return bytes;
}

std::string be32(std::size_t value) {
    std::string bytes(4, '\0');
    store_be(reinterpret_cast<std::uint8_t*>(bytes.data()), static_cast<std::uint32_t>(value));
    return bytes;
}

std::string property(const std::string& name, const std::string& value) {
    return std::string(1, static_cast<char>(name.size())) + name + be32(value.size()) + value;
}

std::string ready(const std::string& properties) {
    const std::string body = "\x05READY" + properties;
    return std::string("\x04") + std::string(1, static_cast<char>(body.size())) + body;
}

std::string frame(const std::string& body, bool more = false) {
    return std::string(1, more ? '\x01' : '\x00') + std::string(1, static_cast<char>(body.size())) + body;
}

TEST(Refusal, AnUnlistedKeyGetsHandshakeFailedAuth) {
    Broker site;
    Socket dealer = Socket::dealer(site.context, client_options(KeyPair(66)));
    Monitor monitor(site.context, dealer);
    ASSERT_TRUE(dealer.connect(site.tcp).ok());
    EXPECT_TRUE(site.sees(monitor, MonitorEvent::handshake_failed_auth));
    EXPECT_EQ(dealer.send(Message::copy_of(view("let me in"))), Sent::would_block);
    EXPECT_GE(site.zap.counters().refused_unknown_key, 1U);
    site.expect_next_message_is_that_of_a_known_peer();
}

TEST(Refusal, AWrongBrokerKeyGetsHandshakeFailedNoDetail) {
    Broker site;
    Socket dealer = Socket::dealer(site.context, client_options(site.key, KeyPair(67).own_public));
    Monitor monitor(site.context, dealer);
    ASSERT_TRUE(dealer.connect(site.tcp).ok());
    EXPECT_TRUE(site.sees(monitor, MonitorEvent::handshake_failed_no_detail));
    EXPECT_EQ(site.zap.counters().accepted_key, 0U);
    site.expect_next_message_is_that_of_a_known_peer();
}

TEST(Refusal, APlainTcpPeerNeverGetsAMessageThrough) {
    Broker site;
    void* context = zmq_ctx_new();
    void* stranger = zmq_socket(context, ZMQ_DEALER);
    const int no_linger = 0;
    zmq_setsockopt(stranger, ZMQ_LINGER, &no_linger, sizeof no_linger);
    Monitor monitor(site.context, site.router);
    ASSERT_EQ(zmq_connect(stranger, site.tcp.c_str()), 0);
    ASSERT_EQ(zmq_send(stranger, "plain", 5, ZMQ_DONTWAIT), 5);
    // Which of the two it is depends on whose greeting is read first; never handshake_ok.
    EXPECT_TRUE(site.until([&] {
        while (const auto seen = monitor.next()) {
            EXPECT_NE(seen->event, MonitorEvent::handshake_ok);
            if (seen->event == MonitorEvent::handshake_failed_protocol ||
                seen->event == MonitorEvent::handshake_failed_no_detail) {
                return true;
            }
        }
        return false;
    }));
    site.expect_next_message_is_that_of_a_known_peer();
    zmq_close(stranger);
    zmq_ctx_term(context);
}

TEST(Refusal, ACurvePeerWithoutAnyZapHandlerIsRefusedToo) {
    Context context;
    Socket router = Socket::router(context, server_options());
    ASSERT_TRUE(router.bind("tcp://127.0.0.1:*").ok());
    Socket dealer = Socket::dealer(context, client_options(KeyPair(2)));
    Monitor monitor(context, dealer);
    ASSERT_TRUE(dealer.connect(router.last_endpoint()).ok());
    std::optional<MonitorEvent> outcome;
    Poller poller;
    poller.add(monitor.socket(), 1);
    ASSERT_TRUE(eventually([&] { static_cast<void>(poller.wait(20)); },
                           [&] {
                               while (const auto seen = monitor.next()) {
                                   if (seen->event != MonitorEvent::connected) outcome = seen->event;
                               }
                               return outcome.has_value();
                           }));
    EXPECT_NE(*outcome, MonitorEvent::handshake_ok);
}

TEST(Refusal, OldProtocolVersionsCannotGoAroundZap) {
    Broker site;
    const std::string zmtp1 = std::string("\x01\x00", 2) + std::string("\x06\x00old-1", 7);
    const std::string zmtp2 = std::string("\xff") + std::string(8, '\0') + "\x7f" +
                              std::string("\x01\x05\x00\x00", 4) + frame("old-2");
    for (const std::string& bytes : {zmtp1, zmtp2}) {
        RawPeer over_tcp(site.port());
        RawPeer over_ipc(site.folder.path("c"));
        over_tcp.write(bytes);
        over_ipc.write(bytes);
        EXPECT_TRUE(site.until([&] { return over_tcp.closed(); }));
        EXPECT_TRUE(site.until([&] { return over_ipc.closed(); }));
    }
    site.expect_next_message_is_that_of_a_known_peer();
}

TEST(Refusal, ALocalPeerCannotForgeAUserIdOrAnAddress) {
    Broker site;
    RawPeer forger(site.folder.path("c"));
    forger.write(greeting("NULL") +
                 ready(property("Socket-Type", "DEALER") + property("User-Id", "operator/root/1") +
                       property("Peer-Address", "192.0.2.1")));
    ASSERT_TRUE(site.until([&] { return forger.accepted(); }));
    forger.write(frame("forged"));
    ASSERT_EQ(site.receive(site.router, site.parts).status, Received::message);
    EXPECT_EQ(text(site.parts[1]), "forged");
    EXPECT_EQ(site.parts[1].user_id(), "");
    EXPECT_TRUE(is_local_address(site.parts[1].peer_address())) << site.parts[1].peer_address();
}

TEST(Refusal, APlainPeerSpeakingToTheCurvePortIsCutOff) {
    Broker site;
    RawPeer stranger(site.port());
    stranger.write(greeting("NULL") + ready(property("Socket-Type", "DEALER")) + frame("plain"));
    EXPECT_TRUE(site.until([&] { return stranger.closed(); }));
    EXPECT_EQ(site.router.receive(site.parts).status, Received::none);
    EXPECT_EQ(site.zap.counters().accepted_local, 0U);
}

TEST(Refusal, AnOversizeFrameEndsItsConnectionAndTheSocketLivesOn) {
    Broker site;
    for (const std::string& endpoint : {site.tcp, site.folder.ipc("c")}) {
        Socket dealer = Socket::dealer(site.context, client_options(site.key));
        Monitor monitor(site.context, dealer);
        ASSERT_TRUE(dealer.connect(endpoint).ok());
        ASSERT_TRUE(site.send(dealer, std::string(limits::kFrameBytes + 1, 'x')));
        EXPECT_TRUE(site.sees(monitor, MonitorEvent::disconnected)) << endpoint;
        ASSERT_TRUE(site.send(dealer, "modest"));
        ASSERT_EQ(site.receive(site.router, site.parts).status, Received::message);
        EXPECT_EQ(text(site.parts[1]), "modest");
    }
}

TEST(Refusal, AThousandPartsAreDrainedInOneCall) {
    Broker site;
    RawPeer flooder(site.folder.path("c"));
    flooder.write(greeting("NULL") + ready(property("Socket-Type", "DEALER")));
    ASSERT_TRUE(site.until([&] { return flooder.accepted(); }));
    std::string flood;
    for (int i = 0; i < 999; ++i) flood += frame("x", true);
    flooder.write(flood + frame("x") + frame("good"));
    const ReceiveResult refused = site.receive(site.router, site.parts);
    EXPECT_EQ(refused.status, Received::refused);
    EXPECT_EQ(refused.parts, 1'001U);
    ASSERT_EQ(site.receive(site.router, site.parts).status, Received::message);
    EXPECT_EQ(text(site.parts[1]), "good");
}

}  // namespace
}  // namespace pncp::transport
