#include "schema/program/notify.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstring>

#include "tests/unit/schema/program/temporary_folder.hpp"

namespace pncp {
namespace {

/// What systemd would be: a bound datagram socket.
class Listener {
  public:
    explicit Listener(const std::string& name) : fd_(socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, name.data(), name.size());
        if (name[0] == '@') address.sun_path[0] = '\0';
        const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
        EXPECT_EQ(bind(fd_, reinterpret_cast<const sockaddr*>(&address), length), 0);
    }
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;
    ~Listener() { close(fd_); }

    [[nodiscard]] std::string next() const {
        std::array<char, 256> text{};
        const ssize_t got = recv(fd_, text.data(), text.size(), 0);
        return got < 0 ? "nothing" : std::string(text.data(), static_cast<std::size_t>(got));
    }

  private:
    int fd_;
};

TEST(Notify, TellsAPathAndAnAbstractSocket) {
    const test::TemporaryFolder folder;
    for (const std::string& name : {folder / "notify", "@pncp-test-" + std::to_string(getpid())}) {
        const Listener listener(name);
        Notifier notifier(name);
        EXPECT_TRUE(notifier.ready());
        EXPECT_EQ(listener.next(), "READY=1");
        EXPECT_TRUE(notifier.watchdog());
        EXPECT_EQ(listener.next(), "WATCHDOG=1");
        EXPECT_TRUE(notifier.stopping());
        EXPECT_EQ(listener.next(), "STOPPING=1");
    }
}

TEST(Notify, AStatusCannotForgeAnotherField) {
    const test::TemporaryFolder folder;
    const Listener listener(folder / "notify");
    Notifier notifier(folder / "notify");
    EXPECT_TRUE(notifier.status("41 online\nMAINPID=1"));
    EXPECT_EQ(listener.next(), "STATUS=41 online MAINPID=1");
}

TEST(Notify, IsSilentWithoutASocketOrAListener) {
    EXPECT_FALSE(Notifier("").ready());
    EXPECT_FALSE(Notifier("/nonexistent/notify").ready());
    EXPECT_FALSE(Notifier(std::string(200, 'x')).ready());
}

TEST(Watchdog, IsFedTwicePerPeriodAndOnlyByTheProcessMeant) {
    EXPECT_EQ(watchdog_interval_ms("30000000", nullptr, 7), 15'000);
    EXPECT_EQ(watchdog_interval_ms("30000000", "7", 7), 15'000);
    EXPECT_EQ(watchdog_interval_ms("30000000", "8", 7), std::nullopt);
    EXPECT_EQ(watchdog_interval_ms("1", nullptr, 7), 1);
    for (const char* text : {"", "0", "-5", "soon", "99999999999999999999"}) {
        EXPECT_EQ(watchdog_interval_ms(text, nullptr, 7), std::nullopt) << text;
    }
    EXPECT_EQ(watchdog_interval_ms(nullptr, nullptr, 7), std::nullopt);
}

}  // namespace
}  // namespace pncp
