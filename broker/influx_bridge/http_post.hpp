// Posts to an InfluxDB-compatible store from a thread of its own ("pncp-http"), so that a slow server never
// holds up the feed. One request at a time over one kept connection. The only user of libcurl.
//
// Threads: post(), take() and the destructor belong to the owner's thread. The body of a request must stay
// where it is until take() gave the answer, or the poster is gone. The destructor breaks a request off and
// joins the thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "broker/influx_bridge/delivery.hpp"
#include "schema/result.hpp"

namespace pncp::influx {

struct HttpOptions {
    std::string host = "127.0.0.1";
    std::uint16_t port = 8086;
    bool tls = false;
    std::string ca_file;     ///< "" = the system's
    bool tls_verify = true;  ///< false: anybody on the way can pose as the store
    std::string database = "pncp";
    std::string retention_policy;
    std::string user;
    std::string password;
    std::string token;           ///< instead of user and password
    std::string bearer{};        ///< likewise, sent as a bearer token (RFC 6750)
    std::string path{};          ///< where to post, instead of the store's /write; with its query
    std::string content_type{};  ///< of what is posted; "" = libcurl's default, which stores don't look at
    bool gzip = true;
    std::int64_t connect_timeout_ms = 5'000;
    std::int64_t total_timeout_ms = 30'000;  ///< influxd itself gives a write 10 s
};

/// Sets host, port, tls and path from an http:// or https:// URL. An error completes "the URL …". A URL with
/// a user and password is refused: it would stand in logs.
[[nodiscard]] Status set_url(HttpOptions& options, const std::string& url);

/// "http://127.0.0.1:8086", for people: never with a secret.
[[nodiscard]] std::string store_address(const HttpOptions& options);

class HttpPost {
  public:
    /// Starts the thread. Throws std::runtime_error when the system gives no thread, descriptor or curl
    /// handle.
    explicit HttpPost(HttpOptions options);
    ~HttpPost();
    HttpPost(const HttpPost&) = delete;
    HttpPost& operator=(const HttpPost&) = delete;

    /// Hands a request to the thread. False, and nothing happens: the one before has not been answered and
    /// taken.
    [[nodiscard]] bool post(const Request& request);
    /// The answer, once fd() is readable.
    [[nodiscard]] std::optional<Answer> take();
    /// An eventfd, readable while an answer waits.
    [[nodiscard]] int fd() const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace pncp::influx
