// What only a Raspberry Pi tells while it runs: throttling, voltage, clocks, fan. Asks the firmware through a
// source that tests replace; files stay open. One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/sampler/board.hpp"
#include "agent/sampler/device_edge.hpp"
#include "agent/sampler/firmware.hpp"
#include "agent/sampler/kept_file.hpp"
#include "agent/sampler/throttling.hpp"
#include "schema/point.hpp"

namespace pncp {

class PiReader {
  public:
    /// An empty `firmware` is the device file under `root`.
    PiReader(const std::string& root, FirmwareSource firmware);

    /// Points `pi_throttled`, `pi_soc` and `pi_fan`, each without what the device lacks, and the events of
    /// throttling. A firmware that gave no answer is asked again after 60 s: it may take 1 s to say nothing.
    void add_points(std::int64_t now_ms, ReadBuffer& buffer, std::vector<Point>& points,
                    std::vector<DeviceEdge>& edges);

  private:
    [[nodiscard]] std::optional<std::string> ask(const char* command);
    [[nodiscard]] std::optional<ThrottleReading> throttling(std::int64_t now_ms, ReadBuffer& buffer);
    void add_soc_point(std::vector<Point>& points);

    FirmwareSource source_;
    FirmwareMailbox mailbox_;
    VoltageAlarm alarm_;
    Fan fan_;
    ThrottleEdges throttle_edges_;
    std::optional<std::int64_t> silent_since_ms_;
    bool answers_ = false;  ///< in this sample
};

}  // namespace pncp
