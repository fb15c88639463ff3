#include "agent/executor/catalogue.hpp"

namespace pncp::agent {

CatalogueEntry describe(const CommandSpec& command) {
    CatalogueEntry entry{command.name, command.help, {}, command.tags};
    for (const Slot& slot : command.slots) {
        std::string text = slot.name + ": ";
        switch (slot.type) {
            case Slot::Type::integer:
                text += std::to_string(slot.min) + ".." + std::to_string(slot.max);
                break;
            case Slot::Type::choice:
                for (const auto& value : slot.values)
                    text += (&value == &slot.values.front() ? "" : "|") + value;
                break;
            case Slot::Type::pattern:
                text += "/" + slot.pattern + "/";
                break;
        }
        // The broker looks for this ending, so no other slot may have it: see parse_catalogue().
        if (slot.secret) text += " (secret)";
        entry.arguments.push_back(std::move(text));
    }
    return entry;
}

}  // namespace pncp::agent
