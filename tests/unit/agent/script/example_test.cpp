// The file of scripts that is shipped: it is good as it stands, and what it runs is understood.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "agent/executor/arguments.hpp"
#include "agent/script/script_spec.hpp"

namespace pncp::agent {
namespace {

TEST(ScriptExample, CountsSockets) {
    const std::string path =
        std::string(PNCP_SOURCE_DIR) + "/scripts/services/commands.d/metric-sockets.toml.example";
    std::stringstream text;
    text << std::ifstream(path).rdbuf();
    const auto scripts = parse_scripts(text.str(), path);
    ASSERT_TRUE(scripts) << scripts.error().text();
    ASSERT_EQ(scripts->size(), 1U);
    EXPECT_EQ(scripts->front().interval_ms, 60'000);
    EXPECT_EQ(make_argv(scripts->front().command, {})->back(), "/proc/net/sockstat");
    const auto found = parse_script_output(
        "sockets,protocol=tcp in_use=12i\nsockets,protocol=udp in_use=3i\n", scripts->front().format, "");
    ASSERT_TRUE(found) << found.error().text();
    EXPECT_EQ(found->points.size(), 2U);
}

}  // namespace
}  // namespace pncp::agent
