// What stands behind pncp-cli log replay --to.
#include <gtest/gtest.h>

#include "broker/influx_bridge/replay.hpp"

namespace pncp::influx {
namespace {

TEST(LogReplay, AddressesOfStoresAreRead) {
    const auto plain = parse_store_url("http://127.0.0.1:8087/copy");
    ASSERT_TRUE(plain.ok());
    EXPECT_EQ(plain->host, "127.0.0.1");
    EXPECT_EQ(plain->port, 8087);
    EXPECT_EQ(plain->database, "copy");
    EXPECT_FALSE(plain->tls);
    const auto tls = parse_store_url("https://store.example/");
    ASSERT_TRUE(tls.ok());
    EXPECT_TRUE(tls->tls);
    EXPECT_EQ(tls->host, "store.example");
    EXPECT_EQ(tls->port, 8086);
    EXPECT_EQ(tls->database, "pncp");
    const auto ipv6 = parse_store_url("http://[::1]:99/x");
    ASSERT_TRUE(ipv6.ok());
    EXPECT_EQ(ipv6->host, "[::1]");
    EXPECT_EQ(ipv6->port, 99);
    EXPECT_EQ(parse_store_url("http://[::1]")->host, "[::1]");
}

TEST(LogReplay, WhatIsNoAddressIsSaidAndPasswordsAreKeptOutOfIt) {
    for (const char* url : {"", "127.0.0.1:8086", "ftp://x/y", "http://", "http://:1/x", "http://x:0/y",
                            "http://x:70000/y", "http://x:a/y", "http://x/y/z", "http://x/y?q=1"})
        EXPECT_FALSE(parse_store_url(url).ok()) << url;
    const auto secret = parse_store_url("http://anna:hunter2@x/y");
    ASSERT_FALSE(secret.ok());
    EXPECT_EQ(secret.error().text().find("hunter2"), std::string::npos);
    EXPECT_NE(secret.error().text().find("PNCP_INFLUX_PASSWORD"), std::string::npos);
}

TEST(LogReplay, AFileThatCannotBeReadEndsIt) {
    auto signals = Signals::open();
    ASSERT_TRUE(signals.ok());
    Replay replay(*parse_store_url("http://127.0.0.1:1/x"), {}, *signals);
    const Status done = replay.run({"/nonexistent/log"});
    ASSERT_FALSE(done.ok());
    EXPECT_NE(done.error().text().find("/nonexistent/log"), std::string::npos);
}

}  // namespace
}  // namespace pncp::influx
