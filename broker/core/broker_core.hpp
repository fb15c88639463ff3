// BrokerCore: all that the broker decides. Frames, commits, reads and time go in; actions come out. No
// socket, clock, file, thread or randomness. One thread.
//
// broker_core.cpp   frames, sessions, time             agent_frames.cpp  what agents send: rows, goodbyes
// control.cpp       what operators ask                 job_requests.cpp  what they ask about jobs
// jobs.cpp          commands on their way, long polls  job_stages.cpp    batches, late devices, restarts
// key_requests.cpp  issue, rotate, revoke, reload; who has to go
// alert_steps.cpp   alerts: their events and actions
// self_report.cpp   retention, room in the journal, the broker's own numbers
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "broker/core/actions.hpp"
#include "broker/core/admission.hpp"
#include "broker/core/agent_table.hpp"
#include "broker/core/alerts.hpp"
#include "broker/core/consumers.hpp"
#include "broker/core/event_log.hpp"
#include "broker/core/job_table.hpp"
#include "broker/core/peer_directory.hpp"
#include "broker/core/rights.hpp"
#include "broker/core/selection.hpp"
#include "broker/core/session_table.hpp"
#include "broker/core/target_expression.hpp"

namespace pncp::broker {

struct BrokerOptions {
    /// How peers elsewhere reach this broker, for the key files it issues: "agents=tcp://…", "control=…",
    /// "feed=…".
    std::vector<std::string> endpoints;
    Rights rights;
    std::vector<AlertRule> alerts{};
    std::int64_t rotation_grace_ms = limits::kRotationGraceMs;
    /// Events older than this go once every consumer has passed them; 0 = only for want of room.
    std::int64_t keep_ms = kKeepMs;
    /// A consumer that was silent for so long holds nothing back any more.
    std::int64_t forget_consumer_ms = kKeepMs;
    /// The broker's own numbers become a METRICS event so often; 0 = never.
    std::int64_t self_metrics_ms = 0;
    std::string host{};     ///< this machine, as those metrics' tag
    std::string version{};  ///< of this program, for who asks for its status

    static constexpr std::int64_t kKeepMs = 30LL * 24 * 3'600'000;
};

/// What a reload has read.
struct Reloaded {
    PeersFile peers;
    std::vector<Rule> rules;
    std::vector<AlertRule> alerts{};
};

class BrokerCore {
  public:
    /// An ACK waits this long for more to tell, and leaves the way to what people wait for: each costs a
    /// signature and a system call on both sides. Agents judge the broker's load by their ACKs from 300 ms on
    /// (agent/core/send_window.hpp).
    static constexpr std::int64_t kAckDelayMs = 100;

    BrokerCore(BrokerOptions options, PeerDirectory& peers, const journal::Recovered& recovered,
               const Now& now);

    /// At start: the alerts, then the committed events of open jobs, oldest first, so that they go on.
    void restore(std::uint64_t seq, const Event& event);

    /// One frame of a ROUTER. `identity`: User-Id of the connection, "" on a Unix socket. `nonce`: 32 fresh
    /// random bytes (used by a HELLO only). `peer_address`: where it comes from, to be shown; proves nothing.
    void on_frame(const Address& from, std::string_view identity, ByteView frame, const Key32& nonce,
                  const Now& now, std::string_view peer_address = {});
    /// May a connection that proved to hold this CURVE key come in?
    [[nodiscard]] Admitted admit(std::string_view domain, const Key32& key, const Now& now) {
        return admission_.connection(domain, key, now);
    }
    /// A message of the feed's socket: a topic subscribed to or given up.
    void on_subscription(std::string_view identity, ByteView message, const Now& now);
    /// A message with the wrong number of parts.
    void on_wrong_parts(const Address& from, const Now& now);
    /// The ROUTER has no such connection any more, or its queue is full.
    void on_unreachable(const Address& to, const Now& now);

