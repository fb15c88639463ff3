// A real influxd for tests, by way of scripts/influxdb: fetched once, started with a folder of its own on
// free ports.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace pncp::influx {

class InfluxDbServer {
  public:
    InfluxDbServer();
    ~InfluxDbServer();
    InfluxDbServer(const InfluxDbServer&) = delete;
    InfluxDbServer& operator=(const InfluxDbServer&) = delete;

    /// Why there is none; "" when there is one.
    [[nodiscard]] const std::string& unavailable() const { return unavailable_; }
    [[nodiscard]] std::uint16_t port() const { return port_; }

    void kill();
    /// On the same port and data.
    void start();

    /// The rows that a query gives, of all its series, times in nanoseconds.
    [[nodiscard]] std::vector<nlohmann::json> query(const std::string& text) const;
    /// The number of a `count` query, summed over its series; 0 when there is none.
    [[nodiscard]] std::int64_t count(const std::string& text) const;

  private:
    std::string influxd_;
    std::string folder_;
    std::string unavailable_;
    std::uint16_t port_ = 0;
};

}  // namespace pncp::influx
