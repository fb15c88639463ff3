#include "schema/transport/monitor.hpp"

#include <gtest/gtest.h>

#include <optional>

#include "tests/unit/schema/transport/fixture.hpp"

namespace pncp::transport {
namespace {

TEST(Monitor, BothSidesSeeAConnectionComeAndGo) {
    PrivateFolder folder;
    Site site;
    Socket router = Socket::router(site.context, server_options());
    Monitor server(site.context, router);
    ASSERT_TRUE(router.bind(folder.ipc("a")).ok());
    std::optional<Socket> dealer = Socket::dealer(site.context, {});
    std::optional<Monitor> client(std::in_place, site.context, *dealer);
    ASSERT_TRUE(dealer->connect(folder.ipc("a")).ok());
    EXPECT_TRUE(site.sees(*client, MonitorEvent::connected));
    EXPECT_TRUE(site.sees(*client, MonitorEvent::handshake_ok));
    EXPECT_TRUE(site.sees(server, MonitorEvent::accepted));
    EXPECT_TRUE(site.sees(server, MonitorEvent::handshake_ok));
    client.reset();
    dealer.reset();
    EXPECT_TRUE(site.sees(server, MonitorEvent::disconnected));
}

TEST(Monitor, ABrokerThatIsNotThereIsRetried) {
    PrivateFolder folder;
    Site site;
    Socket dealer = Socket::dealer(site.context, client_options(KeyPair(9)));
    Monitor monitor(site.context, dealer);
    ASSERT_TRUE(dealer.connect(folder.ipc("nobody")).ok());
    EXPECT_TRUE(site.sees(monitor, MonitorEvent::retried));
}

TEST(Monitor, MayOutliveItsSocket) {
    Context context;
    std::optional<Socket> dealer = Socket::dealer(context, {});
    Monitor monitor(context, *dealer);
    dealer.reset();
    EXPECT_FALSE(monitor.next().has_value());
}

TEST(Monitor, ASocketCanBeWatchedAgainAfterItsMonitorIsGone) {
    PrivateFolder folder;
    Site site;
    Socket router = Socket::router(site.context, server_options());
    ASSERT_TRUE(router.bind(folder.ipc("a")).ok());
    std::optional<Monitor> monitor(std::in_place, site.context, router);
    monitor.reset();
    monitor.emplace(site.context, router);
    Socket dealer = Socket::dealer(site.context, {});
    ASSERT_TRUE(dealer.connect(folder.ipc("a")).ok());
    EXPECT_TRUE(site.sees(*monitor, MonitorEvent::handshake_ok));
}

TEST(Monitor, BecomesReadableInAPoller) {
    PrivateFolder folder;
    Context context;
    Socket dealer = Socket::dealer(context, {});
    Monitor monitor(context, dealer);
    Poller poller;
    poller.add(monitor.socket(), 4);
    ASSERT_TRUE(dealer.connect(folder.ipc("nobody")).ok());
    const auto ready = poller.wait(10'000);
    ASSERT_EQ(ready.size(), 1U);
    EXPECT_EQ(ready[0].tag, 4U);
    EXPECT_TRUE(monitor.next().has_value());
}

}  // namespace
}  // namespace pncp::transport
