#include "cli/enroll.hpp"

#include <algorithm>

#include "cli/key.hpp"
#include "cli/ssh.hpp"
#include "schema/program/escape.hpp"
#include "schema/program/files.hpp"

namespace pncp::cli {
namespace {

/// A script is run by its owner alone.
constexpr unsigned kScriptMode = 0700;
/// `pncp-enroll`: placed and started, but the broker was not reached in time.
constexpr int kNotYetThere = 4;

void wipe_text(std::string& text) { wipe({reinterpret_cast<std::uint8_t*>(text.data()), text.size()}); }

/// Characters of host names and addresses, and of nothing that a shell or a key file would take apart.
bool valid_host(std::string_view host) {
    return !host.empty() && host.front() != '-' &&
           host.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.:-_") ==
               std::string_view::npos;
}

/// What is wrong with words and options, or nothing.
std::string problem(const Call& call) {
    if (call.words.empty()) return "which device? Give its name, such as pi-1";
    if (!valid_id(call.words.front()))
        return "\"" + escape_controls(call.words.front()) +
               "\" can't be an id (lower-case letters, digits, dots and dashes, at most 63)";
    const std::string& address = call.settings.text("address");
    if (!address.empty() && !valid_host(address))
        return "--address \"" + escape_controls(address) + "\" is no host name or address";
    const std::string& ssh = call.settings.text("ssh");
    if (!ssh.empty() && !valid_ssh_target(ssh))
        return "--ssh \"" + escape_controls(ssh) + "\" is not of the form USER@HOST";
    if (!ssh.empty() && call.settings.is_set("out")) return "--ssh and --out exclude each other";
    return {};
}

/// Has the broker issue a key; with --again after the old one was revoked.
std::variant<KeyIssueReply, ExitCode> issue(const Call& call, BrokerLink& link, const std::string& id) {
    const KeyIssueRequest request{id, Role::agent};
    auto answer = link.call(request, call.settings.duration_ms("broker.timeout"));
    const auto* reply = std::get_if<Reply>(&answer);
    const auto* error = reply == nullptr ? nullptr : std::get_if<ErrorReply>(reply);
    if (error == nullptr || error->code != ErrorCode::exists)
        return expect<KeyIssueReply>(call, std::move(answer));
    if (!call.settings.flag("again")) {
        return report(
            call, ExitCode::usage,
            {id + " is enrolled already",
             "a new card, or a device set up anew? Add --again: the old key ends at once. Otherwise take "
             "another name; see: pncp-cli agents"});
    }
    const auto revoked = ask<DoneReply>(call, link, KeyRevokeRequest{id, Role::agent});
    if (const auto* code = std::get_if<ExitCode>(&revoked)) return *code;
    return ask<KeyIssueReply>(call, link, request);
}

ExitCode write_script(const Call& call, const std::string& id, const std::string& key_text,
                      const std::string& path) {
    std::string script = enroll_script(id, key_text);
    const Status made = create_exclusively(path, view(script), kScriptMode);
    wipe_text(script);
    if (!made) return report(call, ExitCode::unavailable, made.error());
    call.world.console.out("wrote " + path + "; carry it to " + id +
                           " over a safe way, run it there with: sudo sh " + path +
                           ", then delete it. Whoever has it is " + id + ".\n");
    return ExitCode::ok;
}

ExitCode over_ssh(const Call& call, const std::string& id, const std::string& key_text) {
    const std::string& target = call.settings.text("ssh");
    const std::string again = "put that right, then: pncp-cli enroll " + id + " --again --ssh " + target;
    const auto done = run_over_ssh(target, kEnrollThere, key_text);
    if (!done) return report(call, ExitCode::unavailable, {done.error().message, again});
    if (*done == 0) {
        call.world.console.out(id + " is enrolled at " + target + "\n");
        return ExitCode::ok;
    }
    if (*done == kNotYetThere)
        return report(call, ExitCode::some_unanswered,
                      {id + " has its key at " + target + ", but has not reached the broker yet",
                       "it goes on trying; see: pncp-cli agents, and --address"});
    return report(call, ExitCode::unavailable,
                  {"pncp-enroll at " + target + " ended with " + std::to_string(*done) +
                       ", so the key that was issued is of no use",
                   again});
}

}  // namespace

bool valid_ssh_target(std::string_view target) {
    const auto at = target.rfind('@');
    if (at == std::string_view::npos) return valid_host(target);
    return valid_host(target.substr(0, at)) && valid_host(target.substr(at + 1));
}

std::string with_host(const std::string& endpoint, const std::string& host) {
    const auto colon = endpoint.rfind(':');
    if (host.empty() || colon == std::string::npos) return endpoint;
    const bool ipv6 = host.find(':') != std::string::npos;
    return "tcp://" + (ipv6 ? "[" + host + "]" : host) + endpoint.substr(colon);
}

std::string device_key_text(const KeyFile& file) {
    KeyFile part = file;
    part.control.clear();
    part.feed.clear();
    std::string text = format_key_file(part);
    wipe(part.key);
    // The comment on its first line is for files.
    if (text.starts_with('#')) text.erase(0, text.find('\n') + 1);
    return text;
}

std::string enroll_line(const std::string& key_text) {
    std::string line = " printf '%s\\n'";
    std::string_view rest = key_text;
    while (!rest.empty()) {
        const auto end = std::min(rest.find('\n'), rest.size());
        line.append(" '").append(rest.substr(0, end)).append("'");
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return line + " | sudo pncp-enroll\n";
}

std::string enroll_script(const std::string& id, const std::string& key_text) {
    return "#!/bin/sh\n# Enrols " + id +
           " in PNCP: run it there with sudo, then delete it. Whoever has this file is " + id +
           ".\nexec pncp-enroll \"$@\" <<'KEY'\n" + key_text + "KEY\n";
}

Verb enroll_verb() {
    Verb verb;
    verb.name = "enroll";
    verb.purpose = "Bring a device in: make its key, and place it there";
    verb.usage = "ID";
    verb.settings = {
        {.key = "ssh",
         .help =
             "Do it all: place the key and start the agent over ssh. That user is root, or needs no password "
             "for sudo.",
         .value_name = "USER@HOST"},
        {.key = "out",
         .help = "Write a file to run there with sudo sh, instead of printing a line; never overwritten.",
         .value_name = "FILE"},
        {.key = "address",
         .help = "Under which name or address that device reaches the broker. By default the broker's "
                 "public_host.",
         .value_name = "HOST"},
        {.key = "again",
         .kind = Kind::flag,
         .help = "It is enrolled already (a new card, or set up anew): its old key ends at once."}};
    verb.max_positionals = 1;
    verb.details =
        "On the device the package pncp-agent is installed. What is printed is one line to run there: it "
        "places\n"
        "the key and the broker's address and starts the service. It holds the secret: who has it is that "
        "device.\n\n"
        "Replace a card: --again. Rename: enroll it under the new name, then `pncp-cli key revoke OLD`.\n"
        "A key that is to be renewed while all goes on: `pncp-cli key rotate ID`.\n\n"
        "Examples:\n"
        "  pncp-cli enroll pi-1\n"
        "  pncp-cli enroll pi-1 --ssh pi@pi-1.local\n"
        "  pncp-cli enroll pi-1 --again --out pi-1.sh";
    return verb;
}

ExitCode run_enroll(const Call& call) {
    if (const std::string wrong = problem(call); !wrong.empty()) return usage_error(call, "enroll", wrong);
    const std::string& id = call.words.front();
    const std::string& path = call.settings.text("out");
    // Looked at before the broker is asked, so that nothing is issued in vain.
    if (!path.empty() && path_exists(path))
        return report(call, ExitCode::unavailable, {path + " is there already", "name another with --out"});
    auto link = open_link(call);
    if (const auto* code = std::get_if<ExitCode>(&link)) return *code;
    auto answer = issue(call, *std::get<0>(link), id);
    std::get<0>(link).reset();
    if (const auto* code = std::get_if<ExitCode>(&answer)) return *code;
    KeyIssueReply& reply = std::get<KeyIssueReply>(answer);
    KeyFile file = key_file_of(reply);
    wipe(reply.key);
    file.agents = with_host(file.agents, call.settings.text("address"));
    std::string text = device_key_text(file);
    wipe(file.key);
    ExitCode code = ExitCode::ok;
    if (text.find('\'') != std::string::npos) {
        code = report(call, ExitCode::configuration,
                      {"the broker says that agents reach it at " + escape_controls(file.agents) +
                           ", which is no address",
                       "correct public_host of pncp-broker, or give --address HOST, and --again"});
    } else if (!call.settings.text("ssh").empty()) {
        code = over_ssh(call, id, text);
    } else if (!path.empty()) {
        code = write_script(call, id, text, path);
    } else {
        call.world.console.err("Run this one line on " + id +
                               ", where the package pncp-agent is installed. Whoever has it is " + id +
                               ".\n");
        std::string line = enroll_line(text);
        call.world.console.out(line);
        wipe_text(line);
    }
    wipe_text(text);
    return code;
}

}  // namespace pncp::cli
