// Invariant: no text makes the reader of alerts files throw; every rule that it takes has a name and watches
// somebody or nobody, and any sample can be judged by it.
#include <cstdint>
#include <cstdlib>
#include <limits>

#include "broker/app/alerts_file.hpp"
#include "broker/core/alerts.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace pncp;
    using namespace pncp::broker;
    const auto rules = parse_alerts(text_view({data, size}), "fuzz");
    if (!rules) {
        if (rules.error().message.find("fuzz") == std::string::npos) std::abort();
        return 0;
    }
    if (rules->size() > Alerts::kRules) std::abort();
    Alerts alerts(*rules, 0);
    const std::vector<std::string> tags{"site=roof"};
    TargetFacts agent;
    agent.id = "pi-1";
    agent.tags = &tags;
    for (const AlertRule& rule : *rules) {
        if (rule.name.empty() || rule.when.empty()) std::abort();
        for (const double value : {-1.0, 0.0, 1e300, std::numeric_limits<double>::quiet_NaN()}) {
            const MetricsBody sample{{{rule.condition.measurement, {}, {{rule.condition.field, value}}}}};
            for (std::int64_t now_ms = 0; now_ms < 400'000; now_ms += 100'000) {
                (void)alerts.on_sample(agent, sample, now_ms);
                (void)alerts.on_presence(agent, now_ms, now_ms);
            }
        }
    }
    if (alerts.active() > rules->size()) std::abort();
    if (alerts.forget("pi-1").size() > rules->size() || alerts.active() != 0) std::abort();
    return 0;
}