    /// `full`: it failed for want of room only.
    void on_committed(std::uint64_t token, const Status& status, const Now& now, bool full = false);
    /// How the journal stands; to be called before the completion that it came with.
    void on_store_state(const journal::StoreState& state, const Now& now);
    /// A slice of retention was deleted, or could not be.
    void on_retained(const Result<journal::Trimmed>& trimmed, const Now& now);
    /// What the journal may delete now; to be handed to it every second.
    [[nodiscard]] journal::Retention retention(const Now& now);
    void on_page(std::uint64_t token, const Result<journal::Page>& page, const Now& now);
    void on_rows(std::uint64_t token, const Result<std::vector<EventRow>>& rows, const Now& now);
    void on_peers_saved(std::uint64_t token, const Status& status, const Now& now);
    /// SIGHUP: as `pncp-cli reload`.
    void reload(const Now& now);
    void on_reloaded(std::uint64_t token, const Result<Reloaded>& reloaded, const Now& now);

    /// To be called at wake_at_ms() or before.
    void on_time(const Now& now);
    [[nodiscard]] std::int64_t wake_at_ms() const;
    /// Every agent is told nothing; what they sent is durable or theirs. Emits the last events.
    void on_stop(const Now& now);

    /// What to do since the last call, in order.
    [[nodiscard]] Actions take_actions(const Now& now);

    /// Connected, the stale ones included.
    [[nodiscard]] std::size_t agents_online() const { return online_; }
    /// Connected and silent for kStaleMs, as of the last second.
    [[nodiscard]] std::size_t agents_stale() const { return stale_; }
    [[nodiscard]] std::size_t pending_handshakes() const { return sessions_.pending(); }
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
        std::uint64_t last = 0;  ///< of a job's rows: the last one asked for
    };
    /// A change of the list of peers on its way to the disk.
    struct PendingKey {
        std::optional<ReplyTo> to{};
        Reply reply{};
        /// How the peer was before, to be put back when the list can't be written. A revocation stays.
        std::optional<std::pair<std::pair<Role, std::string>, std::optional<PeerRecord>>> undo{};
        bool hand_over = false;  ///< then send REKEY to the agent, if it is connected
    };
    struct Waiter {
        ReplyTo to;
        JobRequest request;
        std::int64_t until_ms = 0;
    };
    /// Since the start.
    struct Counts {
        std::uint64_t rows_metrics = 0;
        std::uint64_t rows_results = 0;
        std::uint64_t batches_held_back = 0;  ///< no room for them: agents keep them
        std::uint64_t batches_out_of_order = 0;
        std::uint64_t published = 0;
        std::uint64_t gaps = 0;
        std::map<std::string, std::uint64_t> gaps_by_reason;
        std::uint64_t ahead = 0;  ///< the highest sequence beyond the head that a peer asked behind
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
    /// Nothing before READY: what is left out then is said behind it.
    void send(Live& live, FrameType type, const auto& message) {
        if (!live.ready) return;
        actions_.push_back(SendTo{live.address, live.session->seal(type, message)});
    }
    void append_event(EventClass event_class, EventKind kind, const std::string& name,
                      const std::string& agent, Direction direction, Bytes body, std::int64_t wall_us,
                      const Now& now);

    // agent_frames.cpp
    void agent_connected(Live& live, const Now& now);
    void agent_disconnected(const std::string& id, const std::string& reason, std::int64_t wall_us,
                            const Now& now);
    void welcome(Live& live, AgentState& agent, const Now& now);
    bool welcome_waiting(std::uint64_t ticket, const Now& now);
    void say_status(AgentState& agent, const std::string& reason, std::int64_t wall_us, const Now& now);
    void change_spool(AgentState& agent, const Hello& hello, const Now& now);
    void on_agent_frame(Live& live, const Verified& frame, const Now& now);
    void on_batch(Live& live, Batch& batch, const Now& now);
    void on_bye(Live& live, const Bye& bye, const Now& now);
    /// Now, or with what more of its rows are on their way.
    void acknowledge_soon(const std::string& id, const Now& now);
    void acknowledge(const std::string& id);
    void acknowledge_due(std::int64_t boot_ms);
    void watch_agents(const Now& now);

