#include "schema/crypto.hpp"

#include <cryptopp/donna.h>
#include <cryptopp/hkdf.h>
#include <cryptopp/hmac.h>
#include <cryptopp/misc.h>
#include <cryptopp/sha.h>

namespace pncp {

struct SigningKey::State {
    CryptoPP::HMAC<CryptoPP::SHA256> hmac;
};

SigningKey::SigningKey(const Key32& key) : state_(std::make_unique<State>()) {
    state_->hmac.SetKey(key.data(), key.size());
}
SigningKey::~SigningKey() = default;
SigningKey::SigningKey(SigningKey&&) noexcept = default;
SigningKey& SigningKey::operator=(SigningKey&&) noexcept = default;

void SigningKey::sign(ByteView data, std::uint8_t* tag) {
    state_->hmac.CalculateDigest(tag, data.data(), data.size());
}

bool SigningKey::verify(ByteView data, ByteView tag) {
    Key32 expected;
    // Crypto++'s VerifyTruncatedDigest accepts a length of 0, so the length is checked here and the whole tag
    // compared.
    if (tag.size() != expected.size()) return false;
    sign(data, expected.data());
    return equal_in_constant_time(expected, tag);
}

Key32 hkdf(ByteView secret, ByteView salt, ByteView info) {
    Key32 out;
    CryptoPP::HKDF<CryptoPP::SHA256>().DeriveKey(out.data(), out.size(), secret.data(), secret.size(),
                                                 salt.data(), salt.size(), info.data(), info.size());
    return out;
}

Key32 sha256(ByteView data) {
    Key32 out;
    CryptoPP::SHA256().CalculateDigest(out.data(), data.data(), data.size());
    return out;
}

Key32 curve_public_key(const Key32& secret) {
    // The function itself: the class around it would bring a tenth of Crypto++ into the agent.
    Key32 out;
    CryptoPP::Donna::curve25519_mult(out.data(), secret.data());
    return out;
}

bool equal_in_constant_time(ByteView a, ByteView b) {
    return a.size() == b.size() && CryptoPP::VerifyBufsEqual(a.data(), b.data(), a.size());
}

}  // namespace pncp
