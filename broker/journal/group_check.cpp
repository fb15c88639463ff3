#include "broker/journal/group_check.hpp"

#include <limits>

namespace pncp::journal {
namespace {

// A group that fails here was built wrongly by the broker itself; nobody outside can mend it.
constexpr const char* kBroker =
    "this is a fault of pncp-broker, please report it; a restart begins from the journal";

std::string_view stream_name(Stream stream) { return stream == Stream::metrics ? "metrics" : "results"; }

}  // namespace

Result<SequenceHeads> heads_after(const SequenceHeads& heads, const std::vector<StoredEvent>& events) {
    SequenceHeads next = heads;
    for (const StoredEvent& event : events) {
        const auto index = static_cast<std::size_t>(event.event_class);
        if (index >= kEventClasses || topic_class(event.topic) != event.event_class) {
            return Error{"event " + std::to_string(event.seq) + " has the topic '" + event.topic +
                             "', which is not of its class",
                         kBroker};
        }
        if (event.seq != next.global + 1 ||
            event.seq > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
            return Error{"the journal stands at sequence " + std::to_string(next.global) + " and was given " +
                             std::to_string(event.seq),
                         kBroker};
        }
        std::uint64_t& class_head = next.classes[index];
        if (event.class_seq != class_head + 1) {
            return Error{"class " + std::string(event_class_name(event.event_class)) +
                             " stands at sequence " + std::to_string(class_head) + " and was given " +
                             std::to_string(event.class_seq),
                         kBroker};
        }
        next.global = event.seq;
        class_head = event.class_seq;
    }
    return next;
}

Status raise_head(StreamHeads& heads, const Origin& origin) {
    std::uint64_t& head = heads.of(origin.stream);
    if (origin.seq <= head) {
        return Error{"row " + std::to_string(origin.seq) + " of " + std::string(stream_name(origin.stream)) +
                         " of agent " + origin.agent + ", spool " + to_hex(origin.spool) +
                         ", is in the journal already (it stands at " + std::to_string(head) + ")",
                     kBroker};
    }
    head = origin.seq;
    return Done{};
}

}  // namespace pncp::journal
