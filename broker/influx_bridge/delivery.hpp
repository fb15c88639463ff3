// What to do about each answer of the store: the policy that makes "stored exactly once, or said" true. Pure;
// one thread.
//
//   204                         stored: the only answer that is
//   400                         halve, down to the line that is refused; that one goes to the dead-letter
//   file
//                               with the reason, the rest is stored. The good lines of a refused half may be
//                               stored already: writing them again changes nothing. `dropped=` is never
//                               believed.
//   413                         halve
//   404 database not found      create it when allowed, else hold
//   401, 403, other 4xx, 3xx    hold and say so: a person must change something
//   429, 5xx, no answer         back off, at least for the answer's Retry-After
//   no answer in time           the same, and halve: a batch must not be too large for a slow store for ever
//   500 no space left           the same, and an alarm: influxd answers so until it is restarted, room or not
//
// "Hold" and "back off" are the same pauses, growing and jittered; what differs is what a person is told:
// once a change, and again every kRemindMs while it lasts; at level error where nothing gets better by
// itself.
//
//     delivery.begin(std::move(batch));
//     while (auto request = delivery.next(now)) { answer = post(*request); delivery.answered(answer, now); }
//     then take_done(), take_dead(), take_sayings()
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "broker/influx_bridge/batcher.hpp"
#include "broker/influx_bridge/event_lines.hpp"
#include "schema/program/log.hpp"

namespace pncp::influx {

/// What the store said. `status` 0: nothing, and `text` says why (refused, timed out, TLS …).
struct Answer {
    int status = 0;
    std::string text;
    std::int64_t retry_after_ms = 0;  ///< what the store asked for; 0 = nothing
};

struct Request {
    enum class Kind : std::uint8_t { write, create_database };
    Kind kind = Kind::write;
    /// Lines to write; points into the batch, which stays where it is until the answer is given.
    std::string_view body;
};

/// One line for the log.
struct Saying {
    log::Level level = log::Level::info;
    std::string text;
};

struct DeliveryOptions {
    std::string store = "InfluxDB";  ///< with its address, as people are told
    std::string database = "pncp";
    std::string retention_policy;
    bool create_database = true;
    std::int64_t first_pause_ms = 500;
    std::int64_t longest_pause_ms = 30'000;  ///< an InfluxDB that is back is noticed within this
    std::uint64_t seed = 1;                  ///< of the jitter
};

/// Counts since the start, for `status`.
struct DeliveryFigures {
    std::uint64_t lines_stored = 0;
    std::uint64_t lines_refused = 0;
    std::uint64_t batches = 0;
    std::uint64_t failures = 0;  ///< answers after which the same lines had to wait
};

class Delivery {
  public:
    /// How often a trouble that lasts is said again.
    static constexpr std::int64_t kRemindMs = 600'000;

    explicit Delivery(DeliveryOptions options);

    /// True when a batch can begin: none is under way.
    [[nodiscard]] bool idle() const { return !batch_; }
    void begin(Batch batch);

    /// The request to make now. At most one is under way: after it, answered() must be called.
    [[nodiscard]] std::optional<Request> next(std::int64_t now_ms);
    void answered(const Answer& answer, std::int64_t now_ms);

    /// When next() has something again; INT64_MAX while idle or waiting for an answer.
    [[nodiscard]] std::int64_t wake_at_ms() const;
    /// The store takes nothing at present.
    [[nodiscard]] bool held() const { return problem_ != Problem::none; }

    /// The batch that is done: all of it stored or refused. To be called once idle; gives the memory back.
    [[nodiscard]] std::optional<Batch> take_done();
    /// Lines that the store refused, of the batch that is done.
    [[nodiscard]] std::vector<DeadLetter> take_dead();
    [[nodiscard]] std::vector<Saying> take_sayings();
    [[nodiscard]] const DeliveryFigures& figures() const { return figures_; }
    [[nodiscard]] const std::string& last_error() const { return last_error_; }

  private:
    /// What a person has been told about; a change of it is said, a repetition is not.
    enum class Problem : std::uint8_t {
        none,
        unreachable,
        untrusted,
        credentials,
        no_database,
        no_retention_policy,
        disk_full,
        busy,
        failing,
        wrong_request,
        not_influxdb
    };
    /// Lines [first, last) of the batch that have not been stored yet.
    struct Range {
        std::size_t first = 0;
        std::size_t last = 0;
    };

    void answered_write(const Answer& answer, std::int64_t now_ms);
    void answered_create(const Answer& answer, std::int64_t now_ms);
    void stored(std::int64_t now_ms);
    void refused(std::string reason, std::int64_t now_ms);
    void halve();
    void done_with_range();
    void not_found(const Answer& answer, std::int64_t now_ms);
    void no_answer(const Answer& answer, std::int64_t now_ms);
    void server_error(const Answer& answer, std::int64_t now_ms);
    void hold(Problem problem, std::string_view what, const Answer& answer, std::int64_t now_ms);
    [[nodiscard]] static bool passes_by_itself(Problem problem);
    void works_again(std::int64_t now_ms);
    void say(log::Level level, std::string text) { sayings_.push_back({level, std::move(text)}); }
    [[nodiscard]] std::string database_text() const { return "database \"" + options_.database + "\""; }

    DeliveryOptions options_;
    std::optional<Batch> batch_;
    std::optional<Batch> done_;
    std::vector<Range> todo_;  ///< a stack: the top is next
    std::optional<Request::Kind> under_way_;
    bool create_next_ = false;
    bool created_ = false;  ///< since the last 204: a database that vanishes at once is not made in a loop
    std::int64_t retry_at_ms_ = std::numeric_limits<std::int64_t>::min();
    std::int64_t pause_ms_;
    Problem problem_ = Problem::none;
    std::int64_t problem_since_ms_ = 0;
    std::int64_t said_at_ms_ = 0;
    std::minstd_rand random_;
    std::vector<DeadLetter>
        refused_;  ///< of the batch under way: given out together, so that they are synced once
    std::vector<DeadLetter> dead_;
    std::vector<Saying> sayings_;
    DeliveryFigures figures_;
    std::string last_error_;
};

}  // namespace pncp::influx
