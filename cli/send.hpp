// What `pncp-cli send` asks of the broker, from its options and words. Pure.
#pragma once

#include <string>
#include <vector>

#include "cli/broker_link.hpp"
#include "schema/program/settings.hpp"

namespace pncp::cli {

/// The request without its job id and claims. A Failure is a usage error, or no_target for an empty --to.
[[nodiscard]] std::variant<SendRequest, Failure> send_request(const Settings& settings,
                                                              const std::vector<std::string>& words);

}  // namespace pncp::cli