    // self_report.cpp
    using Number = std::pair<std::string, FieldValue>;
    [[nodiscard]] bool takes(const Batch& batch);
    void note_committed(const NewEvent& event);
    void note_ahead(const PeerName& peer, std::uint64_t sequence);
    [[nodiscard]] std::vector<Number> numbers() const;
    [[nodiscard]] std::vector<Number> journal_numbers() const;
    void report_numbers(const Now& now);

    // control.cpp
    void on_request(Live& live, ByteView payload, const Now& now);
    void handle(Live& live, const AgentsRequest& request, const Now& now);
    void handle(Live& live, const CommandsRequest& request, const Now& now);
    void handle(Live& live, const FetchRequest& request, const Now& now);
    void handle(Live& live, const CursorRequest& request, const Now& now);
    void handle(Live& live, const StatusRequest& request, const Now& now);
    void handle(Live& live, const AnchorRequest& request, const Now& now);
    void handle(Live& live, const AnchorCheckRequest& request, const Now& now);
    void reply(Live& live, const Reply& reply);
    void reply(const ReplyTo& to, const Reply& reply);
    void audit(const Live& live, const std::string& action, const std::string& detail, bool allowed,
               const Now& now);
    /// "online", "stale", "offline" or "never".
    [[nodiscard]] std::string_view state_of(const std::string& id, const Now& now) const;
    /// The commands of one agent, or of all ("").
    [[nodiscard]] std::map<std::string, CommandRow> commands_of(const std::string& id) const;
    [[nodiscard]] AgentRow agent_row(const std::string& id, const Now& now) const;

    // key_requests.cpp
    void handle(Live& live, const KeyIssueRequest& request, const Now& now);
    void handle(Live& live, const KeyRotateRequest& request, const Now& now);
    void handle(Live& live, const KeyRevokeRequest& request, const Now& now);
    void handle(Live& live, const KeyListRequest& request, const Now& now);
    void handle(Live& live, const ReloadRequest& request, const Now& now);
    void save_peers(PendingKey when_saved);
    void came_over(const Live& live);
    void hand_over(Live& live);
    void end_overdue_rotations(const Now& now);
    void end_unlisted(const std::string& reason, const Now& now);
    void cut_feed();

    // alert_steps.cpp
    void watch_samples(const std::string& agent, const std::vector<NewEvent>& events, const Now& now);
    void watch_presence(const Now& now);
    void alert(const std::vector<AlertBody>& changes, const Now& now);
    void act_on(const AlertBody& begun, const Now& now);

    // job_requests.cpp
    void handle(Live& live, const SendRequest& request, const Now& now);
    void handle(Live& live, const TargetsRequest& request, const Now& now);
    void handle(Live& live, const CancelRequest& request, const Now& now);
    [[nodiscard]] bool may_send(const Live& live, const std::string& command, const std::string& agent) const;
    /// `denied`: those of `names` that the operator may not send to; both ascending.
    void begin_job(const ReplyTo& to, const std::string& operator_id, Direction direction,
                   const SendRequest& request, const std::vector<std::string>& names,
                   const std::vector<std::string>& denied, const Now& now);
    void journal_waiting(Job& job, const Now& now);
    void append_job_event(const Job& job, EventKind kind, Bytes body, Direction direction, const Now& now);
    void cancel_target(Job& job, const std::string& agent, Target& target, CancelReply& answer,
                       const Now& now);
    [[nodiscard]] TargetFacts facts_of(const std::string& id, const Now& now) const;
    [[nodiscard]] std::variant<std::vector<Candidate>, ErrorReply> targets_of(const std::string& text,
                                                                              const Now& now) const;
    [[nodiscard]] std::optional<ErrorReply> check_command(const std::string& name) const;
    /// What to answer when the expression names an agent outright that `knows` does not hold.
    [[nodiscard]] std::optional<ErrorReply> check_names(
        const TargetExpression& expression, const std::function<bool(const std::string&)>& knows) const;
    /// The arguments as they may be journaled and shown.
    [[nodiscard]] std::vector<std::string> without_secrets(const SendRequest& request) const;

