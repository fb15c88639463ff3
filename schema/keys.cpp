#include "schema/keys.hpp"

#include <algorithm>
#include <set>

#include "schema/crypto.hpp"

namespace pncp {

namespace {

constexpr std::string_view kSalt = "PNCP/1";

void append(Bytes& out, ByteView more) { out.insert(out.end(), more.begin(), more.end()); }

void append_name(Bytes& out, std::string_view id) {
    out.push_back(static_cast<std::uint8_t>(id.size()));
    append(out, view(id));
}

Bytes info(std::string_view label) { return to_bytes(view(label)); }

}  // namespace

Result<MasterSecret> parse_master_secret(std::string_view text) {
    constexpr std::string_view kSpace = " \t\r\n";
    const auto first = text.find_first_not_of(kSpace);
    if (first == std::string_view::npos)
        return Error{"the master secret is empty", "make one with: pncp-cli key init"};
    text = text.substr(first, text.find_last_not_of(kSpace) - first + 1);
    const auto bytes = from_hex<32>(text);
    if (!bytes)
        return Error{"the master secret must be 64 hexadecimal digits, but this one has " +
                         std::to_string(text.size()) + " characters",
                     "make one with: pncp-cli key init"};
    // Random bytes have about 30 different steps from one to the next; 0000…, 0123… and 001122… have one or
    // two.
    std::set<std::uint8_t> steps;
    for (std::size_t i = 1; i < bytes->size(); ++i)
        steps.insert(static_cast<std::uint8_t>((*bytes)[i] - (*bytes)[i - 1]));
    if (steps.size() <= 2)
        return Error{"the master secret is a placeholder, not a secret",
                     "make a random one with: pncp-cli key init"};
    return MasterSecret{*bytes};
}

Key32 peer_key(const MasterSecret& master, const PeerName& peer) {
    Bytes label = info("peer|");
    append(label, view(role_name(peer.role)));
    label.push_back('|');
    label.push_back(static_cast<std::uint8_t>(peer.generation >> 8U));
    label.push_back(static_cast<std::uint8_t>(peer.generation & 0xFFU));
    label.push_back('|');
    append_name(label, peer.id);
    return hkdf(master.bytes, view(kSalt), label);
}

DirectionKeys handshake_keys(const Key32& peer_key) {
    return {hkdf(peer_key, view(kSalt), view("handshake|up")),
            hkdf(peer_key, view(kSalt), view("handshake|down"))};
}

DirectionKeys session_keys(const Key32& peer_key, const Key32& na, const Key32& nb, const Id16& session,
                           std::string_view id, const Key32& broker_id) {
    Bytes salt = to_bytes(na);
    append(salt, nb);
    const auto derive = [&](std::string_view label) {
        Bytes all = info(label);
        append(all, session);
        append_name(all, id);
        append(all, broker_id);
        return hkdf(peer_key, salt, all);
    };
    return {derive("session|up|"), derive("session|down|")};
}

Key32 peer_curve_secret(const Key32& peer_key) { return hkdf(peer_key, view(kSalt), view("curve")); }

Key32 broker_curve_secret(const MasterSecret& master) {
    return hkdf(master.bytes, view(kSalt), view("broker|curve"));
}

Key32 feed_key(const MasterSecret& master, std::uint64_t epoch) {
    Bytes label = info("feed|");
    label.resize(label.size() + 8);
    store_be(label.data() + label.size() - 8, epoch);
    return hkdf(master.bytes, view(kSalt), label);
}

Key32 anchor_key(const MasterSecret& master) { return hkdf(master.bytes, view(kSalt), view("anchor")); }

Key32 anchor_tag(const Key32& anchor_key, const Id16& journal, std::string_view consumer,
                 std::uint64_t sequence, const Key32& hash) {
    Bytes text = to_bytes(journal);
    append_name(text, consumer);
    text.resize(text.size() + 8);
    store_be(text.data() + text.size() - 8, sequence);
    append(text, hash);
    Key32 tag{};
    SigningKey(anchor_key).sign(text, tag.data());
    return tag;
}

std::string key_fingerprint(const Key32& peer_key) {
    const Key32 digest = sha256(curve_public_key(peer_curve_secret(peer_key)));
    return to_hex(ByteView(digest).first(8));
}

Id16 command_id(const Id16& job, std::string_view agent) {
    Bytes text = info("command|");
    append(text, job);
    append(text, view(agent));
    const Key32 digest = sha256(text);
    Id16 id;
    std::copy_n(digest.begin(), id.size(), id.begin());
    return id;
}

}  // namespace pncp
