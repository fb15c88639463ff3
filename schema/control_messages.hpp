// What operators and subscribers ask over the control socket (REQUEST), and what the broker answers (REPLY).
// Each is a msgpack map with its verb; see schema/message_fields.hpp.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "schema/bytes.hpp"
#include "schema/event.hpp"
#include "schema/event_bodies.hpp"
#include "schema/names.hpp"

namespace pncp {

/// What becomes of targets that are offline when a job begins.
enum class OfflineTargets : std::uint8_t {
    include = 1,  ///< they end as offline, and count as unanswered
    skip = 2,     ///< they are no targets
    fail = 3,     ///< nothing is sent
};
struct SendRequest {
    Id16 job{};          ///< drawn by the CLI; a known id attaches to that job
    std::string target;  ///< an expression, PROTOCOL.md section 17; "*" = every agent
    std::string name;
    std::vector<std::string> arguments;
    std::int64_t timeout_ms = 0;  ///< 0 = the broker's default
    std::string claims;           ///< the local user name, for the audit; proves nothing
    OfflineTargets offline{OfflineTargets::include};
    /// So many of the targets only, drawn with `seed`: the same seed draws the same of them. 0 = all.
    std::uint64_t limit{0};
    bool limit_percent{false};
    std::uint64_t seed{0};
    /// Targets that are offline get the command when they come back within this time. 0 = they end at once.
    std::int64_t deliver_by_ms{0};
    std::optional<Rollout> rollout{};
};
/// Whom a send would reach, and who is left out; runs nothing.
struct TargetsRequest {
    std::string target;
    std::string name;  ///< the command, whose rights count; "" = none
    OfflineTargets offline = OfflineTargets::include;
    std::uint64_t limit = 0;
    bool limit_percent = false;
    std::uint64_t seed = 0;
    std::string after{};  ///< the last name of the page before; "" for the first
};
/// Ends what of a job has not ended: what was not sent yet is withdrawn, what runs is told to stop.
struct CancelRequest {
    Id16 job{};
    std::string claims;
};
/// Long poll: events of the job after sequence `after`; waits up to `wait_ms` for the first.
struct JobRequest {
    Id16 job{};
    std::uint64_t after = 0;
    std::int64_t wait_ms = 0;
};
struct AgentsRequest {
    std::string after;     ///< the last name of the page before; "" for the first
    std::string target{};  ///< an expression; "" = every agent
};
struct CommandsRequest {
    std::string after;
    std::string agent{};  ///< what this agent offers; "" = what any agent offers
};
/// Events with sequence > `after` whose topic begins with `prefix`; at most `limit`.
struct FetchRequest {
    std::uint64_t after = 0;
    std::string prefix;
    std::uint64_t limit = 0;
};
/// Registers the consumer (named as its peer) when unknown, advances its cursor otherwise; `sequence` 0 only
/// asks.
struct CursorRequest {
    Id16 journal{};
    std::uint64_t sequence = 0;
    // How the consumer fares, to be shown; absent: it does not say.
    std::optional<std::string> error{};           ///< what keeps it from going on now; "" = nothing
    std::optional<std::uint64_t> dead_letters{};  ///< what it had to put aside since its start
};
struct StatusRequest {};
struct KeyIssueRequest {
    std::string id;
    Role role = Role::agent;
};
struct KeyRevokeRequest {
    std::string id;
    Role role = Role::agent;
};
/// The next generation beside the present one, which stays good until the peer came over or the broker's
/// `rotation_grace` is over. A connected agent gets its key as REKEY.
struct KeyRotateRequest {
    std::string id;
    Role role = Role::agent;
};
struct KeyListRequest {
    std::string after;
};
/// Read the list of peers and the rights again, and apply them to live sessions too.
struct ReloadRequest {};
/// Journal that this consumer's chain of hashes stands at `hash` after event `sequence`.
struct AnchorRequest {
    Id16 journal{};
    std::uint64_t sequence = 0;
    Key32 hash{};
};
/// Were these anchors made by this broker?
struct AnchorCheckRequest {
    Id16 journal{};
    std::vector<AnchorBody> anchors;  ///< at most kAnchorsChecked
};

using Request =
    std::variant<SendRequest, JobRequest, AgentsRequest, CommandsRequest, FetchRequest, CursorRequest,
                 StatusRequest, KeyIssueRequest, KeyRevokeRequest, KeyListRequest, KeyRotateRequest,
                 ReloadRequest, AnchorRequest, AnchorCheckRequest, TargetsRequest, CancelRequest>;

enum class ErrorCode : std::uint8_t {
    malformed = 1,
    unknown_command = 2,
    unknown_agent = 3,
    no_target = 4,
    denied = 5,
    unknown_job = 6,
    overload = 7,
    journal = 8,  ///< the journal cannot take it now (disk or cap)
    exists = 9,
    unknown_peer = 10,
};

struct ErrorReply {
    ErrorCode code = ErrorCode::malformed;
    std::string message;
    std::string next;
    std::vector<std::string> known;  ///< names that would have been right, nearest first
};
struct SendReply {
    Id16 job{};
    std::uint64_t targets = 0;
    bool attached = false;  ///< the job was there already
};
struct TargetRow {
    std::string id;
    std::string state;  ///< as AgentRow
    bool denied = false;
};
struct TargetsReply {
    std::vector<TargetRow> rows;
    std::uint64_t total = 0;  ///< of all pages
    std::string next;         ///< "" = no more
};
struct CancelReply {
    Id16 job{};
    std::uint64_t withdrawn = 0;  ///< were not sent yet, or can't be reached: ended as cancelled
    std::uint64_t told = 0;       ///< run, or wait on the device: told to stop
    std::uint64_t ended = 0;      ///< had ended already
};
/// A page of a job's events (command, output, result) in order; `ended` with no rows: all of them were handed
/// out.
struct JobReply {
    Id16 job{};
    std::uint64_t targets = 0;
    std::uint64_t answered = 0;
    bool ended = false;
    std::uint64_t next = 0;  ///< `after` of the next request
    std::vector<EventRow> rows;
};
struct AgentRow {
    std::string id;
    std::string state;  ///< online, stale, offline, never
    std::int64_t last_seen_us = 0;
    std::string reason;  ///< why it is offline
    std::string version;
    std::int64_t clock_offset_us = 0;
    bool clock_synced = false;
    std::string catalogue;  ///< first 8 hex digits of its hash
    std::string model{};
    std::string address{};            ///< where it connects from; "" unknown
    std::vector<std::string> tags{};  ///< "name=value"
    /// What its newest sample says, "name=value": temp (°C), throttled (what is so now, joined by "+"). A
    /// fact that the device lacks is absent.
    std::vector<std::string> facts{};
};
struct AgentsReply {
    std::vector<AgentRow> rows;
    std::string next;  ///< "" = no more
};
struct CommandRow {
    std::string name;
    std::string help;
    std::vector<std::string> arguments;
    std::uint64_t agents = 0;  ///< how many offer it
    std::vector<std::string> tags{};
    std::uint64_t variants{
        1};  ///< different definitions of it among them; what is shown is the most frequent
};
struct CommandsReply {
    std::vector<CommandRow> rows;
    std::string next;
};
struct FetchReply {
    Id16 journal{};
    std::uint64_t oldest = 0;  ///< the oldest sequence still held
    std::uint64_t head = 0;
    std::uint64_t next = 0;  ///< every event of the prefix up to here is in this page or a page before
    std::vector<EventRow> rows;
};
struct CursorReply {
    Id16 journal{};
    std::uint64_t sequence = 0;
};
/// One number or text of the broker's state, e.g. {"journal.head", "8123"}.
struct StatusRow {
    std::string name;
    std::string value;
};
struct StatusReply {
    std::vector<StatusRow> rows;
};
/// What `key issue` and `key rotate` write into a key file.
struct KeyIssueReply {
    std::string id;
    Role role = Role::agent;
    std::uint16_t generation = 1;
    Key32 key{};
    Key32 broker{};
    std::vector<std::string> endpoints;  ///< "agents=tcp://…", "control=…", "feed=…"
};
struct KeyRow {
    std::string id;
    Role role = Role::agent;
    std::uint16_t generation = 1;
    bool revoked = false;
    std::string fingerprint{};
    bool connected = false;
    std::uint16_t previous = 0;  ///< the generation before, while it is still good; 0 = it is not
    std::uint16_t used = 0;      ///< the generation that its newest session was proven with; 0 = no session
    std::string address{};       ///< where that session connects from; "" a Unix socket, or no session
};
struct KeyListReply {
    std::vector<KeyRow> rows;
    std::string next;
};
struct AnchorCheckReply {
    std::vector<std::uint64_t> bad;  ///< indices, from 0, of anchors that this broker did not make
};
struct DoneReply {
    std::string text;
};

using Reply = std::variant<ErrorReply, SendReply, JobReply, AgentsReply, CommandsReply, FetchReply,
                           CursorReply, StatusReply, KeyIssueReply, KeyListReply, DoneReply, AnchorCheckReply,
                           TargetsReply, CancelReply>;

}  // namespace pncp
