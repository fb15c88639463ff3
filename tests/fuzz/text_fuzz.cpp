// Invariant: key files, lists of peers, secrets and peer names that are accepted survive being written and
// read again; no text makes a parser throw or read beyond its end.
#include <cstdint>
#include <cstdlib>

#include "schema/key_file.hpp"
#include "schema/keys.hpp"
#include "schema/peers.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace pncp;
    const std::string_view text = text_view({data, size});
    if (const auto file = parse_key_file(text)) {
        const auto again = parse_key_file(format_key_file(*file));
        if (!again || !(*again == *file)) std::abort();
    }
    if (const auto peers = parse_peers(text)) {
        const auto again = parse_peers(format_peers(*peers));
        if (!again || !(*again == *peers)) std::abort();
    }
    if (const auto name = PeerName::parse(text); name && PeerName::parse(name->text()) != name) std::abort();
    (void)parse_master_secret(text);
    return 0;
}
