#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "tests/unit/schema/transport/fixture.hpp"

namespace pncp::transport {
namespace {

TEST(SocketSetup, AWildcardPortIsKnownAfterBinding) {
    Site site;
    Socket router = Socket::router(site.context, server_options());
    ASSERT_TRUE(router.bind("tcp://127.0.0.1:*").ok());
    EXPECT_TRUE(router.last_endpoint().starts_with("tcp://127.0.0.1:"));
    EXPECT_FALSE(router.last_endpoint().ends_with("*"));
}

TEST(SocketSetup, ATakenPortIsAnErrorThatNamesIt) {
    Site site;
    Socket first = Socket::router(site.context, server_options());
    ASSERT_TRUE(first.bind("tcp://127.0.0.1:*").ok());
    const std::string endpoint = first.last_endpoint();
    Socket second = Socket::router(site.context, server_options());
    const Status taken = second.bind(endpoint);
    ASSERT_FALSE(taken.ok());
    const std::string port = endpoint.substr(endpoint.rfind(':') + 1);
    EXPECT_NE(taken.error().message.find("port " + port + " is taken by another program"), std::string::npos)
        << taken.error().text();
    EXPECT_FALSE(taken.error().next.empty());
}

TEST(SocketSetup, AnUnboundPortCanBeBoundAgain) {
    Site site;
    Socket first = Socket::pub(site.context, server_options("feed"));
    ASSERT_TRUE(first.bind("tcp://127.0.0.1:*").ok());
    const std::string endpoint = first.last_endpoint();
    ASSERT_TRUE(first.unbind(endpoint).ok());
    EXPECT_FALSE(first.unbind(endpoint).ok());
    Socket second = Socket::pub(site.context, server_options("feed"));
    EXPECT_TRUE(site.until([&] { return second.bind(endpoint).ok(); }));
}

TEST(SocketSetup, AForeignAddressIsAnErrorThatSaysSo) {
    Site site;
    Socket router = Socket::router(site.context, server_options());
    const Status status = router.bind("tcp://192.0.2.1:17471");  // a documentation address (RFC 5737)
    ASSERT_FALSE(status.ok());
    EXPECT_NE(status.error().message.find("no address of this machine"), std::string::npos)
        << status.error().text();
}

TEST(SocketSetup, MalformedEndpointsAreErrors) {
    Site site;
    Socket router = Socket::router(site.context, server_options());
    EXPECT_FALSE(router.bind("17471").ok());
    EXPECT_FALSE(router.connect("tcp://host").ok());
    Socket dealer = Socket::dealer(site.context, client_options(KeyPair(2)));
    EXPECT_FALSE(dealer.connect("tcp://127.0.0.1:*").ok());
    EXPECT_FALSE(dealer.connect("tcp://*:17471").ok());
}

TEST(SocketSetup, AMissingFolderIsAnErrorThatNamesIt) {
    PrivateFolder folder;
    Context context;
    Socket router = Socket::router(context, server_options());
    const Status status = router.bind(folder.ipc("missing/socket"));
    ASSERT_FALSE(status.ok());
    EXPECT_NE(status.error().text().find(folder.path("missing")), std::string::npos) << status.error().text();
}

TEST(SocketSetup, ATooLongSocketPathIsAnError) {
    PrivateFolder folder;
    Context context;
    Socket router = Socket::router(context, server_options());
    const Status status = router.bind(folder.ipc(std::string(107, 'x')));
    ASSERT_FALSE(status.ok());
    EXPECT_NE(status.error().message.find("Linux allows 107"), std::string::npos);
}

TEST(SocketSetup, AFileInThePlaceOfASocketIsNotDeleted) {
    PrivateFolder folder;
    std::ofstream(folder.path("precious")) << "data";
    Context context;
    Socket router = Socket::router(context, server_options());
    EXPECT_FALSE(router.bind(folder.ipc("precious")).ok());
    EXPECT_EQ(std::filesystem::file_size(folder.path("precious")), 4U);
}

TEST(SocketSetup, AStaleSocketIsReplaced) {
    PrivateFolder folder;
    Site site;
    Socket stale = Socket::router(site.context, server_options());
    ASSERT_TRUE(stale.bind(folder.ipc("a")).ok());
    Socket router = Socket::router(site.context, server_options());
    EXPECT_TRUE(router.bind(folder.ipc("a")).ok());
}

TEST(SocketSetup, AUnixSocketGetsThePermissionsAskedFor) {
    PrivateFolder folder;
    Site site;
    SocketOptions options = server_options();
    options.ipc_mode = 0600;
    Socket router = Socket::router(site.context, options);
    ASSERT_TRUE(router.bind(folder.ipc("mine")).ok());
    Socket shared = Socket::router(site.context, server_options());
    ASSERT_TRUE(shared.bind(folder.ipc("group")).ok());
    struct stat info {};
    ASSERT_EQ(stat(folder.path("mine").c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777U, 0600U);
    ASSERT_EQ(stat(folder.path("group").c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777U, 0660U);
}

TEST(SocketSetup, EndpointsWithoutKeysOrDomainAreRefused) {
    Site site;
    Socket plain = Socket::router(site.context, {});
    EXPECT_FALSE(plain.bind("tcp://127.0.0.1:*").ok());
    EXPECT_FALSE(plain.connect("tcp://127.0.0.1:17471").ok());
    Socket no_domain = Socket::router(site.context, server_options(""));
    EXPECT_FALSE(no_domain.bind("tcp://127.0.0.1:*").ok());
    PrivateFolder folder;
    EXPECT_FALSE(no_domain.bind(folder.ipc("a")).ok());
}

TEST(SocketSetup, TooManySocketsIsAClearException) {
    Context context(ContextOptions{.io_threads = 1, .max_sockets = 4});
    std::vector<Socket> open;
    try {
        for (int i = 0; i < 10; ++i) open.push_back(Socket::pair(context));
        FAIL() << "libzmq allowed more sockets than asked for";
    } catch (const std::runtime_error& error) {
        EXPECT_NE(std::string(error.what()).find("too many are open"), std::string::npos);
    }
}

}  // namespace
}  // namespace pncp::transport
