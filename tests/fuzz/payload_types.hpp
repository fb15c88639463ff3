// Every type that the codec knows, in the order of the first byte of payload_fuzz's inputs: new ones go to
// the end, or every seed means something else.
#pragma once

#include <array>
#include <cstddef>
#include <type_traits>

#include "schema/codec.hpp"

namespace pncp::fuzz {

template <typename... Messages>
struct Types {
    static constexpr std::size_t count = sizeof...(Messages);
    template <typename Message>
    static constexpr std::size_t index_of() {
        constexpr std::array<bool, count> same = {std::is_same_v<Message, Messages>...};
        std::size_t index = 0;
        while (!same.at(index)) ++index;
        return index;
    }
    /// visit.template operator()<Message>() for the message of this index.
    template <typename Visit>
    static void at(std::size_t index, Visit&& visit) {
        std::size_t here = 0;
        ((here++ == index ? visit.template operator()<Messages>() : void()), ...);
    }
};

using PayloadTypes =
    Types<Hello, Challenge, Auth, Ready, Batch, Catalogue, CommandAck, Heartbeat, Bye, Ack, Command, Cancel,
          Rekey, NoSession, MetricsBody, OutputBody, ResultBody, GapBody, DeviceEventBody, StatusBody,
          CommandBody, JobBody, JobTargetsBody, AlertBody, CommandAckBody, AuditBody, SecurityBody,
          AnchorBody, FeedHeartbeat, Event, Request, Reply>;

}  // namespace pncp::fuzz
