#include "schema/transport/socket.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>

#include "tests/unit/schema/transport/fixture.hpp"

namespace pncp::transport {
namespace {

std::vector<Message> parts_of(std::initializer_list<const char*> texts) {
    std::vector<Message> parts;
    for (const char* each : texts) parts.push_back(Message::copy_of(view(each)));
    return parts;
}

/// A ROUTER and a DEALER over a Unix socket.
struct LocalPair : Site {
    explicit LocalPair(SocketOptions router_options = server_options(), SocketOptions dealer_options = {})
        : router(Socket::router(context, router_options)), dealer(Socket::dealer(context, dealer_options)) {
        EXPECT_TRUE(router.bind(folder.ipc("a")).ok());
        EXPECT_TRUE(dealer.connect(folder.ipc("a")).ok());
    }
    [[nodiscard]] bool send_parts(std::initializer_list<const char*> texts) {
        return until([&] {
            auto outgoing = parts_of(texts);
            return dealer.send(outgoing) == Sent::ok;
        });
    }
    PrivateFolder folder;
    Socket router;
    Socket dealer;
    std::array<Message, 2> parts;
};

TEST(Socket, NothingWaitingIsNone) {
    LocalPair pair;
    EXPECT_EQ(pair.router.receive(pair.parts).status, Received::none);
}

TEST(Socket, RouterAndDealerExchangeFrames) {
    LocalPair pair;
    ASSERT_TRUE(pair.send(pair.dealer, "hello"));
    ASSERT_EQ(pair.receive(pair.router, pair.parts).status, Received::message);
    EXPECT_EQ(text(pair.parts[1]), "hello");
    ASSERT_EQ(pair.router.send(pair.parts[0].bytes(), Message::copy_of(view("welcome"))), Sent::ok);
    std::array<Message, 1> answer;
    ASSERT_EQ(pair.receive(pair.dealer, answer).status, Received::message);
    EXPECT_EQ(text(answer[0]), "welcome");
}

TEST(Socket, TooManyPartsAreDrainedAndTheNextMessageIsRead) {
    LocalPair pair;
    ASSERT_TRUE(pair.send_parts({"1", "2", "3", "4", "5"}));
    ASSERT_TRUE(pair.send(pair.dealer, "good"));
    const ReceiveResult refused = pair.receive(pair.router, pair.parts);
    EXPECT_EQ(refused.status, Received::refused);
    EXPECT_EQ(refused.parts, 6U);
    EXPECT_TRUE(pair.parts[0].empty() && pair.parts[1].empty()) << "nothing of a refused message is kept";
    ASSERT_EQ(pair.receive(pair.router, pair.parts).status, Received::message);
    EXPECT_EQ(text(pair.parts[1]), "good");
}

TEST(Socket, TooFewPartsAreRefusedAndTheNextMessageIsRead) {
    LocalPair pair;
    std::array<Message, 3> three;
    ASSERT_TRUE(pair.send(pair.dealer, "short"));
    ASSERT_TRUE(pair.send_parts({"", "good"}));
    const ReceiveResult refused = pair.receive(pair.router, three);
    EXPECT_EQ(refused.status, Received::refused);
    EXPECT_EQ(refused.parts, 2U);
    ASSERT_EQ(pair.receive(pair.router, three).status, Received::message);
    EXPECT_EQ(text(three[2]), "good");
}

TEST(Socket, ARangeOfPartsLeavesTheUnusedOnesEmpty) {
    LocalPair pair;
    std::array<Message, 4> four;
    ASSERT_TRUE(pair.send_parts({"a", "b", "c"}));
    ASSERT_EQ(pair.receive(pair.router, four).status, Received::message);
    ASSERT_TRUE(pair.send(pair.dealer, "d"));
    ReceiveResult result;
    ASSERT_TRUE(pair.until([&] { return (result = pair.router.receive(four, 2)).status != Received::none; }));
    EXPECT_EQ(result.status, Received::message);
    EXPECT_EQ(result.parts, 2U);
    EXPECT_EQ(text(four[1]), "d");
    EXPECT_TRUE(four[2].empty() && four[3].empty());
}

TEST(Socket, AnUnknownRoutingIdIsUnreachableAndTheFrameIsKept) {
    LocalPair pair;
    Message frame = Message::copy_of(view("to nobody"));
    EXPECT_EQ(pair.router.send(view("nobody"), std::move(frame)), Sent::unreachable);
    EXPECT_EQ(text(frame), "to nobody");  // NOLINT(bugprone-use-after-move): a frame that was not sent stays
    EXPECT_EQ(pair.router.send_reply(view("nobody"), std::move(frame)), Sent::unreachable);
    EXPECT_EQ(text(frame), "to nobody");  // NOLINT(bugprone-use-after-move)
}

TEST(Socket, BeforeTheFirstConnectionASendWouldBlock) {
    PrivateFolder folder;
    Context context;
    Socket dealer = Socket::dealer(context, {});
    ASSERT_TRUE(dealer.connect(folder.ipc("nobody")).ok());
    Message frame = Message::copy_of(view("early"));
    EXPECT_EQ(dealer.send(std::move(frame)), Sent::would_block);
    EXPECT_EQ(text(frame), "early");  // NOLINT(bugprone-use-after-move)
}

TEST(Socket, AFullQueueIsWouldBlockAndNothingAcceptedIsLost) {
    SocketOptions router_options = server_options();
    router_options.receive_hwm = 4;
    SocketOptions dealer_options;
    dealer_options.send_hwm = 4;
    LocalPair pair(router_options, dealer_options);
    Message big = Message::copy_of(Bytes(60'000, 1));
    ASSERT_TRUE(pair.send(pair.dealer, "first"));
    int accepted = 1;
    // The I/O threads move frames along while we fill, so full means: refused for twenty turns of the loop.
    for (int refusals = 0; refusals < 20;) {
        if (pair.dealer.send(big.share()) == Sent::ok) {
            ++accepted;
            refusals = 0;
        } else {
            ++refusals;
            pair.turn();
        }
        ASSERT_LT(accepted, 10'000) << "the high-water mark does not hold";
    }
    int received = 0;
    EXPECT_TRUE(pair.until([&] {
        while (pair.router.receive(pair.parts).status == Received::message) ++received;
        return received == accepted;
    })) << received
        << " of " << accepted;
}

TEST(Socket, ReqSendsThreePartsAndIsAnsweredByAReply) {
    PrivateFolder folder;
    Site site;
    Socket router = Socket::router(site.context, server_options("control"));
    Socket req = Socket::req(site.context, {});
    ASSERT_TRUE(router.bind(folder.ipc("c")).ok());
    ASSERT_TRUE(req.connect(folder.ipc("c")).ok());
    ASSERT_TRUE(site.send(req, "request"));
    EXPECT_EQ(req.send(Message::copy_of(view("again"))), Sent::failed) << "a REQ may not ask twice";
    std::array<Message, 3> parts;
    ASSERT_EQ(site.receive(router, parts).status, Received::message);
    EXPECT_TRUE(parts[1].empty());
    EXPECT_EQ(text(parts[2]), "request");
    ASSERT_EQ(router.send_reply(parts[0].bytes(), Message::copy_of(view("reply"))), Sent::ok);
    std::array<Message, 1> answer;
    ASSERT_EQ(site.receive(req, answer).status, Received::message);
    EXPECT_EQ(text(answer[0]), "reply");
    EXPECT_EQ(req.receive(answer).status, Received::failed) << "a REQ has to ask first";
}

TEST(Socket, FramesOfTheLargestSizePassOverIpcAndCurve) {
    PrivateFolder folder;
    Site site;
    const KeyPair key(2);
    site.known[key.own_public] = "agent/pi-1/1";
    Socket router = Socket::router(site.context, server_options());
    ASSERT_TRUE(router.bind("tcp://127.0.0.1:*").ok());
    const std::string tcp = router.last_endpoint();
    ASSERT_TRUE(router.bind(folder.ipc("a")).ok());
    for (const std::string& endpoint : {tcp, folder.ipc("a")}) {
        Socket dealer = Socket::dealer(site.context, client_options(key));
        ASSERT_TRUE(dealer.connect(endpoint).ok());
        ASSERT_TRUE(site.send(dealer, std::string(limits::kFrameBytes, 'x')));
        std::array<Message, 2> parts;
        ASSERT_EQ(site.receive(router, parts).status, Received::message) << endpoint;
        EXPECT_EQ(parts[1].size(), limits::kFrameBytes);
    }
}

TEST(Socket, SubscribersGetWhatTheySubscribedToOverCurve) {
    Site site;
    const KeyPair key(3);
    site.known[key.own_public] = "subscriber/influx/1";
    Socket pub = Socket::pub(site.context, server_options("feed"));
    ASSERT_TRUE(pub.bind("tcp://127.0.0.1:*").ok());
    Socket sub = Socket::sub(site.context, client_options(key));
    ASSERT_TRUE(sub.subscribe("metrics/").ok());
    ASSERT_TRUE(sub.connect(pub.last_endpoint()).ok());
    std::array<Message, 2> parts;
    // A PUB drops what is sent before the subscription arrives, so send until something comes through.
    ASSERT_TRUE(site.until([&] {
        EXPECT_EQ(pub.send(view("status/pi-1/"), Message::copy_of(view("not wanted"))), Sent::ok);
        EXPECT_EQ(pub.send(view("metrics/pi-1/"), Message::copy_of(view("event"))), Sent::ok);
        return sub.receive(parts).status == Received::message;
    }));
    EXPECT_EQ(text(parts[0]), "metrics/pi-1/");
    EXPECT_EQ(text(parts[1]), "event");
}

TEST(Socket, ThreadsTalkOverAPairOfInprocSockets) {
    Context context;
    Socket loop = Socket::pair(context);
    Socket worker = Socket::pair(context);
    ASSERT_TRUE(loop.bind("inproc://journal").ok());
    ASSERT_TRUE(worker.connect("inproc://journal").ok());
    ASSERT_EQ(loop.send(Message::copy_of(view("work"))), Sent::ok);
    std::array<Message, 1> parts;
    ASSERT_EQ(worker.receive(parts).status, Received::message);
    EXPECT_EQ(text(parts[0]), "work");
}

/// Polling makes libzmq take the first part of a message out of its queue; the rest must still be there when
/// the connection is lost before it is read.
TEST(Socket, ALostConnectionDoesNotCutAMessageThatASubscriberHasBegunToRead) {
    PrivateFolder folder;
    Site site;
    std::optional<Socket> pub(std::in_place, Socket::pub(site.context, server_options("feed")));
    Socket sub = Socket::sub(site.context, {});
    Monitor monitor(site.context, sub);
    ASSERT_TRUE(sub.subscribe("").ok());
    ASSERT_TRUE(pub->bind(folder.ipc("f")).ok());
    ASSERT_TRUE(sub.connect(folder.ipc("f")).ok());
    // Nobody knows when a subscription has arrived: it is published until something comes.
    ASSERT_TRUE(site.until([&] {
        auto outgoing = parts_of({"topic", "body"});
        static_cast<void>(pub->send(outgoing));
        return sub.readiness().readable;
    }));
    pub.reset();
    ASSERT_TRUE(site.sees(monitor, MonitorEvent::retried)) << "the connection is given up";
    ASSERT_TRUE(sub.readiness().readable);
    std::array<Message, 2> parts;
    ASSERT_EQ(sub.receive(parts).status, Received::message);
    EXPECT_EQ(text(parts[0]), "topic");
    EXPECT_EQ(text(parts[1]), "body");
}

}  // namespace
}  // namespace pncp::transport
