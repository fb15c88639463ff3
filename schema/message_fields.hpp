// The table from which every message is encoded and decoded: its msgpack keys, in order, beside its members.
// PROTOCOL.md lists the same keys; a test compares the two. Included by the codec and that test only.
#pragma once

#include <tuple>
#include <type_traits>

#include "schema/control_messages.hpp"
#include "schema/event.hpp"
#include "schema/messages.hpp"

namespace pncp {

template <typename Message, typename Member>
struct Field {
    const char* key;
    Member Message::*member;
};
template <typename Message, typename Member>
constexpr Field<Message, Member> field(const char* key, Member Message::*member) {
    return {key, member};
}

/// `Fields<M>::list` is a tuple of Field; `Fields<M>::name` is what PROTOCOL.md calls the map. A struct with
/// `as_array` is written as an array of its members, in order: rows, which come by the hundred.
template <typename Message>
struct Fields;

template <typename T>
concept HasFields = requires {
    Fields<T>::list;
};
template <typename T>
constexpr std::size_t kFieldCount = std::tuple_size_v<std::remove_cvref_t<decltype(Fields<T>::list)>>;

// The macros and the table read best as they are.
// clang-format off
#define PNCP_FIELDS(Message, display)                  \
    template <>                                        \
    struct Fields<Message> {                           \
        using M = Message;                             \
        static constexpr const char* name = display;   \
        static constexpr bool as_array = false;        \
        static constexpr auto list = std::make_tuple(
#define PNCP_ROW(Message, display)                     \
    template <>                                        \
    struct Fields<Message> {                           \
        using M = Message;                             \
        static constexpr const char* name = display;   \
        static constexpr bool as_array = true;         \
        static constexpr auto list = std::make_tuple(
#define PNCP_END \
    );           \
    };

PNCP_FIELDS(StreamHeads, "heads") field("metrics", &M::metrics), field("results", &M::results) PNCP_END
PNCP_FIELDS(Hello, "HELLO")
    field("id", &M::id), field("na", &M::na), field("boot_id", &M::boot_id), field("spool", &M::spool),
    field("heads", &M::heads), field("wall_us", &M::wall_us), field("clock_synced", &M::clock_synced),
    field("version", &M::version), field("model", &M::model), field("tags", &M::tags) PNCP_END
PNCP_FIELDS(Challenge, "CHALLENGE")
    field("id", &M::id), field("na", &M::na), field("nb", &M::nb), field("session", &M::session),
    field("now_us", &M::now_us) PNCP_END
PNCP_FIELDS(Auth, "AUTH") field("id", &M::id) PNCP_END
PNCP_FIELDS(Ready, "READY")
    field("acknowledged", &M::acknowledged), field("now_us", &M::now_us), field("catalogue", &M::catalogue),
    field("journal", &M::journal), field("feed_epoch", &M::feed_epoch), field("feed_key", &M::feed_key) PNCP_END
PNCP_ROW(Row, "row")
    field("stream", &M::stream), field("seq", &M::seq), field("kind", &M::kind), field("boot_ms", &M::boot_ms),
    field("wall_us", &M::wall_us), field("clock_synced", &M::clock_synced), field("body", &M::body) PNCP_END
PNCP_FIELDS(Batch, "BATCH")
    field("spool", &M::spool), field("boot_id", &M::boot_id), field("sent_boot_ms", &M::sent_boot_ms),
    field("after", &M::after), field("rows", &M::rows) PNCP_END
PNCP_ROW(CatalogueEntry, "catalogue entry")
    field("name", &M::name), field("help", &M::help), field("arguments", &M::arguments),
    field("tags", &M::tags) PNCP_END
PNCP_FIELDS(Catalogue, "CATALOGUE") field("hash", &M::hash), field("entries", &M::entries) PNCP_END
PNCP_FIELDS(CommandAck, "COMMAND_ACK")
    field("command", &M::command), field("state", &M::state), field("reason", &M::reason) PNCP_END
PNCP_FIELDS(Heartbeat, "HEARTBEAT") field("wall_us", &M::wall_us), field("clock_synced", &M::clock_synced) PNCP_END
PNCP_FIELDS(Bye, "BYE") field("reason", &M::reason), field("all_acknowledged", &M::all_acknowledged) PNCP_END
PNCP_FIELDS(Ack, "ACK") field("spool", &M::spool), field("heads", &M::heads) PNCP_END
PNCP_FIELDS(Command, "COMMAND")
    field("command", &M::command), field("spool", &M::spool), field("name", &M::name),
    field("arguments", &M::arguments), field("timeout_ms", &M::timeout_ms) PNCP_END
PNCP_FIELDS(Cancel, "CANCEL") field("command", &M::command) PNCP_END
PNCP_FIELDS(Rekey, "REKEY") field("generation", &M::generation), field("key", &M::key) PNCP_END
PNCP_FIELDS(NoSession, "NO_SESSION") field("reason", &M::reason) PNCP_END
PNCP_FIELDS(MetricsBody, "metrics body") field("points", &M::points) PNCP_END
PNCP_FIELDS(OutputBody, "output body")
    field("command", &M::command), field("stream", &M::stream), field("offset", &M::offset),
    field("bytes", &M::bytes) PNCP_END
PNCP_FIELDS(ResultBody, "result body")
    field("command", &M::command), field("name", &M::name), field("outcome", &M::outcome),
    field("exit_code", &M::exit_code), field("signal", &M::signal), field("duration_ms", &M::duration_ms),
    field("reason", &M::reason), field("out_bytes", &M::out_bytes), field("err_bytes", &M::err_bytes),
    field("truncated", &M::truncated), field("out", &M::out), field("err", &M::err) PNCP_END
PNCP_FIELDS(GapBody, "gap body")
    field("spool", &M::spool), field("stream", &M::stream), field("first", &M::first), field("last", &M::last),
    field("reason", &M::reason) PNCP_END
PNCP_FIELDS(DeviceEventBody, "device event body") field("name", &M::name), field("detail", &M::detail) PNCP_END
PNCP_FIELDS(StatusBody, "status body")
    field("connected", &M::connected), field("reason", &M::reason), field("version", &M::version),
    field("boot_id", &M::boot_id), field("clock_offset_us", &M::clock_offset_us),
    field("clock_synced", &M::clock_synced) PNCP_END
PNCP_FIELDS(CommandBody, "command body")
    field("job", &M::job), field("command", &M::command), field("spool", &M::spool),
    field("operator", &M::operator_id), field("name", &M::name), field("arguments", &M::arguments),
    field("timeout_ms", &M::timeout_ms) PNCP_END
PNCP_FIELDS(Rollout, "rollout")
    field("batch", &M::batch), field("batch_percent", &M::batch_percent), field("pause_ms", &M::pause_ms),
    field("stop_failures", &M::stop_failures), field("stop_failures_percent", &M::stop_failures_percent),
    field("stop_when", &M::stop_when) PNCP_END
PNCP_FIELDS(JobBody, "job body")
    field("job", &M::job), field("operator", &M::operator_id), field("name", &M::name),
    field("arguments", &M::arguments), field("target", &M::target), field("targets", &M::targets),
    field("timeout_ms", &M::timeout_ms), field("ended", &M::ended), field("cancelled_by", &M::cancelled_by),
    field("ok", &M::ok), field("failed", &M::failed), field("unanswered", &M::unanswered),
    field("deliver_by_us", &M::deliver_by_us), field("rollout", &M::rollout) PNCP_END
PNCP_FIELDS(JobTargetsBody, "job targets body") field("job", &M::job), field("names", &M::names) PNCP_END
PNCP_FIELDS(CommandAckBody, "command acknowledgement body")
    field("command", &M::command), field("state", &M::state), field("reason", &M::reason) PNCP_END
PNCP_FIELDS(AuditBody, "audit body")
    field("operator", &M::operator_id), field("action", &M::action), field("detail", &M::detail),
    field("allowed", &M::allowed) PNCP_END
PNCP_FIELDS(SecurityBody, "security body")
    field("refusal", &M::refusal), field("peer", &M::peer), field("count", &M::count) PNCP_END
PNCP_FIELDS(AnchorBody, "anchor body")
    field("consumer", &M::consumer), field("sequence", &M::sequence), field("hash", &M::hash), field("tag", &M::tag) PNCP_END
PNCP_FIELDS(AlertBody, "alert body")
    field("rule", &M::rule), field("agent", &M::agent), field("active", &M::active), field("text", &M::text),
    field("value", &M::value) PNCP_END
PNCP_FIELDS(FeedHeartbeat, "feed heartbeat")
    field("journal", &M::journal), field("epoch", &M::epoch), field("head", &M::head),
    field("class_heads", &M::class_heads), field("now_us", &M::now_us) PNCP_END
PNCP_FIELDS(Event, "EVENT")
    field("topic", &M::topic), field("class_seq", &M::class_seq), field("time_ns", &M::time_ns),
    field("agent", &M::agent), field("direction", &M::direction), field("kind", &M::kind),
    field("body", &M::body) PNCP_END
PNCP_FIELDS(SendRequest, "send")
    field("job", &M::job), field("target", &M::target), field("name", &M::name),
    field("arguments", &M::arguments), field("timeout_ms", &M::timeout_ms), field("claims", &M::claims),
    field("offline", &M::offline), field("limit", &M::limit), field("limit_percent", &M::limit_percent),
    field("seed", &M::seed), field("deliver_by_ms", &M::deliver_by_ms), field("rollout", &M::rollout) PNCP_END
PNCP_FIELDS(TargetsRequest, "targets")
    field("target", &M::target), field("name", &M::name), field("offline", &M::offline),
    field("limit", &M::limit), field("limit_percent", &M::limit_percent), field("seed", &M::seed),
    field("after", &M::after) PNCP_END
PNCP_FIELDS(CancelRequest, "cancel") field("job", &M::job), field("claims", &M::claims) PNCP_END
PNCP_FIELDS(JobRequest, "job")
    field("job", &M::job), field("after", &M::after), field("wait_ms", &M::wait_ms) PNCP_END
PNCP_FIELDS(AgentsRequest, "agents") field("after", &M::after), field("target", &M::target) PNCP_END
PNCP_FIELDS(CommandsRequest, "commands") field("after", &M::after), field("agent", &M::agent) PNCP_END
PNCP_FIELDS(FetchRequest, "fetch")
    field("after", &M::after), field("prefix", &M::prefix), field("limit", &M::limit) PNCP_END
PNCP_FIELDS(CursorRequest, "cursor")
    field("journal", &M::journal), field("sequence", &M::sequence), field("error", &M::error),
    field("dead_letters", &M::dead_letters) PNCP_END
PNCP_FIELDS(KeyIssueRequest, "key_issue") field("id", &M::id), field("role", &M::role) PNCP_END
PNCP_FIELDS(KeyRevokeRequest, "key_revoke") field("id", &M::id), field("role", &M::role) PNCP_END
PNCP_FIELDS(KeyRotateRequest, "key_rotate") field("id", &M::id), field("role", &M::role) PNCP_END
PNCP_FIELDS(AnchorRequest, "anchor")
    field("journal", &M::journal), field("sequence", &M::sequence), field("hash", &M::hash) PNCP_END
PNCP_FIELDS(AnchorCheckRequest, "anchor_check") field("journal", &M::journal), field("anchors", &M::anchors) PNCP_END
PNCP_FIELDS(KeyListRequest, "key_list") field("after", &M::after) PNCP_END
PNCP_ROW(EventRow, "event row") field("seq", &M::seq), field("event", &M::event) PNCP_END
PNCP_FIELDS(ErrorReply, "error")
    field("code", &M::code), field("message", &M::message), field("next", &M::next), field("known", &M::known) PNCP_END
PNCP_FIELDS(SendReply, "send")
    field("job", &M::job), field("targets", &M::targets), field("attached", &M::attached) PNCP_END
PNCP_FIELDS(JobReply, "job")
    field("job", &M::job), field("targets", &M::targets), field("answered", &M::answered),
    field("ended", &M::ended), field("next", &M::next), field("rows", &M::rows) PNCP_END
PNCP_ROW(AgentRow, "agent row")
    field("id", &M::id), field("state", &M::state), field("last_seen_us", &M::last_seen_us),
    field("reason", &M::reason), field("version", &M::version), field("clock_offset_us", &M::clock_offset_us),
    field("clock_synced", &M::clock_synced), field("catalogue", &M::catalogue), field("model", &M::model),
    field("address", &M::address), field("tags", &M::tags), field("facts", &M::facts) PNCP_END
PNCP_FIELDS(AgentsReply, "agents") field("rows", &M::rows), field("next", &M::next) PNCP_END
PNCP_ROW(CommandRow, "command row")
    field("name", &M::name), field("help", &M::help), field("arguments", &M::arguments),
    field("agents", &M::agents), field("tags", &M::tags), field("variants", &M::variants) PNCP_END
PNCP_FIELDS(CommandsReply, "commands") field("rows", &M::rows), field("next", &M::next) PNCP_END
PNCP_FIELDS(FetchReply, "fetch")
    field("journal", &M::journal), field("oldest", &M::oldest), field("head", &M::head),
    field("next", &M::next), field("rows", &M::rows) PNCP_END
PNCP_FIELDS(CursorReply, "cursor") field("journal", &M::journal), field("sequence", &M::sequence) PNCP_END
PNCP_ROW(StatusRow, "status row") field("name", &M::name), field("value", &M::value) PNCP_END
PNCP_FIELDS(StatusReply, "status") field("rows", &M::rows) PNCP_END
PNCP_FIELDS(KeyIssueReply, "key_issue")
    field("id", &M::id), field("role", &M::role), field("generation", &M::generation), field("key", &M::key),
    field("broker", &M::broker), field("endpoints", &M::endpoints) PNCP_END
PNCP_ROW(KeyRow, "key row")
    field("id", &M::id), field("role", &M::role), field("generation", &M::generation),
    field("revoked", &M::revoked), field("fingerprint", &M::fingerprint), field("connected", &M::connected),
    field("previous", &M::previous), field("used", &M::used), field("address", &M::address) PNCP_END
PNCP_FIELDS(KeyListReply, "key_list") field("rows", &M::rows), field("next", &M::next) PNCP_END
PNCP_FIELDS(DoneReply, "done") field("text", &M::text) PNCP_END

PNCP_FIELDS(AnchorCheckReply, "anchor_check") field("bad", &M::bad) PNCP_END
PNCP_ROW(TargetRow, "target row")
    field("id", &M::id), field("state", &M::state), field("denied", &M::denied) PNCP_END
PNCP_FIELDS(TargetsReply, "targets") field("rows", &M::rows), field("total", &M::total), field("next", &M::next) PNCP_END
PNCP_FIELDS(CancelReply, "cancel")
    field("job", &M::job), field("withdrawn", &M::withdrawn), field("told", &M::told), field("ended", &M::ended) PNCP_END

template <>
struct Fields<StatusRequest> {
    static constexpr const char* name = "status";
    static constexpr bool as_array = false;
    static constexpr std::tuple<> list{};
};
template <>
struct Fields<ReloadRequest> {
    static constexpr const char* name = "reload";
    static constexpr bool as_array = false;
    static constexpr std::tuple<> list{};
};

// clang-format on

#undef PNCP_FIELDS
#undef PNCP_ROW
#undef PNCP_END

}  // namespace pncp
