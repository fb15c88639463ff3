// An authenticated conversation with the broker's control ROUTER over REQ: ControlCore (the decisions) with
// its socket. Two ways to use it, one thread either way:
//
//   call():  send, wait, get the reply. For the CLI. Shakes hands and tries again by itself until the time is
//   up. step():  for loops, which wait in their own Poller and ask for news. For the Subscriber.
//
// CURVE is on when the endpoint is tcp://; a local socket is guarded by its folder. The Context outlives the
// client.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "schema/key_file.hpp"
#include "schema/result.hpp"
#include "schema/subscriber/control_core.hpp"
#include "schema/transport/context.hpp"
#include "schema/transport/monitor.hpp"
#include "schema/transport/options.hpp"
#include "schema/transport/poller.hpp"
#include "schema/transport/socket.hpp"

namespace pncp {

/// The tag under which a Subscriber or a ControlClient adds its sockets to a caller's Poller; step() looks at
/// all of them, so that the caller need not.
inline constexpr std::uint64_t kSubscriberPollTag = 0xFFFF'FFFF'0000'0001;

/// The options of a socket that dials `endpoint` with this key: CURVE for tcp, none for ipc.
[[nodiscard]] transport::SocketOptions dial_options(const KeyFile& key, const std::string& endpoint);

class ControlClient {
  public:
    /// For call(). Nothing is connected before the first one.
    ControlClient(transport::Context& context, const KeyFile& key, std::string endpoint);
    /// For step(): the sockets come and go in `poller`, which outlives the client. A request under way is
    /// forgotten when its session is lost.
    ControlClient(transport::Context& context, transport::Poller& poller, const KeyFile& key,
                  std::string endpoint);
    ~ControlClient();
    ControlClient(const ControlClient&) = delete;
    ControlClient& operator=(const ControlClient&) = delete;

    /// Sends and waits for the reply, at most `timeout_ms`. A key that is not accepted, a wrong broker and an
    /// answer that makes no sense end it at once, everything else is tried again until the time is up. An
    /// ErrorReply is a reply. On failure last_failure() says which kind it was.
    [[nodiscard]] Result<Reply> call(const Request& request, int timeout_ms);
    [[nodiscard]] std::optional<ControlFailure> last_failure() const { return last_failure_; }

    /// Does what can be done without waiting.
    void step(std::int64_t now_ms);
    [[nodiscard]] std::int64_t wake_at_ms() const { return core_.wake_at_ms(); }
    /// What has happened, in order; nullopt when nothing has.
    using News = std::variant<SessionReady, Replied, Trouble>;
    [[nodiscard]] std::optional<News> next_news();
    void start(Request request, std::int64_t now_ms);
    void renew(std::int64_t now_ms);
    [[nodiscard]] bool busy() const { return core_.busy(); }
    [[nodiscard]] bool established() const { return core_.established(); }

    /// Of the newest session: journal, feed epoch and feed key; nullopt before the first.
    [[nodiscard]] const std::optional<Ready>& ready() const { return ready_; }
    [[nodiscard]] const std::string& endpoint() const { return endpoint_; }

  private:
    void perform(ControlActions actions, std::int64_t now_ms);
    void open(std::int64_t now_ms, ControlActions& out);
    void close();
    void receive(std::int64_t now_ms);
    void read_monitor(std::int64_t now_ms);

    transport::Context& context_;
    std::unique_ptr<transport::Poller> own_poller_;
    transport::Poller& poller_;
    KeyFile key_;
    std::string endpoint_;
    ControlCore core_;
    std::optional<transport::Socket> socket_;
    std::optional<transport::Monitor> monitor_;
    std::deque<News> news_;
    std::optional<Ready> ready_;
    std::optional<ControlFailure> last_failure_;
    int cut_short_ = 0;  ///< connections in a row that ended in the middle of the handshake
};

}  // namespace pncp
