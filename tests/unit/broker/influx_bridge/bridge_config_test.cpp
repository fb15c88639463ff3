#include "broker/influx_bridge/bridge_config.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

namespace pncp::influx {
namespace {

Loaded load(std::map<std::string, std::string> environment, std::vector<const char*> arguments = {}) {
    arguments.insert(arguments.begin(), "pncp-influx-bridge");
    const Surroundings surroundings{std::move(environment), "/nonexistent"};
    return load_settings(bridge_program(), static_cast<int>(arguments.size()), arguments.data(),
                         surroundings);
}

struct StateFolder {
    std::string path = testing::TempDir() + "pncp-bridge-config-XXXXXX";
    StateFolder() { EXPECT_NE(mkdtemp(path.data()), nullptr); }
};

TEST(BridgeConfig, EnvironmentNamesTheStore) {
    const StateFolder state;
    const Loaded loaded = load({{"PNCP_INFLUX_HOST", "db.example"},
                                {"PNCP_INFLUX_PORT", "9999"},
                                {"PNCP_INFLUX_DATABASE", "pi s"},
                                {"PNCP_INFLUX_STRING_FIELDS", "false"},
                                {"PNCP_STATE_DIR", state.path},
                                {"PNCP_RUN_DIR", "/run/here"}});
    ASSERT_FALSE(loaded.finished) << loaded.err;
    const auto config = prepare(loaded.settings);
    ASSERT_TRUE(config) << config.error().text();
    EXPECT_EQ(store_address(config->http), "http://db.example:9999");
    EXPECT_EQ(config->http.database, "pi s");
    EXPECT_FALSE(config->pipeline.string_fields);
    EXPECT_TRUE(config->http.gzip) << "another machine";
    EXPECT_EQ(config->pipeline.batch.lines, 5'000U);
    EXPECT_EQ(config->pipeline.batch.age_ms, 500);
    EXPECT_EQ(config->key_file, "/run/here/influx-bridge.key");
    EXPECT_EQ(config->cursor_file, state.path + "/influx-bridge.cursor");
}

TEST(BridgeConfig, ALocalStoreGetsItsPointsUncompressedUnlessToldOtherwise) {
    const StateFolder state;
    for (const auto& [choice, expected] : std::map<std::string, bool>{{"auto", false}, {"always", true}}) {
        const Loaded loaded = load({{"PNCP_INFLUX_GZIP", choice}, {"PNCP_STATE_DIR", state.path}});
        ASSERT_FALSE(loaded.finished) << loaded.err;
        const auto config = prepare(loaded.settings);
        ASSERT_TRUE(config) << config.error().text();
        EXPECT_EQ(config->http.gzip, expected);
    }
}

TEST(BridgeConfig, AddressOfIpv6HasBrackets) {
    HttpOptions http;
    http.host = "::1";
    http.tls = true;
    EXPECT_EQ(store_address(http), "https://[::1]:8086");
}

TEST(BridgeConfig, ContradictionsAreRefused) {
    EXPECT_EQ(load({{"PNCP_INFLUX_TOKEN", "t"}, {"PNCP_INFLUX_USER", "u"}}).finished,
              ExitCode::configuration);
    EXPECT_EQ(load({{"PNCP_INFLUX_CA_FILE", "/x"}}).finished, ExitCode::configuration);
    EXPECT_TRUE(load({{"PNCP_INFLUX_PORT", "70000"}}).finished);
}

TEST(BridgeConfig, TheCertificateIsCheckedUnlessSaidOtherwiseForHttps) {
    const StateFolder state;
    for (const bool verify : {true, false}) {
        const Loaded loaded = load({{"PNCP_INFLUX_TLS", "true"},
                                    {"PNCP_INFLUX_TLS_VERIFY", verify ? "true" : "false"},
                                    {"PNCP_STATE_DIR", state.path}});
        ASSERT_FALSE(loaded.finished) << loaded.err;
        testing::internal::CaptureStderr();
        const auto config = prepare(loaded.settings);
        const std::string warned = testing::internal::GetCapturedStderr();
        ASSERT_TRUE(config) << config.error().text();
        EXPECT_EQ(config->http.tls_verify, verify);
        EXPECT_EQ(warned.find("tls_verify") == std::string::npos, verify) << warned;
        EXPECT_EQ(config->tags_file, state.path + "/influx-bridge.tags");
        EXPECT_TRUE(config->pipeline.agent_tags);
    }
    EXPECT_EQ(load({{"PNCP_INFLUX_TLS_VERIFY", "false"}}).finished, ExitCode::configuration);
    EXPECT_EQ(
        load(
            {{"PNCP_INFLUX_TLS_VERIFY", "false"}, {"PNCP_INFLUX_TLS", "true"}, {"PNCP_INFLUX_CA_FILE", "/x"}})
            .finished,
        ExitCode::configuration);
}

TEST(BridgeConfig, SecretsAreNoFlags) {
    EXPECT_EQ(load({}, {"--influx-password", "x"}).finished, ExitCode::usage);
    EXPECT_EQ(load({}, {"--influx-token", "x"}).finished, ExitCode::usage);
}

}  // namespace
}  // namespace pncp::influx
