#include "schema/peers.hpp"

#include <charconv>
#include <vector>

namespace pncp {

namespace {

std::vector<std::string_view> words_of(std::string_view line) {
    std::vector<std::string_view> words;
    while (true) {
        const auto first = line.find_first_not_of(" \t\r");
        if (first == std::string_view::npos) return words;
        line.remove_prefix(first);
        const auto end = line.find_first_of(" \t\r");
        words.push_back(line.substr(0, end));
        if (end == std::string_view::npos) return words;
        line.remove_prefix(end);
    }
}

}  // namespace

std::string format_peers(const PeerList& peers) {
    std::string text = "# PNCP list of peers, written by pncp-broker. role id generation state\n";
    for (const auto& [name, record] : peers) {
        text.append(role_name(name.first)).append(" ").append(name.second).append(" ");
        text.append(std::to_string(record.generation)).append(record.revoked ? " revoked\n" : " active\n");
    }
    return text;
}

Result<PeerList> parse_peers(std::string_view text) {
    PeerList peers;
    std::size_t number = 0;
    while (!text.empty()) {
        ++number;
        const auto end = text.find('\n');
        const auto words = words_of(text.substr(0, end));
        text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
        if (words.empty() || words[0].front() == '#') continue;
        const auto bad = [&](const char* what) {
            return Error{"list of peers, line " + std::to_string(number) + ": " + what,
                         "each line is: role id generation active|revoked"};
        };
        if (words.size() != 4) return bad("expected four words");
        const auto role = parse_role(words[0]);
        PeerRecord record;
        const auto [stop, failure] =
            std::from_chars(words[2].data(), words[2].data() + words[2].size(), record.generation);
        if (!role) return bad("unknown role");
        if (!valid_id(words[1])) return bad("invalid id");
        if (failure != std::errc{} || stop != words[2].data() + words[2].size())
            return bad("invalid generation");
        if (words[3] != "active" && words[3] != "revoked") return bad("unknown state");
        record.revoked = words[3] == "revoked";
        if (!peers.emplace(std::pair(*role, std::string(words[1])), record).second)
            return bad("peer named twice");
    }
    return peers;
}

}  // namespace pncp
