// BrokerCore: all that the broker decides. Frames, commits, reads and time go in; actions come out. No
// socket, clock, file, thread or randomness. One thread.
//
// broker_core.cpp   frames, sessions, time           agent_frames.cpp  what agents send: rows, heartbeats,
// goodbyes control.cpp       what operators ask               jobs.cpp          commands on their way,
// answers, long polls
#pragma once

#include <map>
#include <string>
#include <vector>

#include "broker/core/actions.hpp"
#include "broker/core/agent_table.hpp"
#include "broker/core/event_log.hpp"
#include "broker/core/job_table.hpp"
#include "broker/core/peer_directory.hpp"
#include "broker/core/session_table.hpp"

namespace pncp::broker {

struct BrokerOptions {
    std::uint64_t feed_epoch = 1;
    /// How peers elsewhere reach this broker, for the key files it issues: "agents=tcp://…", "control=…",
    /// "feed=…".
    std::vector<std::string> endpoints;
};

class BrokerCore {
  public:
    BrokerCore(BrokerOptions options, PeerDirectory& peers, const journal::Recovered& recovered,
               const Now& now);

    /// At start: the committed events of open jobs, oldest first, so that the jobs go on.
    void restore(std::uint64_t seq, const Event& event);

    /// One frame of a ROUTER. `identity`: User-Id of the connection, "" on a Unix socket. `nonce`: 32 fresh
    /// random bytes (used by a HELLO only).
    void on_frame(const Address& from, std::string_view identity, ByteView frame, const Key32& nonce,
                  const Now& now);
    /// A message with the wrong number of parts.
    void on_wrong_parts(const Address& from, const Now& now);
    /// The ROUTER has no such connection any more, or its queue is full.
    void on_unreachable(const Address& to, const Now& now);

    void on_committed(std::uint64_t token, const Status& status, const Now& now);
    void on_page(std::uint64_t token, const Result<journal::Page>& page, const Now& now);
    void on_rows(std::uint64_t token, const Result<std::vector<EventRow>>& rows, const Now& now);
    void on_peers_saved(std::uint64_t token, const Status& status, const Now& now);

    /// To be called at wake_at_ms() or before.
    void on_time(const Now& now);
    [[nodiscard]] std::int64_t wake_at_ms() const;
    /// Every agent is told nothing; what they sent is durable or theirs. Emits the last events.
    void on_stop(const Now& now);

    /// What to do since the last call, in order.
    [[nodiscard]] Actions take_actions(const Now& now);

    [[nodiscard]] std::size_t agents_online() const { return online_; }
    [[nodiscard]] std::size_t waiting_rows() const { return log_.waiting(); }

  private:
    /// A reply that waits for a commit, a read or time.
    struct ReplyTo {
        Address address;
        Id16 session{};
    };
    struct Deferred {
        ReplyTo to;
        Reply reply;
        std::optional<Id16> job;
    };
    struct PendingRead {
        ReplyTo to;
        std::optional<Id16> job;
        std::uint64_t after = 0;
    };
    struct PendingKey {
        ReplyTo to;
        Reply reply;
    };
    struct Waiter {
        ReplyTo to;
        JobRequest request;
        std::int64_t until_ms = 0;
    };
    struct Refused {
        std::uint64_t count = 0;
        std::int64_t reported_ms = 0;
        bool reported = false;
    };

    // broker_core.cpp
    void refuse(const Address& from, std::string_view identity, Refusal refusal, const Now& now);
    void report_refusals(const Now& now);
    void on_proven(Proven& proven, const Now& now);
    void send_ready(Live& live, const StreamHeads& acknowledged, const Key32& catalogue, const Now& now);
    void log_line(LogLevel level, std::string text);
    void send(Live& live, FrameType type, const auto& message) {
        actions_.push_back(SendTo{live.address, live.session->seal(type, message)});
    }
    void append_event(EventClass event_class, EventKind kind, const std::string& name,
                      const std::string& agent, Direction direction, Bytes body, std::int64_t wall_us,
                      const Now& now);

