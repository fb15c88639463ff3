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

/// The whole word as a number of at least 1.
template <typename Number>
bool read_number(std::string_view word, Number& to) {
    const auto [stop, failure] = std::from_chars(word.data(), word.data() + word.size(), to);
    return failure == std::errc{} && stop == word.data() + word.size() && to >= 1;
}

std::string_view state_of(const PeerRecord& record) {
    if (record.revoked) return "revoked";
    return record.rotating ? "rotating" : "active";
}

/// What is wrong with a peer's line; nullptr when nothing is.
const char* add_peer(const std::vector<std::string_view>& words, PeerList& peers) {
    if (words.size() != 4) return "expected four words";
    const auto role = parse_role(words[0]);
    PeerRecord record;
    if (!role) return "unknown role";
    if (!valid_id(words[1])) return "invalid id";
    if (!read_number(words[2], record.generation)) return "invalid generation";
    record.revoked = words[3] == "revoked";
    record.rotating = words[3] == "rotating";
    if (state_of(record) != words[3]) return "unknown state";
    if (record.rotating && record.generation < 2) return "generation 1 has none before it to rotate from";
    if (!peers.emplace(std::pair(*role, std::string(words[1])), record).second) return "peer named twice";
    return nullptr;
}

}  // namespace

std::string format_peers(const PeersFile& file) {
    std::string text = "# PNCP list of peers, written by pncp-broker. role id generation state\n";
    text += "feed_epoch " + std::to_string(file.feed_epoch) + "\n";
    for (const auto& [name, record] : file.peers) {
        text.append(role_name(name.first)).append(" ").append(name.second).append(" ");
        text.append(std::to_string(record.generation)).append(" ").append(state_of(record)).append("\n");
    }
    return text;
}

Result<PeersFile> parse_peers(std::string_view text) {
    PeersFile file;
    std::size_t number = 0;
    while (!text.empty()) {
        ++number;
        const auto end = text.find('\n');
        const auto words = words_of(text.substr(0, end));
        text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
        if (words.empty() || words[0].front() == '#') continue;
        const char* wrong = nullptr;
        if (words[0] == "feed_epoch")
            wrong =
                words.size() == 2 && read_number(words[1], file.feed_epoch) ? nullptr : "invalid feed_epoch";
        else
            wrong = add_peer(words, file.peers);
        if (wrong != nullptr)
            return Error{"list of peers, line " + std::to_string(number) + ": " + wrong,
                         "each line is: role id generation active|rotating|revoked"};
    }
    return file;
}

}  // namespace pncp
