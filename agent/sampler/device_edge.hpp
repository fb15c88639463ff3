// Something on the device that began, ended or happened: what an agent sends as a DeviceEventBody, beside the
// points that show the state. A plain value.
#pragma once

#include <string>

namespace pncp {

struct DeviceEdge {
    std::string name;    ///< one of METRICS.md's events, such as `under_voltage`
    std::string detail;  ///< for people: "began", or what else is known
    bool operator==(const DeviceEdge&) const = default;
};

}  // namespace pncp
