#include "broker/app/broker_files.hpp"

#include "broker/app/alerts_file.hpp"
#include "broker/app/table_key.hpp"
#include "schema/program/files.hpp"
#include "schema/program/suggest.hpp"
#include "schema/program/toml_file.hpp"

namespace pncp::broker {

namespace {

/// 10,000 peers of the longest name need 0.8 MB.
constexpr std::size_t kPeersFileBytes = 16 * 1024 * 1024;
/// Two generations of each, with their keys.
constexpr std::size_t kPublicKeysFileBytes = 4 * kPeersFileBytes;
constexpr std::size_t kRightsFileBytes = 1024 * 1024;
constexpr const char* kRightsForm =
    "a rule is: [[allow]], then operator = \"NAME\", commands = [\"…\"], agents = [\"…\"], and keys = true "
    "if "
    "it may change keys";

/// What is wrong with the entry; "" when it was taken.
std::string take(const TomlEntry& entry, const std::string& name, Rule& rule) {
    const bool list = entry.type == TomlType::list;
    if (name == "operator") {
        if (entry.type != TomlType::text || !valid_id(entry.text)) return "operator must be an operator's id";
        rule.operator_id = entry.text;
    } else if (name == "commands") {
        if (!list) return "commands must be a list of names or globs";
        rule.commands = entry.items;
    } else if (name == "agents") {
        if (!list) return "agents must be a list of names, globs or tags";
        rule.agents = entry.items;
    } else if (name == "keys") {
        if (entry.type != TomlType::flag) return "keys must be true or false";
        rule.keys = entry.text == "true";
    } else {
        return "unknown key '" + name + "'";
    }
    return "";
}

}  // namespace

Result<PeersFile> load_peers(const std::string& path) {
    if (!path_exists(path)) return PeersFile{};
    const auto contents = read_file(path, kPeersFileBytes);
    if (!contents) return contents.error();
    auto peers = parse_peers(contents->text);
    if (!peers) return Error{path + ": " + peers.error().message, peers.error().next};
    return peers;
}

PublicKeys load_public_keys(const std::string& path, const MasterSecret& master) {
    const auto contents = read_file(path, kPublicKeysFileBytes);
    return contents ? parse_public_keys(master, contents->text) : PublicKeys{};
}

Result<std::vector<Rule>> parse_rights(std::string_view text, const std::string& file) {
    const auto entries = parse_toml(text, file);
    if (!entries) return entries.error();
    std::vector<Rule> rules;
    std::vector<int> lines;
    for (const TomlEntry& entry : *entries) {
        const auto bad = [&](const std::string& what) {
            return Error{file + ":" + std::to_string(entry.line) + ": " + what, kRightsForm};
        };
        const auto key = table_key("allow", entry.key);
        if (!key) return bad("unknown key '" + entry.key + "'");
        if (key->index >= rules.size()) {
            rules.resize(key->index + 1);
            lines.resize(key->index + 1, entry.line);
        }
        if (const std::string wrong = take(entry, key->name, rules[key->index]); !wrong.empty())
            return bad(wrong);
    }
    for (std::size_t i = 0; i < rules.size(); ++i)
        if (rules[i].operator_id.empty())
            return Error{file + ":" + std::to_string(lines[i]) + ": this rule names no operator",
                         kRightsForm};
    return rules;
}

Result<std::vector<Rule>> load_rights(const std::string& path) {
    if (!path_exists(path)) return std::vector<Rule>{};
    const auto contents = read_file(path, kRightsFileBytes);
    if (!contents) return contents.error();
    return parse_rights(contents->text, path);
}

Result<Reloaded> read_again(const BrokerFiles& files) {
    auto peers = load_peers(files.peers);
    if (!peers) return peers.error();
    auto rules = load_rights(files.rights);
    if (!rules) return rules.error();
    auto alerts = load_alerts(files.alerts);
    if (!alerts) return alerts.error();
    return Reloaded{std::move(*peers), std::move(*rules), std::move(*alerts)};
}

}  // namespace pncp::broker
