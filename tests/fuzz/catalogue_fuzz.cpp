// Invariant: no text makes the reader of command files throw or read beyond its end; a command that is taken
// has an absolute path and a list entry of bounded size, and whatever values its slots then let through begin
// with no '-', hold no control character and leave the number of arguments as it is.
#include <cstdint>
#include <cstdlib>

#include "agent/executor/arguments.hpp"
#include "schema/bytes.hpp"
#include "schema/names.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace pncp;
    using namespace pncp::agent;
    const std::string_view text = text_view({data, size});
    const auto commands = parse_catalogue(text, "fuzz", {"uptime"});
    if (!commands) return 0;
    // The rest of the input serves as what an operator gives.
    const std::string given(text.substr(text.size() - text.size() / 4));
    for (const CommandSpec& command : *commands) {
        if (!valid_command_name(command.name) || command.path.empty() || command.path.front() != '/')
            std::abort();
        const CatalogueEntry entry = describe(command);
        if (entry.arguments.size() != command.slots.size()) std::abort();
        for (const char* each : {"on", "7", "ssh.service", "-x", "a b"}) {
            const std::string tries[] = {each, given};
            for (const std::string& value : tries) {
                const auto argv = make_argv(command, std::vector<std::string>(command.slots.size(), value));
                if (!argv) continue;
                if (argv->size() != command.arguments.size() + 1) std::abort();
                if (command.slots.empty()) continue;
                if (value.empty() || value.front() == '-') std::abort();
                for (const char c : value)
                    if (static_cast<unsigned char>(c) < 0x20) std::abort();
            }
        }
    }
    return 0;
}
