#include "cli/doctor.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/contexts.hpp"
#include "cli/route.hpp"
#include "cli/word_cache.hpp"
#include "schema/keys.hpp"

namespace pncp::cli {
namespace {

std::string_view health_name(Health health) {
    switch (health) {
        case Health::good:
            return "good";
        case Health::note:
            return "note";
        case Health::bad:
            return "bad";
    }
    return {};
}

/// The run folder that local use means, as route.cpp chooses it.
std::string run_folder(const Call& call) {
    if (const std::string& set = call.settings.text("run_dir"); !set.empty()) return set;
    const auto socket = find_socket(call.world.place, kControlSocketName);
    return socket ? socket->substr(0, socket->rfind('/')) : "";
}

std::string state_folder(const Call& call) {
    if (const std::string& set = call.settings.text("state_dir"); !set.empty()) return set;
    const auto chosen = choose_state_dir(call.world.place);
    return chosen ? *chosen : "";
}

class Doctor {
  public:
    explicit Doctor(const Call& call) : call_(call) {}

    ExitCode run() {
        probe_clock(findings_);
        const ExitCode reached = reach();
        const bool local = call_.settings.text("key_file").empty();
        if (local) probe_disk(state_folder(call_), findings_);
        if (reached != ExitCode::ok) return reached;
        ask_about_the_fleet();
        const bool bad = std::any_of(findings_.begin(), findings_.end(),
                                     [](const Finding& each) { return each.health == Health::bad; });
        return bad ? ExitCode::some_failed : ExitCode::ok;
    }

    [[nodiscard]] const Findings& findings() const { return findings_; }

  private:
    /// Key, run folder, name, TCP and handshake, in the order in which they fail.
    ExitCode reach() {
        const bool local = call_.settings.text("key_file").empty();
        if (local && !probe_run_folder(run_folder(call_), findings_)) return ExitCode::broker_unreachable;
        auto route = choose_route(call_.settings, call_.world.place);
        if (auto* failure = std::get_if<Failure>(&route)) {
            if (failure->error.next.empty())
                failure->error.next =
                    "on the broker's machine: pncp-cli key issue NAME --role operator --out FILE; carry it "
                    "here, "
                    "mode 0600";
            return failed("key", *failure);
        }
        Route& chosen = std::get<Route>(route);
        findings_.push_back({Health::good, "key",
                             "operator " + chosen.key.peer.id + ", generation " +
                                 std::to_string(chosen.key.peer.generation) + ", fingerprint " +
                                 key_fingerprint(chosen.key.key)});
        wipe(chosen.key.key);
        const std::int64_t timeout_ms = call_.settings.duration_ms("broker.timeout");
        if (!probe_tcp(chosen.endpoint, timeout_ms, findings_)) return ExitCode::broker_unreachable;
        return shake_hands(chosen.endpoint, timeout_ms);
    }

    ExitCode shake_hands(const std::string& endpoint, std::int64_t timeout_ms) {
        auto link = call_.world.connect(call_.settings);
        if (const auto* failure = std::get_if<Failure>(&link)) return failed("handshake", *failure);
        link_ = std::move(std::get<0>(link));
        // The first round trip has the handshake in it; the second one's time says something.
        auto first = link_->call(StatusRequest{}, timeout_ms);
        if (const auto* failure = std::get_if<Failure>(&first)) return failed("handshake", *failure);
        findings_.push_back({Health::good, "handshake",
                             "the broker at " + endpoint + " accepts this key, and proved itself"});
        return ExitCode::ok;
    }

    void ask_about_the_fleet() {
        const std::int64_t asked_us = call_.world.wall_us();
        std::string version;
        if (const auto status = get<StatusReply>(StatusRequest{}, "status")) {
            judge_status(status->rows, asked_us, call_.world.wall_us(), findings_);
            for (const StatusRow& row : status->rows) {
                if (row.name == "broker.version") version = row.value;
            }
        }
        if (const auto agents = pages<AgentsRequest, AgentsReply, AgentRow>("agents")) {
            remember_agents(call_, *agents);
            judge_agents(*agents, version, findings_);
        }
        if (const auto keys = pages<KeyListRequest, KeyListReply, KeyRow>("keys"))
            judge_keys(*keys, findings_);
    }

