// The conversation with the broker as the verbs see it: a request goes in, a reply or a failure comes out.
// The real one is made by connect() in connection.hpp; tests answer from a list. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <variant>

#include "schema/control_messages.hpp"
#include "schema/program/exit_codes.hpp"
#include "schema/result.hpp"

namespace pncp::cli {

/// Why there is no reply, and what the program's exit code says about it: broker_unreachable, interrupted
/// (Ctrl-C), configuration (the key isn't accepted), internal.
struct Failure {
    ExitCode code = ExitCode::internal;
    Error error;
    /// The request may have reached the broker, so what it asks for may happen.
    bool maybe_sent = false;
};

class BrokerLink {
  public:
    BrokerLink() = default;
    BrokerLink(const BrokerLink&) = delete;
    BrokerLink& operator=(const BrokerLink&) = delete;
    virtual ~BrokerLink() = default;

    /// Sends `request` and waits up to `timeout_ms` for its reply, reconnecting as often as need be. A
    /// request may reach the broker twice that way; every request of PNCP may.
    [[nodiscard]] virtual std::variant<Reply, Failure> call(const Request& request,
                                                            std::int64_t timeout_ms) = 0;
};

}  // namespace pncp::cli
