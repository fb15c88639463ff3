// What the journal may delete, how much room it has, and the broker's own numbers: as `status` shows them,
// and as a METRICS event of its own.
#include <algorithm>

#include "broker/core/broker_core.hpp"
#include "broker/core/number_text.hpp"
#include "schema/codec.hpp"

namespace pncp::broker {

namespace {

/// A spool that its agent has not used for so long, and of which no row is held, is forgotten.
constexpr std::int64_t kSpoolKeptMs = 30LL * 24 * 3'600'000;
/// That the journal deletes what somebody lacks is said so often.
constexpr std::int64_t kSayMs = 60'000;
/// Text of a reason that is kept.
constexpr std::size_t kReasonText = 64;
/// Consumers that the METRICS event tells of: they fit a row's body.
constexpr std::size_t kConsumersReported = 64;
/// While so many events wait the journal has better things to do than to take the broker's own numbers.
constexpr std::size_t kBusy = 1'024;

std::int64_t integer(std::uint64_t value) { return static_cast<std::int64_t>(value); }

}  // namespace

journal::Retention BrokerCore::retention(const Now& now) {
    for (std::string& line : consumers_.review(peers_, now)) log_line(LogLevel::warning, std::move(line));
    journal::Retention rule;
    rule.passed = consumers_.passed(log_.head());
    // A broker that starts again reads its open jobs from their first event on.
    for (const auto& [id, job] : jobs_.open())
        if (job->first_seq > 0) rule.passed = std::min(rule.passed, job->first_seq - 1);
    if (options_.keep_ms > 0) rule.old_before_ns = (now.wall_us - options_.keep_ms * 1000) * 1000;
    rule.spools_before_us = now.wall_us - std::max(options_.keep_ms, kSpoolKeptMs) * 1000;
    return rule;
}

void BrokerCore::on_store_state(const journal::StoreState& state, const Now& now) {
    const bool had_room = store_.metrics_room_bytes > 0;
    const bool was_full = store_.disk_full;
    store_ = state;
    if (state.disk_full != was_full)
        log_line(state.disk_full ? LogLevel::error : LogLevel::info,
                 state.disk_full ? "the journal's disk is full: free space on it. Agents keep their metrics "
                                   "meanwhile; commands, results and audit go on while the reserve lasts"
                                 : "the journal's disk has room again");
    if (had_room != (state.metrics_room_bytes > 0))
        log_line(had_room ? LogLevel::warning : LogLevel::info,
                 had_room ? "the journal has no room for metrics now: agents keep them"
                          : "the journal takes metrics again");
    if (state.trimmed_unpassed == unpassed_said_ || now.boot_ms - unpassed_said_ms_ < kSayMs) return;
    std::string slowest = "an open job";
    std::uint64_t at = state.head;
    for (const auto& [name, consumer] : consumers_.all())
        if (consumer.holds && consumer.sequence < at) {
            slowest = "consumer " + name;
            at = consumer.sequence;
        }
    log_line(
        LogLevel::error,
        "the journal has reached its size limit: " + std::to_string(state.trimmed_unpassed - unpassed_said_) +
            " events were deleted that " + slowest + " had not read; it will see a gap");
    unpassed_said_ = state.trimmed_unpassed;
    unpassed_said_ms_ = now.boot_ms;
}

void BrokerCore::on_retained(const Result<journal::Trimmed>& trimmed, const Now&) {
    const std::string error = trimmed ? "" : trimmed.error().text();
    if (!error.empty() && error != retention_error_)
        log_line(LogLevel::warning, "old events were not deleted: " + error);
    retention_error_ = error;
    if (!trimmed) return;
    for (const journal::SpoolName& gone : trimmed->spools) {
        AgentState& agent = agents_.of(gone.agent);
        const auto found = agent.spools.find(gone.spool);
        if (found == agent.spools.end() || agent.record.spool == gone.spool) continue;
        if (found->second.pending == found->second.committed) agent.spools.erase(found);
    }
}

bool BrokerCore::takes(const Batch& batch) {
    const bool metrics = std::any_of(batch.rows.begin(), batch.rows.end(),
                                     [](const Row& row) { return row.stream == Stream::metrics; });
    std::uint64_t bytes = log_.waiting_bytes();
    for (const Row& row : batch.rows) bytes += row.body.size() + 128;
    // Twice its bytes is more than any row takes in the journal.
    const bool room = !metrics || 2 * bytes <= store_.metrics_room_bytes;
    if (room && !log_.full()) return true;
    ++counts_.batches_held_back;
    return false;
}

void BrokerCore::note_committed(const NewEvent& event) {
    ++counts_.published;
    if (event.origin)
        ++(event.origin->stream == Stream::metrics ? counts_.rows_metrics : counts_.rows_results);
    if (event.kind != EventKind::gap) return;
    ++counts_.gaps;
    const auto gap = decode<GapBody>(event.body);
    std::string reason = gap ? gap->reason.substr(0, kReasonText) : "unreadable";
    auto& reasons = counts_.gaps_by_reason;
    if (!reasons.contains(reason) && reasons.size() + 1 >= kReasonsShown) reason = "other";
    ++reasons[reason];
}

void BrokerCore::note_ahead(const PeerName& peer, std::uint64_t sequence) {
    // Said once for each new height, so that a peer that asks on says it no more.
    if (sequence <= counts_.ahead) return;
    counts_.ahead = sequence;
    log_line(LogLevel::error, std::string(role_name(peer.role)) + " " + peer.id + " has read up to event " +
                                  std::to_string(sequence) + ", and this journal ends at " +
                                  std::to_string(log_.head()) +
                                  ": it has lost its tail (restored from a backup?); its numbers come again");
}

std::vector<BrokerCore::Number> BrokerCore::journal_numbers() const {
    const std::uint64_t held =
        store_.oldest == 0 ? 0 : log_.head() - std::min(log_.head(), store_.oldest - 1);
    return {{"journal.head", integer(log_.head())},
            {"journal.oldest", integer(store_.oldest)},
            {"journal.events", integer(held)},
            {"journal.used_bytes", integer(store_.used_bytes)},
            {"journal.file_bytes", integer(store_.file_bytes)},
            {"journal.cap_bytes", integer(store_.cap_bytes)},
            {"journal.takes_metrics", store_.metrics_room_bytes > 0},
            {"journal.disk_full", store_.disk_full},
            {"journal.deleted", integer(store_.trimmed)},
            {"journal.deleted_unread", integer(store_.trimmed_unpassed)},
            {"journal.waiting", integer(log_.waiting())},
            {"journal.waiting_bytes", integer(log_.waiting_bytes())},
            {"journal.commits", integer(log_.commits())},
            {"journal.failures", integer(log_.failures())},
            {"journal.not_kept", integer(log_.not_kept())},
            {"journal.lost_tail", integer(counts_.ahead)},
            {"journal.last_error", log_.last_error().empty() ? retention_error_ : log_.last_error()}};
}

std::vector<BrokerCore::Number> BrokerCore::numbers() const {
    std::int64_t enrolled = 0;
    for (const auto& [name, record] : peers_.list()) enrolled += name.first == Role::agent && !record.revoked;
    std::uint64_t spooled = 0;
    for (const auto& [id, agent] : agents_.all()) {
        const auto spool = agent.spools.find(agent.record.spool);
        for (const Stream stream : {Stream::metrics, Stream::results}) {
            const std::uint64_t made = agent.record.made.of(stream);
            const std::uint64_t held = spool == agent.spools.end() ? 0 : spool->second.committed.of(stream);
            spooled += made - std::min(made, held);
        }
    }
    std::vector<Number> numbers{{"agents.enrolled", enrolled},
                                {"agents.online", integer(online_)},
                                {"agents.stale", integer(stale_)},
                                {"agents.spooled_rows", integer(spooled)},
                                {"batches.held_back", integer(counts_.batches_held_back)},
                                {"batches.nothing_new", integer(counts_.batches_out_of_order)},
                                {"rows.metrics", integer(counts_.rows_metrics)},
                                {"rows.results", integer(counts_.rows_results)},
                                {"gaps", integer(counts_.gaps)},
                                {"connections.put_off", integer(admission_.put_off())},
                                {"feed.epoch", integer(log_.epoch())},
                                {"feed.published", integer(counts_.published)},
                                {"feed.subscriptions", integer(admission_.subscriptions())},
                                {"sessions.pending", integer(sessions_.pending())},
                                {"sessions.proven", integer(sessions_.proven())},
                                {"alerts.active", integer(alerts_.active())},
                                {"jobs.open", integer(jobs_.open().size())},
                                {"polls.waiting", integer(waiters_.size())},
                                {"reads.waiting", integer(reads_.size())}};
    std::uint64_t refused = 0;
    for (const auto count : sessions_.refusals()) refused += count;
    numbers.emplace_back("refused", integer(refused));
    auto journal = journal_numbers();
    std::move(journal.begin(), journal.end(), std::back_inserter(numbers));
    return numbers;
}

void BrokerCore::report_numbers(const Now& now) {
    if (options_.self_metrics_ms <= 0 || now.boot_ms < next_numbers_ms_) return;
    next_numbers_ms_ = now.boot_ms + options_.self_metrics_ms;
    if (log_.failing() || log_.waiting() > kBusy) return;
    using Tags = std::vector<std::pair<std::string, std::string>>;
    MetricsBody body;
    Point all{"pncp", {{"host", options_.host}}, numbers()};
    for (auto& [name, value] : all.fields) std::replace(name.begin(), name.end(), '.', '_');
    body.points.push_back(std::move(all));
    for (const auto& [name, at] : consumers_.all()) {
        if (body.points.size() > kConsumersReported) break;
        const std::uint64_t lag = log_.head() - std::min(at.sequence, log_.head());
        body.points.push_back({"pncp",
                               Tags{{"host", options_.host}, {"consumer", name}},
                               {{"cursor", integer(at.sequence)},
                                {"lag", integer(lag)},
                                {"silent_s", (now.boot_ms - at.heard_boot_ms) / 1000},
                                {"holds", at.holds}}});
        auto& fields = body.points.back().fields;
        if (at.dead_letters) fields.emplace_back("dead_letters", integer(*at.dead_letters));
        if (at.error) fields.emplace_back("failing", !at.error->empty());
    }
    for (const auto& [reason, count] : counts_.gaps_by_reason)
        body.points.push_back({"pncp",
                               Tags{{"host", options_.host}, {"gap_reason", reason}},
                               {{"gaps_of_reason", integer(count)}}});
    Bytes encoded = encode(body);
    if (encoded.size() > limits::kRowBodyBytes) {
        body.points.resize(1);
        encoded = encode(body);
    }
    append_event(EventClass::metrics, EventKind::metrics, std::string(kBrokersOwn), "", Direction::feed,
                 std::move(encoded), now.wall_us, now);
}

}  // namespace pncp::broker
