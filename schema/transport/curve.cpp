#include "schema/transport/curve.hpp"

#include <stdexcept>
#include <zmq.hpp>

namespace pncp::transport {

Key32 curve_public(const Key32& secret) {
    // 32 bytes are 40 characters of Z85 and a NUL.
    ByteArray<41> secret_text{};
    ByteArray<41> public_text{};
    auto* secret_z85 = reinterpret_cast<char*>(secret_text.data());
    auto* public_z85 = reinterpret_cast<char*>(public_text.data());
    zmq_z85_encode(secret_z85, secret.data(), secret.size());
    const bool derived = zmq_curve_public(public_z85, secret_z85) == 0;
    wipe(secret_text);
    if (!derived) throw std::runtime_error("this libzmq was built without CURVE");
    Key32 key{};
    zmq_z85_decode(key.data(), public_z85);
    return key;
}

}  // namespace pncp::transport
