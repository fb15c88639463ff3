// pncp-log-writer's loop: subscriber, file, signals, systemd. One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "broker/log_writer/log_config.hpp"
#include "broker/log_writer/log_file.hpp"
#include "broker/log_writer/log_writer.hpp"
#include "schema/program/notify.hpp"
#include "schema/program/signals.hpp"
#include "schema/subscriber/control_client.hpp"
#include "schema/subscriber/subscriber.hpp"
#include "schema/transport/context.hpp"
#include "schema/transport/poller.hpp"

namespace pncp::log_writer {

class Service {
  public:
    /// `signals` outlives it.
    Service(LogConfig config, LogFile file, Signals& signals);
    ~Service();
    Service(const Service&) = delete;
    Service& operator=(const Service&) = delete;

    /// Until SIGTERM or SIGINT; then everything taken is synced, and the broker told and asked for a last
    /// anchor, if it listens.
    void run();

  private:
    void step();
    void look_at_key();
    void follow(const KeyFile& key);
    void anchor();
    void take_signals();
    void stop();
    void tell_systemd();
    [[nodiscard]] std::int64_t wait_ms() const;

    LogConfig config_;
    LogFile file_;
    Signals& signals_;
    transport::Context context_;
    transport::Poller poller_;
    LogWriter writer_;
    Notifier notifier_;
    std::optional<KeyFile> key_;
    std::optional<Subscriber> subscriber_;
    /// A session of its own for anchors, since the subscriber's is busy with its own requests; opened for the
    /// first anchor.
    std::optional<ControlClient> anchor_link_;
    std::int64_t anchor_by_ms_ = 0;  ///< when the request under way is given up
    std::string anchor_problem_;

    std::int64_t now_ms_ = 0;
    std::int64_t look_at_key_ms_ = 0;
    std::int64_t look_pause_ms_ = 0;
    std::string key_problem_;
    bool stopping_ = false;
    std::optional<std::int64_t> watchdog_ms_;
    std::int64_t watchdog_at_ms_ = 0;
    std::int64_t status_at_ms_ = 0;
};

}  // namespace pncp::log_writer
