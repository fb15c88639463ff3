// From the feed into the file: events become lines, lines are synced by group, and only then the cursor may
// move; a file that is full or old ends and the next begins. One thread. The LogFile outlives it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "broker/log_writer/anchor_clock.hpp"
#include "broker/log_writer/log_file.hpp"
#include "broker/log_writer/old_files.hpp"
#include "schema/subscriber/feed.hpp"

namespace pncp::log_writer {

/// Whom to tell what; made by main, which logs it.
class Teller {
  public:
    Teller() = default;
    Teller(const Teller&) = delete;
    Teller& operator=(const Teller&) = delete;
    virtual ~Teller() = default;
    virtual void info(const std::string& text) = 0;
    virtual void warning(const std::string& text) = 0;
    virtual void error(const std::string& text) = 0;
};

class LogWriter : public FeedHandler {
  public:
    LogWriter(LogFile& file, Teller& teller, const RotationPolicy& policy = {}, StepObserver before = {});
    /// The name under which the log follows the feed, before the first event; for headers and anchors.
    void set_consumer(std::string consumer) { consumer_ = std::move(consumer); }

    /// What time it is, before the handler's functions are called.
    void set_time(std::int64_t now_ms, std::int64_t wall_us) {
        now_ms_ = now_ms;
        wall_us_ = wall_us;
        refused_ = false;
    }

    bool on_event(const FeedEvent& event) override;
    void on_gap(const FeedGap& gap) override;
    void on_journal(const Id16& journal) override;
    void on_state(const std::string& text) override;

    /// After each step of the subscriber: writes what came, and syncs when the group is full or a second old,
    /// or when `at_once`. Begins the next file when it is time. The sequence up to which everything is
    /// durable, when that has moved.
    [[nodiscard]] std::optional<std::uint64_t> settle(bool at_once);
    /// Compresses a part of an old file, if there is one.
    void compress();
    [[nodiscard]] AnchorClock& anchors() { return anchors_; }
    [[nodiscard]] const AnchorClock& anchors() const { return anchors_; }

    /// SIGHUP: the file was moved away; goes on in a new one.
    /// As settle(true) before that: the end of the old file is anchored too.
    std::optional<std::uint64_t> reopen();

    /// When settle() has something to do at the latest. Now (0) when the subscriber was told to wait and
    /// there is room.
    [[nodiscard]] std::int64_t wake_at_ms() const;
    [[nodiscard]] bool failing() const { return !failure_.empty(); }
    /// What keeps the file from being written; "" = nothing.
    [[nodiscard]] const std::string& failure() const { return failure_; }
    [[nodiscard]] std::uint64_t lines() const { return lines_; }

  private:
    void add(const std::string& line, bool counts);
    [[nodiscard]] bool rotation_is_due() const;
    void rotate();
    [[nodiscard]] bool done(const Status& status);

    LogFile& file_;
    Teller& teller_;
    RotationPolicy policy_;
    StepObserver before_;
    OldFiles old_files_;
    AnchorClock anchors_;
    std::string consumer_ = "log-writer";
    std::int64_t now_ms_ = 0;
    std::int64_t wall_us_ = 0;
    std::int64_t oldest_ms_ = 0;  ///< when the oldest unsynced line came
    std::int64_t retry_at_ms_ = 0;
    std::int64_t rotate_at_ms_ = 0;  ///< not before: it has failed just now
    std::string failure_;            ///< what keeps the file from being written; "" = nothing
    bool refused_ = false;           ///< an event found no room
    std::uint64_t lines_ = 0;
};

}  // namespace pncp::log_writer