    // agent_frames.cpp
    void agent_connected(Live& live, const Now& now);
    void agent_disconnected(const std::string& id, const std::string& reason, std::int64_t wall_us,
                            const Now& now);
    void change_spool(AgentState& agent, const Hello& hello, const Now& now);
    void on_agent_frame(Live& live, const Verified& frame, const Now& now);
    void on_batch(Live& live, const Batch& batch, const Now& now);
    void on_bye(Live& live, const Bye& bye, const Now& now);
    void acknowledge(const std::string& id);
    void watch_agents(const Now& now);

    // control.cpp
    void on_request(Live& live, ByteView payload, const Now& now);
    void handle(Live& live, const SendRequest& request, const Now& now);
    void handle(Live& live, const JobRequest& request, const Now& now);
    void handle(Live& live, const AgentsRequest& request, const Now& now);
    void handle(Live& live, const CommandsRequest& request, const Now& now);
    void handle(Live& live, const FetchRequest& request, const Now& now);
    void handle(Live& live, const CursorRequest& request, const Now& now);
    void handle(Live& live, const StatusRequest& request, const Now& now);
    void handle(Live& live, const KeyIssueRequest& request, const Now& now);
    void handle(Live& live, const KeyRevokeRequest& request, const Now& now);
    void handle(Live& live, const KeyListRequest& request, const Now& now);
    void reply(Live& live, const Reply& reply);
    void reply(const ReplyTo& to, const Reply& reply);
    void audit(const Live& live, const std::string& action, const std::string& detail, bool allowed,
               const Now& now);
    void save_peers(Live& live, Reply when_saved);
    [[nodiscard]] AgentRow agent_row(const std::string& id, const Now& now);

    // jobs.cpp
    [[nodiscard]] std::variant<std::vector<std::string>, ErrorReply> targets_of(
        const std::string& expression) const;
    [[nodiscard]] std::optional<ErrorReply> check_command(const std::string& name) const;
    void start_target(Job& job, const std::string& agent, const Now& now);
    void dispatch(const Target& target, const Job& job, const std::string& agent);
    /// What becomes of an event when its commit fails: dropped with the job that could not begin, or tried
    /// again.
    enum class Keep : std::uint8_t { with_job, always };
    void end_target(Job& job, const std::string& agent, Target& target, Outcome outcome,
                    const std::string& reason, Keep keep, const Now& now);
    void end_overdue(const Now& now);
    void job_ended(Job& job, const Now& now);
    void resend_commands(const std::string& agent, const Id16& spool, const Now& now);
    void commit_failed(const CommitOutcome& outcome, const Now& now);
    void rows_not_kept(const journal::Origin& origin, const Now& now);
    void answer_waiters(const Now& now);
    /// Answers a long poll when it has rows, has ended or has waited long enough.
    bool answer_poll(const ReplyTo& to, const JobRequest& request, bool give_up);

    BrokerOptions options_;
    PeerDirectory& peers_;
    SessionTable sessions_;
    EventLog log_;
    AgentTable agents_;
    JobTable jobs_;
    std::map<std::string, std::uint64_t> cursors_;
    std::size_t online_ = 0;

    std::uint64_t next_token_ = 1;
    std::map<std::uint64_t, Deferred> deferred_;
    std::map<std::uint64_t, PendingRead> reads_;
    std::map<std::uint64_t, PendingKey> keys_;
    std::vector<Waiter> waiters_;
    std::map<std::pair<Refusal, std::string>, Refused> refused_;
    std::int64_t next_second_ms_ = 0;
    std::int64_t recovered_boot_ms_ = 0;
    std::int64_t recovered_wall_us_ = 0;
    std::map<Id16, std::int64_t> restored_deadlines_us_;
    Actions actions_;
};

}  // namespace pncp::broker
