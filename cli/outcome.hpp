// How a target ended, as an operator reads it, and what a whole job's endings add up to. Every target ends in
// exactly one verdict, so the counts add up to the targets. Pure; plain values.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "schema/control_messages.hpp"
#include "schema/program/exit_codes.hpp"

namespace pncp::cli {

enum class Verdict : std::uint8_t {
    ok,           ///< ran and exited with 0
    failed,       ///< ran and exited with another code, or was ended by a signal
    timeout,      ///< killed at its time-out, or no answer until the job's deadline
    refused,      ///< the device's whitelist or queue said no
    denied,       ///< the broker's rights said no
    offline,      ///< not connected
    interrupted,  ///< may have run; its result will never come
    cancelled,
    unknown,  ///< no agent of this name
};
inline constexpr std::size_t kVerdicts = 9;

/// "ok", "failed" …: the word in text and in JSON.
[[nodiscard]] std::string_view verdict_name(Verdict verdict);

/// A device that exits with 0 is ok; one that exits otherwise or dies by a signal has failed.
[[nodiscard]] Verdict verdict_of(const ResultBody& result);

class Tally {
  public:
    void add(Verdict verdict, std::uint64_t count = 1) { counts_[index(verdict)] += count; }
    [[nodiscard]] std::uint64_t of(Verdict verdict) const { return counts_[index(verdict)]; }
    [[nodiscard]] std::uint64_t total() const;

    /// "3 agents: 2 ok, 1 offline". The counts add up to the first number.
    /// With targets that have not ended: "3 agents: 2 ok, 1 not ended yet".
    [[nodiscard]] std::string summary(std::uint64_t open = 0) const;

    /// no_target for none; some_failed if any failed or refused, whatever else happened; else denied if any
    /// was denied; else some_unanswered if any is not ok, or is still open; else ok.
    [[nodiscard]] ExitCode exit_code(std::uint64_t open = 0) const;

  private:
    [[nodiscard]] static std::size_t index(Verdict verdict) { return static_cast<std::size_t>(verdict); }
    std::array<std::uint64_t, kVerdicts> counts_{};
};

}  // namespace pncp::cli
