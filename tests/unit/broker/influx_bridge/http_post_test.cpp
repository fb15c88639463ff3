// The HTTP thread against a server of a few lines, to see the bytes that go out.
#include "broker/influx_bridge/http_post.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace pncp::influx {
namespace {

/// Listens on a free loopback port; each serve() takes one request over one kept connection and answers it.
class Server {
  public:
    Server() : listener_(socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        EXPECT_EQ(bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
        EXPECT_EQ(listen(listener_, 4), 0);
        EXPECT_EQ(getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size), 0);
        port_ = ntohs(address.sin_port);
    }
    ~Server() {
        if (connection_ >= 0) close(connection_);
        close(listener_);
    }
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    std::string serve(const std::string& answer) {
        std::string text;
        if (connection_ < 0) {
            connection_ = accept(listener_, nullptr, nullptr);
            ++connections_;
        }
        char buffer[65'536];
        while (!complete(text)) {
            const ssize_t got = read(connection_, buffer, sizeof buffer);
            if (got <= 0) break;
            text.append(buffer, static_cast<std::size_t>(got));
        }
        EXPECT_EQ(write(connection_, answer.data(), answer.size()), static_cast<ssize_t>(answer.size()));
        return text;
    }
    [[nodiscard]] std::uint16_t port() const { return port_; }
    [[nodiscard]] int connections() const { return connections_; }

  private:
    static bool complete(const std::string& text) {
        const auto head = text.find("\r\n\r\n");
        const auto length = text.find("Content-Length: ");
        if (head == std::string::npos || length == std::string::npos) return false;
        return text.size() >= head + 4 + std::stoul(text.substr(length + 16));
    }

    int listener_;
    int connection_ = -1;
    int connections_ = 0;
    std::uint16_t port_ = 0;
};

constexpr const char* kNoContent = "HTTP/1.1 204 No Content\r\n\r\n";

std::optional<Answer> wait_for(HttpPost& http) {
    pollfd item{http.fd(), POLLIN, 0};
    if (poll(&item, 1, 20'000) != 1) return std::nullopt;
    return http.take();
}

struct HttpPostTest : testing::Test {
    Server server;
    HttpOptions options;
    void SetUp() override {
        options.port = server.port();
        options.gzip = false;
    }
    /// One request, what the server saw of it, and the answer.
    std::pair<std::string, Answer> round(HttpPost& http, const Request& request,
                                         const std::string& answer = kNoContent) {
        EXPECT_TRUE(http.post(request));
        std::string seen = server.serve(answer);
        auto got = wait_for(http);
        EXPECT_TRUE(got);
        return {seen, got.value_or(Answer{})};
    }
};

TEST_F(HttpPostTest, WritesOverOneKeptConnectionWithoutPrecision) {
    options.database = "my db&x";
    options.retention_policy = "a/b";
    HttpPost http(options);
    for (int i = 0; i < 3; ++i) {
        const auto [seen, answer] = round(http, {Request::Kind::write, "m a=1 1\n"});
        EXPECT_TRUE(seen.starts_with("POST /write?db=my%20db%26x&rp=a%2Fb HTTP/1.1\r\n")) << seen;
        EXPECT_TRUE(seen.ends_with("\r\n\r\nm a=1 1\n"));
        EXPECT_EQ(seen.find("Expect:"), std::string::npos);
        EXPECT_EQ(answer.status, 204);
    }
    EXPECT_EQ(server.connections(), 1);
}

TEST_F(HttpPostTest, BodyIsCompressed) {
    options.gzip = true;
    HttpPost http(options);
    std::string body;
    for (int i = 0; i < 1'000; ++i) body += "cpu,agent=pi-1 usage=0.5 1\n";
    const auto [seen, answer] = round(http, {Request::Kind::write, body});
    EXPECT_NE(seen.find("Content-Encoding: gzip"), std::string::npos);
    EXPECT_LT(seen.size(), body.size() / 10);
    EXPECT_EQ(seen.substr(seen.find("\r\n\r\n") + 4, 2), "\x1f\x8b");
}

TEST_F(HttpPostTest, CredentialsGoInTheHeaderNotInTheUrl) {
    options.user = "bridge";
    options.password = "hunter2";
    {
        HttpPost http(options);
        const auto [seen, answer] = round(http, {Request::Kind::write, "m a=1 1\n"});
        EXPECT_NE(seen.find("Authorization: Basic YnJpZGdlOmh1bnRlcjI="), std::string::npos);
        EXPECT_EQ(seen.find("hunter2"), std::string::npos);
    }
    options.token = "tok";
    Server other;
    options.port = other.port();
    HttpPost http(options);
    ASSERT_TRUE(http.post({Request::Kind::write, "m a=1 1\n"}));
    EXPECT_NE(other.serve(kNoContent).find("Authorization: Token tok\r\n"), std::string::npos);
    EXPECT_TRUE(wait_for(http));
}

TEST_F(HttpPostTest, DatabaseIsCreatedByAQuotedName) {
    options.database = "a\"b";
    HttpPost http(options);
    const auto [seen, answer] =
        round(http, {Request::Kind::create_database, {}}, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
    EXPECT_TRUE(seen.starts_with("POST /query HTTP/1.1\r\n"));
    EXPECT_TRUE(seen.ends_with("q=CREATE%20DATABASE%20%22a%5C%22b%22")) << seen;
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.text, "{}");
}

TEST_F(HttpPostTest, OfALongAnswerTheBeginningIsKept) {
    HttpPost http(options);
    const std::string text(100'000, 'x');
    const auto [seen, answer] = round(http, {Request::Kind::write, "m a=1 1\n"},
                                      "HTTP/1.1 400 Bad\r\nContent-Length: 100000\r\n\r\n" + text);
    EXPECT_EQ(answer.status, 400);
    EXPECT_EQ(answer.text.size(), 4'096U);
}

TEST_F(HttpPostTest, ARedirectIsNotFollowed) {
    HttpPost http(options);
    const auto [seen, answer] =
        round(http, {Request::Kind::write, "m a=1 1\n"},
              "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n");
    EXPECT_EQ(answer.status, 302);
}

TEST_F(HttpPostTest, NobodyThereIsStatusZeroWithTheReason) {
    {
        const Server gone;
        options.port = gone.port();
    }
    HttpPost http(options);
    ASSERT_TRUE(http.post({Request::Kind::write, "m a=1 1\n"}));
    const auto answer = wait_for(http);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 0);
    EXPECT_FALSE(answer->text.empty());
}

TEST_F(HttpPostTest, AServerThatNeverAnswersTimesOut) {
    options.total_timeout_ms = 50;
    HttpPost http(options);
    ASSERT_TRUE(http.post({Request::Kind::write, "m a=1 1\n"}));
    EXPECT_FALSE(http.post({Request::Kind::write, "m a=1 1\n"})) << "one at a time";
    const auto answer = wait_for(http);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 0);
}

TEST_F(HttpPostTest, StoppingBreaksAHungRequestOff) {
    options.total_timeout_ms = 600'000;
    auto http = std::make_unique<HttpPost>(options);
    ASSERT_TRUE(http->post({Request::Kind::write, "m a=1 1\n"}));
    http.reset();  // ctest's time-out is the assertion
}

}  // namespace
}  // namespace pncp::influx
