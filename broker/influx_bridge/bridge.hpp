// The bridge's loop: reads the clock, polls the feed, signals and the HTTP thread's answers, writes the
// dead-letter and cursor files. What to do is the Pipeline's to say. One thread (the HTTP thread is
// HttpPost's).
//
// Order of durability: stored in the store (or dead letter synced), then the file of agents' tags, then the
// cursor file, then the broker is told. So a kill at any moment only makes the bridge write points again,
// which changes nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/influx_bridge/bridge_config.hpp"
#include "broker/influx_bridge/dead_letter.hpp"
#include "broker/influx_bridge/http_post.hpp"
#include "broker/influx_bridge/pipeline.hpp"
#include "broker/influx_bridge/tags_file.hpp"
#include "schema/key_file.hpp"
#include "schema/program/log.hpp"
#include "schema/program/notify.hpp"
#include "schema/program/signals.hpp"
#include "schema/subscriber/subscriber.hpp"

namespace pncp::influx {

class Bridge final : private FeedHandler {
  public:
    /// `start` is what the cursor file says. Throws when sockets or the HTTP thread can't be had.
    Bridge(const BridgeConfig& config, const KeyFile& key, const Mark& start, Signals& signals);
    /// Agents' tags as they were at the start; once, before run().
    [[nodiscard]] Status load_tags();

    /// Runs until SIGTERM or SIGINT; then stores what is at hand, within kStopMs, and the cursor.
    void run();

  private:
    bool on_event(const FeedEvent& event) override;
    void on_gap(const FeedGap& gap) override;
    void on_journal(const Id16& journal) override;
    void on_state(const std::string& text) override;

    void take_signals();
    void step();
    void write_dead_letters();
    void save_mark();
    [[nodiscard]] Status save_files();
    void say_all();
    void tell_systemd();
    [[nodiscard]] bool finished() const;
    [[nodiscard]] std::int64_t wait_ms() const;

    BridgeConfig config_;
    Signals& signals_;
    Pipeline pipeline_;
    DeadLetterFile dead_letters_;
    TagsFile tags_file_;
    transport::Context context_;
    transport::Poller poller_;
    Subscriber subscriber_;
    HttpPost http_;  ///< after the pipeline, whose batch it reads: gone first
    Notifier notifier_;

    Id16 journal_;
    std::int64_t now_ms_;
    std::vector<DeadLetter> dead_;  ///< not yet written; while there are any, nothing new is taken
    std::int64_t dead_retry_at_ms_ = 0;
    bool dead_said_ = false;  ///< that the file can't be written
    log::Every dead_every_;
    std::size_t dead_unsaid_ = 0;
    TagChanges tag_changes_;    ///< not yet in the file
    std::optional<Mark> mark_;  ///< true, and not yet in the cursor file
    std::int64_t save_at_ms_ = 0;
    bool save_said_ = false;
    std::optional<std::int64_t> stop_by_ms_;
    std::optional<std::int64_t> watchdog_ms_;
    std::int64_t watchdog_at_ms_ = 0;
};

}  // namespace pncp::influx
