#include "schema/transport/endpoint.hpp"

#include <gtest/gtest.h>

namespace pncp::transport {
namespace {

TEST(Endpoint, TcpNamesHostAndPort) {
    const auto endpoint = parse_endpoint("tcp://broker.example:17471");
    ASSERT_TRUE(endpoint.ok());
    EXPECT_EQ(endpoint->scheme, Scheme::tcp);
    EXPECT_EQ(endpoint->host, "broker.example");
    EXPECT_EQ(endpoint->port, 17471);
    EXPECT_FALSE(endpoint->ipv6);
}

TEST(Endpoint, WildcardsAreAnyInterfaceAndAnyPort) {
    const auto endpoint = parse_endpoint("tcp://*:*");
    ASSERT_TRUE(endpoint.ok());
    EXPECT_EQ(endpoint->host, "*");
    EXPECT_EQ(endpoint->port, 0);
}

TEST(Endpoint, Ipv6AddressesStandInBrackets) {
    const auto endpoint = parse_endpoint("tcp://[fe80::1%eth0]:17471");
    ASSERT_TRUE(endpoint.ok());
    EXPECT_TRUE(endpoint->ipv6);
    EXPECT_EQ(endpoint->host, "fe80::1%eth0");
    EXPECT_FALSE(parse_endpoint("tcp://::1:17471").ok());
    EXPECT_FALSE(parse_endpoint("tcp://[10.0.0.1]:17471").ok());
}

TEST(Endpoint, MalformedOnesAreErrorsThatQuoteThem) {
    for (const char* text :
         {"", "tcp://", "tcp://host", "tcp://host:", "tcp://:1", "tcp://host:65536", "tcp://host:-1",
          "tcp://host:1x", "tcp://ho st:1", "tcp://a;b:1", "tcp://[:1", "ipc://", "ipc://*", "inproc://",
          "pgm://eth0;239.1.1.1:5555", "udp://127.0.0.1:1", "17471", "host:17471"}) {
        const auto endpoint = parse_endpoint(text);
        ASSERT_FALSE(endpoint.ok()) << text;
        EXPECT_NE(endpoint.error().message.find(text), std::string::npos);
        EXPECT_FALSE(endpoint.error().next.empty());
    }
}

TEST(Endpoint, AbstractSocketsAreRefused) { EXPECT_FALSE(parse_endpoint("ipc://@pncp").ok()); }

TEST(Endpoint, SocketPathsEndAt107Characters) {
    EXPECT_TRUE(parse_endpoint("ipc://" + std::string(107, 'x')).ok());
    const auto longer = parse_endpoint("ipc://" + std::string(108, 'x'));
    ASSERT_FALSE(longer.ok());
    EXPECT_NE(longer.error().message.find("108 characters"), std::string::npos);
}

}  // namespace
}  // namespace pncp::transport
