// A payload that no writer of messages would make, to be sealed by a real session: so a test meets what reads
// payloads, and not the tag before it.
#pragma once

#include "schema/codec.hpp"

namespace pncp {

struct Raw {
    Bytes bytes;
};

template <>
inline void encode_to<Raw>(Bytes& out, const Raw& raw) {
    out.insert(out.end(), raw.bytes.begin(), raw.bytes.end());
}

}  // namespace pncp
