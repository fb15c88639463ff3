// Keys as files: the master secret, and the key file made from what the broker issued. Pure.
#pragma once

#include <string>

#include "schema/control_messages.hpp"
#include "schema/key_file.hpp"

namespace pncp::cli {

/// 64 hexadecimal digits and a line break.
[[nodiscard]] std::string master_secret_text(const Key32& secret);

/// Endpoints come as "agents=tcp://…"; a name this version doesn't know is left out.
[[nodiscard]] KeyFile key_file_of(const KeyIssueReply& reply);

}  // namespace pncp::cli