    // jobs.cpp
    /// What a target may take beyond its command's time-out: Wi-Fi with power save alone costs 3 s a round
    /// trip.
    static constexpr std::int64_t kAnswerGraceMs = 5'000;
    void handle(Live& live, const JobRequest& request, const Now& now);
    /// What becomes of an event when its commit fails: dropped with the job that could not begin, or tried
    /// again.
    enum class Keep : std::uint8_t { with_job, always };
    void start_target(Job& job, const std::string& agent, Target& target, Keep keep, const Now& now);
    /// Recovered after a restart, with arguments that were secret.
    [[nodiscard]] static bool forgot_secrets(const Job& job);
    void dispatch(Target& target, Job& job, const std::string& agent, const Now& now);
    void end_target(Job& job, const std::string& agent, Target& target, Outcome outcome,
                    const std::string& reason, Keep keep, const Now& now);
    void tell_again(Job& job, const std::string& agent, Target& target, const Now& now);
    void job_ended(Job& job, const Now& now);
    void resend_commands(const std::string& agent, const Id16& spool, const Now& now);
    void commit_failed(const CommitOutcome& outcome, const Now& now);
    void rows_not_kept(const journal::Origin& origin, const Now& now);
    void answer_waiters(const Now& now);
    /// Answers a long poll when it has rows, has ended or has waited long enough.
    bool answer_poll(const ReplyTo& to, const JobRequest& request, bool give_up);
    /// False when the first of the events is not in memory any more.
    bool answer_from_memory(const ReplyTo& to, const Job& job, std::span<const std::uint64_t> sequences);

    // job_stages.cpp
    void on_second_of_jobs(const Now& now);
    void end_overdue(Job& job, const Now& now);
    /// Begins the targets whose turn it is, or none of them ever again.
    void advance(Job& job, Keep keep, const Now& now);
    static void prepare_stop(Job& job);
    [[nodiscard]] std::string reason_to_stop(const Job& job, const Now& now) const;
    void restore_job(std::uint64_t seq, const JobBody& body);
    void restore_target(Job& job, const std::string& agent, const CommandBody& sent);

    BrokerOptions options_;
    PeerDirectory& peers_;
    SessionTable sessions_;
    Admission admission_;
    EventLog log_;
    AgentTable agents_;
    MetricsWalker walker_;
    JobTable jobs_;
    Consumers consumers_;
    Alerts alerts_;
    std::int64_t next_presence_ms_ = 0;
    std::size_t online_ = 0;
    std::size_t stale_ = 0;

    journal::StoreState store_;
    std::int64_t unpassed_said_ms_ = 0;
    std::uint64_t unpassed_said_ = 0;
    std::string retention_error_;
    std::string commit_error_;  ///< as last said
    std::int64_t commit_error_said_ms_ = 0;
    std::int64_t next_numbers_ms_ = 0;
    Counts counts_;

    std::uint64_t next_token_ = 1;
    std::map<std::uint64_t, Deferred> deferred_;
    std::map<std::uint64_t, std::string> welcomes_;  ///< agents whose READY waits for a commit
    std::map<std::uint64_t, PendingRead> reads_;
    std::map<std::uint64_t, PendingKey> keys_;
    std::map<std::uint64_t, std::optional<ReplyTo>> reloads_;
    std::map<std::pair<Role, std::string>, std::int64_t> rotating_since_ms_;
    std::vector<Waiter> waiters_;
    std::deque<std::pair<std::int64_t, std::string>> acks_;  ///< agents to be told of commits, and by when
    std::map<std::pair<Refusal, std::string>, Refused> refused_;
    std::int64_t next_second_ms_ = 0;
    std::int64_t recovered_boot_ms_ = 0;
    std::int64_t recovered_wall_us_ = 0;
    std::map<Id16, std::int64_t> restored_deadlines_us_;
    Actions actions_;
};

}  // namespace pncp::broker
