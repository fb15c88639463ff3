// pncp-cli key: the master secret, and one key file a peer.
#include "cli/key.hpp"

#include <algorithm>
#include <array>

#include "cli/render_json.hpp"
#include "cli/render_lists.hpp"
#include "cli/verbs.hpp"
#include "schema/keys.hpp"
#include "schema/program/escape.hpp"
#include "schema/program/files.hpp"
#include "schema/program/suggest.hpp"

namespace pncp::cli {
namespace {

constexpr unsigned kSecretMode = 0600;

void print_list(const Call& call, const std::string& table,
                const std::function<std::string(JsonForm)>& json) {
    const std::string& form = call.settings.text("output");
    if (form == "table") return call.world.console.out(table);
    call.world.console.out(json(form == "json" ? JsonForm::document : JsonForm::lines));
}

/// The same default as the broker's: its setting secret_file, else its state folder.
Result<std::string> secret_path(const Call& call) {
    if (const std::string& out = call.settings.text("out"); !out.empty()) return out;
    if (const std::string& set = call.settings.text("secret_file"); !set.empty()) return set;
    if (const std::string& set = call.settings.text("state_dir"); !set.empty()) {
        if (Status made = make_folder(set, 0700); !made) return made.error();
        return set + "/secret";
    }
    const Result<std::string> folder = prepare_state_dir(call.world.place);
    if (!folder) return folder.error();
    return *folder + "/secret";
}

ExitCode run_init(const Call& call) {
    const Result<std::string> path = secret_path(call);
    if (!path) return report(call, ExitCode::unavailable, path.error());
    Key32 secret{};
    call.world.random_bytes(secret);
    std::string text = master_secret_text(secret);
    const Status made = create_exclusively(*path, view(text), kSecretMode);
    wipe(secret);
    wipe({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
    if (!made) return report(call, ExitCode::unavailable, made.error());
    call.world.console.out(
        "made the master secret " + *path +
        "\nKeep a copy in a safe place: every key is derived from it. Where the package is "
        "installed, broker and log writer start now; elsewhere, start pncp-broker. Next: "
        "pncp-cli enroll NAME\n");
    return ExitCode::ok;
}

/// Looked at before the broker is asked, so that nothing is issued in vain.
std::optional<ExitCode> refuse_overwriting(const Call& call, const std::string& path) {
    if (!path_exists(path)) return std::nullopt;
    return report(
        call, ExitCode::unavailable,
        {path + " is there already, and a key file is never overwritten", "name another with --out"});
}

/// Writes the key file that the broker answered with and says so; `next` is what to do with it.
ExitCode write_key_file(const Call& call, KeyIssueReply& reply, const std::string& path,
                        const std::string& next) {
    KeyFile file = key_file_of(reply);
    std::string text = format_key_file(file);
    const std::string fingerprint = key_fingerprint(file.key);
    const Status made = create_exclusively(path, view(text), kSecretMode);
    wipe({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
    wipe(file.key);
    wipe(reply.key);
    if (!made) return report(call, ExitCode::unavailable, made.error());
    call.world.console.out("wrote " + path + ": " + std::string(role_name(file.peer.role)) + " " +
                           file.peer.id + ", generation " + std::to_string(file.peer.generation) +
                           ", fingerprint " + fingerprint + "\n" + next);
    return ExitCode::ok;
}

constexpr const char* kCarry =
    "It is a secret: carry it over a safe way, mode 0600, and name it in key_file.\n";

ExitCode run_issue(const Call& call, const std::string& id, Role role) {
    std::string path = call.settings.text("out");
    if (path.empty()) path = id + ".key";
    if (const auto refused = refuse_overwriting(call, path)) return *refused;
    auto link = open_link(call);
    if (const auto* code = std::get_if<ExitCode>(&link)) return *code;
    auto answer = ask<KeyIssueReply>(call, *std::get<0>(link), KeyIssueRequest{id, role});
    if (const auto* code = std::get_if<ExitCode>(&answer)) return *code;
    return write_key_file(call, std::get<KeyIssueReply>(answer), path, kCarry);
}

ExitCode run_rotate(const Call& call, const std::string& id, Role role) {
    std::string path = call.settings.text("out");
    // A connected agent gets its key over the wire; anybody else needs the file.
    if (path.empty() && role != Role::agent) path = id + ".key";
    if (const auto refused = path.empty() ? std::nullopt : refuse_overwriting(call, path)) return *refused;
    auto link = open_link(call);
    if (const auto* code = std::get_if<ExitCode>(&link)) return *code;
    auto answer = ask<KeyIssueReply>(call, *std::get<0>(link), KeyRotateRequest{id, role});
    if (const auto* code = std::get_if<ExitCode>(&answer)) return *code;
    auto& reply = std::get<KeyIssueReply>(answer);
    const std::string until =
        "The former key stays good for the broker's rotation_grace (a week by default), or until it is "
        "revoked.\n";
    if (!path.empty()) return write_key_file(call, reply, path, kCarry + until);
    wipe(reply.key);
    call.world.console.out(
        "agent " + id + " gets generation " + std::to_string(reply.generation) +
        " of its key as soon as it is connected, and comes over by itself; `pncp-cli key list` "
        "shows it.\nTo carry the key there by hand, run this again with --out FILE.\n" +
        until);
    return ExitCode::ok;
}

ExitCode run_show(const Call& call, const std::string& path) {
    auto bytes = read_secret_file(path, {.group_may_read = true});
    if (!bytes) return report(call, ExitCode::configuration, bytes.error());
    auto file = parse_key_file(text_view(*bytes));
    wipe(*bytes);
    if (!file)
        return report(call, ExitCode::configuration, {path + ": " + file.error().message, file.error().next});
    const std::string fingerprint = key_fingerprint(file->key);
    wipe(file->key);
    print_list(call, render_key_file(*file, fingerprint, style_of(call)),
               [&](JsonForm form) { return json_key_file(*file, fingerprint, form); });
    return ExitCode::ok;
}

ExitCode run_list(const Call& call) {
    const auto answer = ask_all<KeyListRequest, KeyListReply, KeyRow>(call);
    if (const auto* code = std::get_if<ExitCode>(&answer)) return *code;
    const auto& rows = std::get<0>(answer);
    print_list(call, render_keys(rows, style_of(call)), [&](JsonForm form) { return json_keys(rows, form); });
    return ExitCode::ok;
}

ExitCode run_revoke(const Call& call, const std::string& id, Role role) {
    auto link = open_link(call);
    if (const auto* code = std::get_if<ExitCode>(&link)) return *code;
    const auto answer = ask<DoneReply>(call, *std::get<0>(link), KeyRevokeRequest{id, role});
    if (const auto* code = std::get_if<ExitCode>(&answer)) return *code;
    call.world.console.out(escape_controls(std::get<DoneReply>(answer).text) + "\n");
    return ExitCode::ok;
}

/// What each task takes beside its name: an operand, --out, --role.
struct Task {
    std::string_view name;
    std::string_view operand;
    bool out;
    bool role;
};
constexpr std::array kTasks{Task{"init", "", true, false},      Task{"issue", "ID", true, true},
                            Task{"show", "FILE", false, false}, Task{"list", "", false, false},
                            Task{"rotate", "ID", true, true},   Task{"revoke", "ID", false, true}};

/// What is wrong with the words and options of a task, or nothing.
std::string task_problem(const Call& call, const Task& task) {
    const std::string name(task.name);
    if (!task.operand.empty() && call.words.size() < 2)
        return "key " + name + " needs " + std::string(task.operand);
    if (call.words.size() > (task.operand.empty() ? 1U : 2U))
        return "unexpected word " + escape_controls(call.words.back());
    if (!task.out && call.settings.is_set("out")) return "key " + name + " takes no --out";
    if (!task.role && call.settings.is_set("role")) return "key " + name + " takes no --role";
    if (task.operand == "ID" && !valid_id(call.words[1])) {
        return "\"" + escape_controls(call.words[1]) +
               "\" can't be an id (lower-case letters, digits, dots and dashes, at most 63)";
    }
    return {};
}

}  // namespace

std::string master_secret_text(const Key32& secret) { return to_hex(secret) + "\n"; }

KeyFile key_file_of(const KeyIssueReply& reply) {
    KeyFile file;
    file.peer = {reply.role, reply.id, reply.generation};
    file.key = reply.key;
    file.broker = reply.broker;
    for (const std::string& endpoint : reply.endpoints) {
        const auto equals = endpoint.find('=');
        if (equals == std::string::npos) continue;
        const std::string name = endpoint.substr(0, equals);
        const std::string address = endpoint.substr(equals + 1);
        if (name == "agents") file.agents = address;
        if (name == "control") file.control = address;
        if (name == "feed") file.feed = address;
    }
    return file;
}

ExitCode run_key(const Call& call) {
    if (call.words.empty()) return usage_error(call, "key", "init, issue, show, list, rotate or revoke?");
    const std::string& name = call.words.front();
    const auto task =
        std::find_if(kTasks.begin(), kTasks.end(), [&](const Task& each) { return each.name == name; });
    if (task == kTasks.end()) {
        std::vector<std::string> names;
        for (const Task& each : kTasks) names.emplace_back(each.name);
        return usage_error(call, "key", "unknown task " + escape_controls(name) + did_you_mean(name, names));
    }
    if (const std::string problem = task_problem(call, *task); !problem.empty())
        return usage_error(call, "key", problem);
    const Role role = parse_role(call.settings.text("role")).value_or(Role::agent);
    if (name == "init") return run_init(call);
    if (name == "issue") return run_issue(call, call.words[1], role);
    if (name == "rotate") return run_rotate(call, call.words[1], role);
    if (name == "show") return run_show(call, call.words[1]);
    if (name == "revoke") return run_revoke(call, call.words[1], role);
    return run_list(call);
}

}  // namespace pncp::cli
