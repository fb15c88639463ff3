// The verbs of pncp-cli, one file each: options to requests, replies to text. What a verb needs of the world
// is handed in, so that tests run it whole without a broker, a clock or a terminal. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "cli/broker_link.hpp"
#include "cli/console.hpp"
#include "cli/live_link.hpp"
#include "cli/text.hpp"
#include "schema/program/run_dir.hpp"
#include "schema/program/settings.hpp"

namespace pncp::cli {

struct World {
    Console& console;
    std::function<std::variant<std::unique_ptr<BrokerLink>, Failure>(const Settings&)> connect;
    std::function<void(std::span<std::uint8_t>)> random_bytes;
    std::function<std::int64_t()> wall_us;
    std::function<std::int64_t()> boottime_ms;
    Place place;
    std::string user;              ///< whom the audit shows as `claims`; proves nothing
    bool no_color = false;         ///< NO_COLOR is set
    std::string config_home = {};  ///< "/home/anna/.config"; "" = the user has none
    std::string cache_home = {};
    std::string system_config = "/etc/pncp";
    bool utf8 = false;  ///< the locale's characters are UTF-8
    std::function<std::variant<std::unique_ptr<LiveLink>, Failure>(const Settings&)> live = {};
};

/// One run of a verb.
struct Call {
    World& world;
    const Settings& settings;
    const std::vector<std::string>& words;  ///< what stands after the verb and its options
};

[[nodiscard]] ExitCode run_send(const Call& call);
[[nodiscard]] ExitCode run_job(const Call& call);
[[nodiscard]] ExitCode run_agents(const Call& call);
[[nodiscard]] ExitCode run_commands(const Call& call);
[[nodiscard]] ExitCode run_status(const Call& call);
[[nodiscard]] ExitCode run_key(const Call& call);
[[nodiscard]] ExitCode run_reload(const Call& call);
[[nodiscard]] ExitCode run_help(const Call& call);

// --- what they share (verbs.cpp)
// ------------------------------------------------------------------------------------

/// How stdout is to look, by --color, NO_COLOR and whether it is a terminal.
[[nodiscard]] Style style_of(const Call& call);

/// Prints a mistake in the command line and where its help is; gives ExitCode::usage.
[[nodiscard]] ExitCode usage_error(const Call& call, std::string_view verb, const std::string& message);

/// Prints a failure and gives its exit code.
[[nodiscard]] ExitCode report(const Call& call, const Failure& failure);
[[nodiscard]] ExitCode report(const Call& call, ExitCode code, const Error& error);

/// Connects, or prints why not.
[[nodiscard]] std::variant<std::unique_ptr<BrokerLink>, ExitCode> open_link(const Call& call);

/// Judges what call() brought: the reply that was wanted; or the exit code, and what happened is printed.
template <typename Wanted>
[[nodiscard]] std::variant<Wanted, ExitCode> expect(const Call& call, std::variant<Reply, Failure> answer);

/// One request on a link, with the time-out of the setting broker.timeout.
template <typename Wanted>
[[nodiscard]] std::variant<Wanted, ExitCode> ask(const Call& call, BrokerLink& link, const Request& request);

/// All rows of a list that comes in pages: `request` is the one for the first.
template <typename PageRequest, typename Page, typename Row>
[[nodiscard]] std::variant<std::vector<Row>, ExitCode> ask_all(const Call& call, PageRequest request = {});

}  // namespace pncp::cli

#include "cli/verbs_inl.hpp"
