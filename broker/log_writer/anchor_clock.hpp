// When the log asks the broker for an anchor: after 1,000 lines, a minute after the first that is not
// anchored, and when the log writer stops; never on account of an anchor alone, so that a log at rest stays
// at rest. Pure; one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "broker/log_writer/log_record.hpp"
#include "schema/control_messages.hpp"

namespace pncp::log_writer {

/// False for the lines that anchoring itself brings about: anchors, and the handshakes of the log writer's
/// own sessions (`consumer`).
[[nodiscard]] bool counts_for_anchor(const Event& event, std::string_view consumer);

class AnchorClock {
  public:
    static constexpr std::uint64_t kLines = 1'000;
    static constexpr std::int64_t kAgeMs = 60'000;
    /// After a refusal, or a broker that did not answer.
    static constexpr std::int64_t kRetryMs = 10'000;

    /// A line that counts was added.
    void on_line(std::int64_t now_ms);
    /// Every line added is durable, and the file stands at `chain`.
    void on_synced(const ChainState& chain);

    /// The request to send now; then answered() must be called before there is another.
    [[nodiscard]] std::optional<AnchorRequest> next(std::int64_t now_ms);
    void answered(bool anchored, std::int64_t now_ms);

    /// As next(), for whatever is under no anchor yet, however little and new: before the end.
    [[nodiscard]] std::optional<AnchorRequest> last(std::int64_t now_ms);
    /// Every durable line is under an anchor.
    [[nodiscard]] bool all_anchored() const { return !asked_ && lines_ == 0; }

    /// When next() may have one without any other input; INT64_MAX = not before that.
    [[nodiscard]] std::int64_t wake_at_ms() const;
    [[nodiscard]] bool asked() const { return asked_.has_value(); }

  private:
    [[nodiscard]] AnchorRequest ask(std::int64_t now_ms);

    ChainState durable_;
    std::uint64_t waiting_ = 0;  ///< lines since the last sync
    std::uint64_t lines_ = 0;    ///< durable, and not under an anchor
    std::int64_t oldest_ms_ = 0;
    std::int64_t retry_at_ms_ = 0;
    std::optional<std::uint64_t> asked_;  ///< the lines under the anchor that was asked for
};

}  // namespace pncp::log_writer
