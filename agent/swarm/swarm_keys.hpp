// Keys for simulated devices: derived from the master secret (benchmarks), or issued by the broker once and
// kept in a folder. Start-up only.
#pragma once

#include <string>
#include <vector>

#include "schema/key_file.hpp"
#include "schema/result.hpp"

namespace pncp::swarm {

struct KeyWish {
    std::string prefix;  ///< devices are called prefix + number
    std::size_t first = 1;
    std::size_t count = 0;
    std::string endpoint;     ///< of the broker's agents socket; "" = as the key files say
    std::string secret_file;  ///< the broker's master secret; "" = by keys_dir
    std::string keys_dir;     ///< where issued keys are kept, mode 0700
    std::string run_dir;      ///< of a broker on this machine, which issues what is missing
};

[[nodiscard]] Result<std::vector<KeyFile>> swarm_keys(const KeyWish& wish);

}  // namespace pncp::swarm
