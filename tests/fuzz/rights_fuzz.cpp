// Invariant: no text makes the reader of rights files throw; every rule it takes names an operator; and whom
// no rule names may nothing, the local operator excepted.
#include <cstdint>
#include <cstdlib>

#include "broker/app/broker_files.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace pncp;
    using namespace pncp::broker;
    const std::string_view text = text_view({data, size});
    const auto rules = parse_rights(text, "fuzz");
    if (!rules) {
        if (rules.error().message.find("fuzz") == std::string::npos) std::abort();
        return 0;
    }
    const Rights rights(*rules);
    const std::string stranger(size + 1, 'z');  // longer than any operator in the text
    if (rights.may_read(stranger) || rights.may_keys(stranger)) std::abort();
    if (rights.may_send(stranger, "lslogs", "pi-1", {"role=camera"})) std::abort();
    bool local = false;
    for (const Rule& rule : *rules) {
        if (rule.operator_id.empty() || !rights.may_read(rule.operator_id)) std::abort();
        if (rule.keys && !rights.may_keys(rule.operator_id)) std::abort();
        local = local || rule.operator_id == kLocalOperator;
        // Patterns come from a person, names from devices: neither may take long or read beyond its end.
        for (const std::string& command : rule.commands)
            for (const std::string& agent : rule.agents)
                (void)rights.may_send(rule.operator_id, command, agent, {agent, command});
    }
    if (!local && !rights.may_send(kLocalOperator, "lslogs", "pi-1", {})) std::abort();
    return 0;
}
