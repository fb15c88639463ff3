// pncp-cli doctor: what is wrong between here and the broker, in the broker, and on the devices, each with
// its fix. Judging is pure (doctor_judge.cpp); the probes ask this machine (doctor_probe.cpp). One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/verbs.hpp"

namespace pncp::cli {

[[nodiscard]] Verb doctor_verb();
[[nodiscard]] ExitCode run_doctor(const Call& call);

/// note: worth knowing, changes no exit code.
enum class Health : std::uint8_t { good, note, bad };

struct Finding {
    Health health = Health::good;
    std::string subject;  ///< "name", "TCP", "key", "clock", …: stable
    std::string text;     ///< what was found
    std::string fix = {};
};
using Findings = std::vector<Finding>;

// --- judging ---

/// Version, clock, journal, queues, refusals and subscribers from the broker's own numbers. `asked_us` and
/// `answered_us` are this machine's clock around the request.
void judge_status(const std::vector<StatusRow>& rows, std::int64_t asked_us, std::int64_t answered_us,
                  Findings& into);
/// Presence, versions, clocks and throttling; `broker_version` may be "".
void judge_agents(const std::vector<AgentRow>& rows, const std::string& broker_version, Findings& into);
/// Keys that were rotated and whose peers have not come over.
void judge_keys(const std::vector<KeyRow>& rows, Findings& into);

[[nodiscard]] std::string render_findings(const Findings& findings, const Style& style);

// --- probes; each adds what it found, and is false when there is no point in going on ---

/// The folder and socket that a broker on this machine made for local use.
[[nodiscard]] bool probe_run_folder(const std::string& folder, Findings& into);
/// Resolves the host of a tcp:// endpoint and connects to one of its addresses.
[[nodiscard]] bool probe_tcp(const std::string& endpoint, std::int64_t timeout_ms, Findings& into);
/// Room on the disk that holds `folder`; nothing when there is no such folder here.
void probe_disk(const std::string& folder, Findings& into);
/// Whether something holds this machine's clock.
void probe_clock(Findings& into);

}  // namespace pncp::cli
