// One alert after the other, each until the receiver has it: alerts and answers in, bodies to post out. Pure;
// one thread.
//
//   2xx                      taken
//   408, 425, 429, 5xx, none asked again after a pause that doubles, or after the answer's Retry-After
//   other 4xx, 3xx           the receiver will never take it: said, and left out
#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "broker/influx_bridge/delivery.hpp"
#include "schema/event.hpp"
#include "schema/event_bodies.hpp"

namespace pncp::webhook {

/// {"text", "rule", "agent", "active", "when", "value", "time", "sequence"}: `text` is a sentence for people,
/// which chat services show as it stands. Every byte is ASCII.
[[nodiscard]] std::string alert_json(const AlertBody& alert, std::uint64_t seq, std::int64_t time_ns);

class Courier {
  public:
    static constexpr std::int64_t kFirstPauseMs = 1'000;
    static constexpr std::int64_t kLongestPauseMs = 60'000;

    explicit Courier(std::uint64_t seed) : random_(static_cast<std::minstd_rand::result_type>(seed)) {}

    /// False: another alert is on its way; offer it again.
    bool take(std::uint64_t seq, std::string body);
    /// The body to post now, once; it stays where it is until answered().
    [[nodiscard]] std::optional<std::string_view> next(std::int64_t now_ms);
    void answered(const influx::Answer& answer, std::int64_t now_ms);

    /// The last post failed, and is tried again.
    [[nodiscard]] bool failing() const { return pause_ms_ > 0; }
    [[nodiscard]] bool idle() const { return body_.empty(); }
    /// When next() has something, if nothing comes before.
    [[nodiscard]] std::int64_t wake_at_ms() const;
    [[nodiscard]] std::vector<influx::Saying> take_sayings() { return std::exchange(sayings_, {}); }
    [[nodiscard]] std::uint64_t sent() const { return sent_; }
    [[nodiscard]] std::uint64_t refused() const { return refused_; }

  private:
    void say(log::Level level, std::string text) { sayings_.push_back({level, std::move(text)}); }

    std::minstd_rand random_;
    std::string body_;  ///< "" = none
    std::uint64_t seq_ = 0;
    bool posted_ = false;
    std::int64_t post_at_ms_ = 0;
    std::int64_t pause_ms_ = 0;  ///< of the last failure; 0 = none
    std::vector<influx::Saying> sayings_;
    std::uint64_t sent_ = 0;
    std::uint64_t refused_ = 0;
};

}  // namespace pncp::webhook
