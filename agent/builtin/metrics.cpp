#include "agent/builtin/commands.hpp"

namespace pncp::builtin {

CommandOutput metrics(Sampler& sampler, std::int64_t now_ms) {
    return {0, metrics_json(sampler.look(now_ms)) + "\n", ""};
}

}  // namespace pncp::builtin
