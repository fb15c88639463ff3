#include "broker/core/public_keys.hpp"

#include "schema/crypto.hpp"

namespace pncp::broker {

namespace {

constexpr std::string_view kTagWord = "tag ";

SigningKey tag_key(const MasterSecret& master) {
    return SigningKey(hkdf(master.bytes, view("PNCP/1"), view("public keys")));
}

}  // namespace

std::string format_public_keys(const MasterSecret& master, const PublicKeys& keys) {
    std::string text;
    for (const auto& [name, key] : keys)
        text.append(name.text()).append(" ").append(to_hex(key)).append("\n");
    Key32 tag{};
    tag_key(master).sign(view(text), tag.data());
    return text.append(kTagWord).append(to_hex(tag)).append("\n");
}

PublicKeys parse_public_keys(const MasterSecret& master, std::string_view text) {
    // The last line is of a fixed length.
    constexpr std::size_t kTagLine = kTagWord.size() + 2 * sizeof(Key32) + 1;
    if (text.size() < kTagLine || text.back() != '\n') return {};
    const std::string_view last = text.substr(text.size() - kTagLine);
    text.remove_suffix(kTagLine);
    const auto tag = from_hex<32>(last.substr(kTagWord.size(), 2 * sizeof(Key32)));
    if (!last.starts_with(kTagWord) || !tag || !tag_key(master).verify(view(text), *tag)) return {};

    PublicKeys keys;
    while (!text.empty()) {
        const auto end = text.find('\n');
        const std::string_view line = text.substr(0, end);
        text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
        const auto space = line.find(' ');
        if (space == std::string_view::npos) return {};
        const auto name = PeerName::parse(line.substr(0, space));
        const auto key = from_hex<32>(line.substr(space + 1));
        if (!name || !key) return {};
        keys.emplace_hint(keys.end(), *name, *key);
    }
    return keys;
}

}  // namespace pncp::broker