    ExitCode failed(std::string_view subject, const Failure& failure) {
        findings_.push_back({Health::bad, std::string(subject), failure.error.message, failure.error.next});
        return failure.code;
    }

    /// The reply, or a finding that says why there is none.
    template <typename Wanted>
    std::optional<Wanted> get(const Request& request, std::string_view subject) {
        auto answer = link_->call(request, call_.settings.duration_ms("broker.timeout"));
        if (const auto* failure = std::get_if<Failure>(&answer)) {
            static_cast<void>(failed(subject, *failure));
            return std::nullopt;
        }
        Reply& reply = std::get<Reply>(answer);
        if (auto* wanted = std::get_if<Wanted>(&reply)) return std::move(*wanted);
        const auto* error = std::get_if<ErrorReply>(&reply);
        findings_.push_back(
            {error != nullptr && error->code == ErrorCode::denied ? Health::note : Health::bad,
             std::string(subject),
             error == nullptr ? "the broker's answer is not understood" : error->message,
             error == nullptr ? "check that broker and CLI have the same version" : error->next});
        return std::nullopt;
    }

    template <typename PageRequest, typename Page, typename Row>
    std::optional<std::vector<Row>> pages(std::string_view subject) {
        std::vector<Row> rows;
        for (std::string after;;) {
            auto page = get<Page>(PageRequest{after}, subject);
            if (!page) return std::nullopt;
            std::move(page->rows.begin(), page->rows.end(), std::back_inserter(rows));
            if (page->next.empty() || page->next <= after) return rows;
            after = std::move(page->next);
        }
    }

    const Call& call_;
    std::unique_ptr<BrokerLink> link_;
    Findings findings_;
};

std::string json_findings(const Findings& findings, ExitCode code, bool document) {
    constexpr auto kReplace = nlohmann::ordered_json::error_handler_t::replace;
    nlohmann::ordered_json rows = nlohmann::ordered_json::array();
    for (const Finding& each : findings)
        rows.push_back(
            {{"health", health_name(each.health)},
             {"subject", each.subject},
             {"finding", each.text},
             {"fix", each.fix.empty() ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(each.fix)}});
    if (document)
        return nlohmann::ordered_json{{"findings", rows}, {"exit_code", number(code)}}.dump(2, ' ', true,
                                                                                            kReplace) +
               "\n";
    std::string lines;
    for (const auto& row : rows) lines += row.dump(-1, ' ', true, kReplace) + "\n";
    return lines;
}

}  // namespace

Verb doctor_verb() {
    Verb verb;
    verb.name = "doctor";
    verb.purpose = "Find what is wrong between here and the devices, and say how to mend it";
    verb.settings = {{.key = "output",
                      .default_text = "text",
                      .help = "For people, as one JSON document, or as one JSON object a line.",
                      .choices = {"text", "json", "jsonl"},
                      .letter = 'o'}};
    verb.max_positionals = 0;
    verb.details =
        "It looks at the run folder, the key, the name, TCP, the handshake, versions, clocks, the journal,\n"
        "queues and drops, refusals, the store, the log, the disk, agents and keys, in the order in which\n"
        "they fail. \"note\" is worth knowing and changes nothing in the exit code: 0 nothing is bad;\n"
        "7 the broker can't be reached; 78 the key, the configuration or the broker is the wrong one;\n"
        "3 the broker answers, but something is bad there.\n\n"
        "Examples:\n"
        "  pncp-cli doctor\n"
        "  pncp-cli doctor -o json\n"
        "  pncp-cli --key-file anna.key doctor";
    return verb;
}

ExitCode run_doctor(const Call& call) {
    Doctor doctor(call);
    const ExitCode code = doctor.run();
    const std::string& form = call.settings.text("output");
    if (form == "text")
        call.world.console.out(render_findings(doctor.findings(), style_of(call)));
    else
        call.world.console.out(json_findings(doctor.findings(), code, form == "json"));
    return code;
}

}  // namespace pncp::cli
