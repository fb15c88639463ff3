// pncp-webhook's loop: follows the feed from the cursor that the broker keeps for it, and hands alerts to the
// courier. The cursor moves when the receiver has answered, so that a kill may repeat an alert and never
// loses one. One thread (the HTTP thread is HttpPost's).
#pragma once

#include <cstdint>
#include <optional>

#include "broker/influx_bridge/http_post.hpp"
#include "broker/webhook/courier.hpp"
#include "broker/webhook/webhook_config.hpp"
#include "schema/key_file.hpp"
#include "schema/program/notify.hpp"
#include "schema/program/signals.hpp"
#include "schema/subscriber/subscriber.hpp"

namespace pncp::webhook {

class Webhook final : private FeedHandler {
  public:
    /// Throws when sockets or the HTTP thread can't be had. `signals` outlives it.
    Webhook(const WebhookConfig& config, const KeyFile& key, Signals& signals);

    /// Until SIGTERM or SIGINT.
    void run();

  private:
    bool on_event(const FeedEvent& event) override;
    void on_gap(const FeedGap& gap) override;
    void on_journal(const Id16& journal) override;
    void on_state(const std::string& text) override;
    void step();
    void tell_systemd();
    [[nodiscard]] std::int64_t wait_ms() const;

    Signals& signals_;
    transport::Context context_;
    transport::Poller poller_;
    Subscriber subscriber_;
    Courier courier_;
    influx::HttpPost http_;  ///< after the courier, whose body it reads: gone first
    Notifier notifier_;
    std::int64_t now_ms_;
    std::uint64_t seen_ = 0;      ///< the newest event handed over
    std::uint64_t advanced_ = 0;  ///< the cursor as last told
    bool stopping_ = false;
    std::optional<std::int64_t> watchdog_ms_;
    std::int64_t watchdog_at_ms_ = 0;
};

}  // namespace pncp::webhook
