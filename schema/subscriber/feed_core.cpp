#include "schema/subscriber/feed_core.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "schema/codec.hpp"
#include "schema/limits.hpp"
#include "schema/result.hpp"

namespace pncp {

namespace {

constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
/// A cursor is sent once a second, or as soon as this much has become durable, but then ten times a second at
/// most.
constexpr std::int64_t kCursorMs = 1'000;
constexpr std::int64_t kCursorBusyMs = 100;
constexpr std::uint64_t kCursorEvents = 1'000;
/// After a page that brought nothing although something is missing, so that two sides that disagree don't
/// spin.
constexpr std::int64_t kFruitlessMs = 200;
/// After a refusal (rights, overload), which asking at once would not change.
constexpr std::int64_t kRefusedMs = 5'000;
/// Where one event is missing others are likely to be: a small page fills several holes at once.
constexpr std::uint64_t kSmallFetch = 32;
/// Beside limits::kSubscriberHeld: 4,096 events of the largest size would be 62 MB, of the usual 1 KB 4 MB.
constexpr std::size_t kHeldBytes = 16 * 1024 * 1024;

bool is_zero(const Id16& id) { return id == Id16{}; }

}  // namespace

FeedCore::FeedCore(FeedOptions options) : options_(std::move(options)) {
    if (options_.from_now || options_.from_broker_cursor || is_zero(options_.start.journal)) return;
    journal_ = options_.start.journal;
    durable_ = options_.start.sequence;
    begin_at(options_.start.sequence);
}

// --- sessions and journals -----------------------------------------------------------------------------

void FeedCore::on_session(const Id16& journal) {
    session_ = true;
    asked_ = Asked::nothing;
    retry_at_ms_ = 0;
    probe_ = true;
    register_cursor_ = options_.durable || (options_.from_broker_cursor && !started_);
    // The first session announces the journal even when it is the expected one.
    if (!announced_) announce_ = announced_ = true;
    if (journal != journal_) follow(journal);
    // What stands behind a hole came from the broker as it was before; the journal is asked for it again.
    while (!held_.empty() && held_.rbegin()->first > ready_) {
        held_bytes_ -= held_.rbegin()->second.bytes;
        held_.erase(std::prev(held_.end()));
    }
}

void FeedCore::on_session_lost() {
    session_ = false;
    asked_ = Asked::nothing;
    fares_anew_ = error_.has_value();
}

void FeedCore::follow(const Id16& journal) {
    const bool replaced = !is_zero(journal_);
    if (replaced) {
        notices_.push_back({position_ + 1,
                            0,
                            "the broker's journal was replaced (was " + to_hex(journal_) + ", is " +
                                to_hex(journal) + "): events after " + std::to_string(position_) +
                                " of the old one can't be had",
                            {journal, 0}});
    }
    journal_ = journal;
    announce_ = true;
    drop_held();
    head_ = position_ = ready_ = durable_ = told_ = 0;
    probe_ = true;
    quiet_ = !replaced;
    const bool ask_cursor = options_.from_broker_cursor && !replaced;
    register_cursor_ = options_.durable || ask_cursor;
    started_ = no_cursor_ = false;
    if (!ask_cursor && !options_.from_now) begin_at(0);
}

void FeedCore::begin_at(std::uint64_t sequence) {
    position_ = ready_ = sequence;
    head_ = std::max(head_, sequence);
    started_ = true;
    while (!held_.empty() && held_.begin()->first <= sequence) {
        held_bytes_ -= held_.begin()->second.bytes;
        held_.erase(held_.begin());
    }
    extend_ready();
}

// --- live ----------------------------------------------------------------------------------------------

bool FeedCore::on_live(const Id16& journal, std::uint64_t seq, Event event) {
    if (journal != journal_) return false;
    head_ = std::max(head_, seq);
    if (seq <= ready_ || held_.size() >= limits::kSubscriberHeld || held_bytes_ >= kHeldBytes) return true;
    insert_event(seq, std::move(event));
    extend_ready();
    return true;
}

bool FeedCore::on_heartbeat(const Id16& journal, std::uint64_t head) {
    if (journal != journal_) return false;
    // A lower head proves nothing: pages overtake what waits in the SUB socket.
    head_ = std::max(head_, head);
    return true;
}

void FeedCore::insert_event(std::uint64_t seq, Event event) {
    const std::size_t bytes = event.body.size() + event.topic.size() + event.agent.size() + 128;
    const auto [at, fresh] = held_.try_emplace(seq);
    if (!fresh) return;
    at->second = {seq, FeedEvent{seq, std::move(event)}, {}, bytes};
    held_bytes_ += bytes;
}

void FeedCore::declare(std::uint64_t first, std::uint64_t last, const std::string& reason) {
    // Only what is not held already is missing.
    while (first <= last) {
        const auto next = held_.lower_bound(first);
        const std::uint64_t end = next == held_.end() ? last : std::min(last, next->first - 1);
        if (end >= first) {
            held_.emplace_hint(next, first, Slot{end, std::nullopt, reason, reason.size()});
            held_bytes_ += reason.size();
        }
        first = next == held_.end() ? last + 1 : std::max(end, next->second.last) + 1;
    }
}

void FeedCore::extend_ready() {
    if (!started_) return;
    for (auto at = held_.find(ready_ + 1); at != held_.end() && at->first == ready_ + 1; ++at)
        ready_ = at->second.last;
}

void FeedCore::drop_held() {
    held_.clear();
    held_bytes_ = 0;
}

// --- replies -------------------------------------------------------------------------------------------

void FeedCore::on_reply(const Reply& reply, std::int64_t now_ms) {
    const Asked asked = std::exchange(asked_, Asked::nothing);
    if (asked == Asked::nothing) return;
    if (const auto* page = std::get_if<FetchReply>(&reply); page != nullptr && asked == Asked::fetch) {
        problem_.clear();
        on_page(*page, now_ms);
    } else if (const auto* cursor = std::get_if<CursorReply>(&reply);
               cursor != nullptr && asked == Asked::cursor) {
        problem_.clear();
        on_cursor(*cursor);
    } else {
        const auto* error = std::get_if<ErrorReply>(&reply);
        problem_ = "the broker refuses to hand out events: " +
                   (error == nullptr ? std::string("it answered something else than was asked")
                                     : Error{error->message, error->next}.text());
        retry_at_ms_ = now_ms + kRefusedMs;
    }
}

void FeedCore::on_cursor(const CursorReply& reply) {
    if (reply.journal != journal_) {
        follow(reply.journal);
        return;
    }
    register_cursor_ = false;
    if (!started_ && options_.from_broker_cursor) {
        // Whom the broker does not know begins now: what was before is nobody's to handle.
        no_cursor_ = reply.sequence == 0;
        if (no_cursor_) return;
        durable_ = reply.sequence;
        begin_at(reply.sequence);
        asked_after_ = reply.sequence;
    }
    told_ = std::max(told_, asked_after_);
}

void FeedCore::on_page(const FetchReply& page, std::int64_t now_ms) {
    if (page.journal != journal_) {
        follow(page.journal);
        return;
    }
    probe_ = false;
    if (!started_) {
        begin_at(page.head);
        if (no_cursor_) {
            // Told at once: whoever is killed a moment later must begin here again, and not at a later head.
            durable_ = page.head;
            register_cursor_ = true;
        }
        return;
    }
    if (page.head < asked_after_) {
        on_tail_lost(page.head);
        return;
    }
    const std::uint64_t oldest = page.oldest == 0 ? page.head + 1 : page.oldest;
    if (const std::uint64_t missing = std::max(asked_after_, ready_) + 1; missing < oldest) {
        if (quiet_)
            begin_at(oldest - 1);
        else
            declare(missing, oldest - 1, "no longer in the broker's journal (past its retention)");
    }
    quiet_ = false;
    take_rows(page);
    extend_ready();
    head_ = std::max({page.head, ready_, held_.empty() ? 0 : held_.rbegin()->second.last});
    if (ready_ == asked_after_ && ready_ < head_) retry_at_ms_ = now_ms + kFruitlessMs;
}

void FeedCore::on_tail_lost(std::uint64_t head) {
    if (position_ > head) {
        notices_.push_back(
            {head + 1,
             position_,
             "the broker's journal ends at " + std::to_string(head) +
                 ", before what was received from it: it lost its tail, and will use these numbers again",
             {journal_, head}});
    }
    drop_held();
    head_ = head;
    position_ = ready_ = std::min(position_, head);
    durable_ = std::min(durable_, head);
    told_ = std::min(told_, head);
}

void FeedCore::take_rows(const FetchReply& page) {
    constexpr auto kMissing = "missing in the broker's journal";
    std::uint64_t next = std::max(asked_after_, ready_) + 1;
    if (page.oldest > next) next = page.oldest;
    for (const EventRow& row : page.rows) {
        if (row.seq < next) continue;
        if (row.seq > next) declare(next, row.seq - 1, kMissing);
        if (auto event = decode<Event>(row.event)) {
            insert_event(row.seq, std::move(*event));
        } else {
            declare(row.seq, row.seq, "not understood by this program; is the broker newer?");
        }
        next = row.seq + 1;
    }
    if (const std::uint64_t covered = std::min(page.next, page.head); covered >= next)
        declare(next, covered, kMissing);
}

// --- requests ------------------------------------------------------------------------------------------

void FeedCore::advance(std::uint64_t sequence, bool at_once) {
    if (at_once) told_at_ms_ = std::numeric_limits<std::int64_t>::min() / 2;
    if (started_ && sequence <= ready_) durable_ = std::max(durable_, sequence);
}

void FeedCore::report(std::string error, std::uint64_t dead_letters) {
    constexpr std::size_t kErrorBytes = 200;  // more is not shown
    if (error.size() > kErrorBytes) error.resize(kErrorBytes);
    if (error_ && *error_ == error && dead_letters_ == dead_letters) return;
    error_ = std::move(error);
    dead_letters_ = dead_letters;
    fares_anew_ = true;
}

bool FeedCore::room() const {
    // With nothing to deliver, a page is the only way on.
    return ready_ == position_ ||
           (held_.size() + limits::kPageRows <= limits::kSubscriberHeld && held_bytes_ < kHeldBytes);
}

bool FeedCore::fetch_needed() const {
    if (!started_) return options_.from_now || no_cursor_;
    return probe_ || (ready_ < head_ && room());
}

std::int64_t FeedCore::cursor_due_ms() const {
    if (!options_.durable || (durable_ <= told_ && !fares_anew_)) return kNever;
    return told_at_ms_ + (durable_ >= told_ + kCursorEvents ? kCursorBusyMs : kCursorMs);
}

std::optional<Request> FeedCore::next_request(std::int64_t now_ms) {
    if (!session_ || asked_ != Asked::nothing || now_ms < retry_at_ms_) return std::nullopt;
    // The head first: a journal that lost its tail must not be told of a cursor beyond it.
    const bool where_to_begin = !started_ && options_.from_broker_cursor && !no_cursor_;
    if (where_to_begin || (!probe_ && (register_cursor_ || cursor_due_ms() <= now_ms))) {
        asked_ = Asked::cursor;
        asked_after_ = durable_;
        told_at_ms_ = now_ms;
        fares_anew_ = false;
        CursorRequest request{journal_, durable_, error_, std::nullopt};
        if (error_) request.dead_letters = dead_letters_;
        return request;
    }
    if (!fetch_needed()) return std::nullopt;
    asked_ = Asked::fetch;
    asked_after_ = ready_;
    const auto hole = held_.upper_bound(ready_);
    std::uint64_t limit = started_ ? limits::kPageRows : 1;  // not started: only the head is asked for
    if (hole != held_.end()) limit = std::min(limit, std::max(hole->first - ready_ - 1, kSmallFetch));
    return FetchRequest{ready_, "", limit};
}

std::int64_t FeedCore::wake_at_ms() const {
    if (!session_ || asked_ != Asked::nothing) return kNever;
    if (register_cursor_ || fetch_needed()) return retry_at_ms_;
    return std::max(cursor_due_ms(), retry_at_ms_);
}

// --- handing over --------------------------------------------------------------------------------------

bool FeedCore::deliver(FeedHandler& handler) {
    if (problem_ != said_) {
        said_ = problem_;
        handler.on_state(problem_.empty() ? "the broker hands out events again" : problem_);
    }
    for (const FeedGap& gap : std::exchange(notices_, {})) handler.on_gap(gap);
    if (std::exchange(announce_, false)) handler.on_journal(journal_);
    while (position_ < ready_) {
        const auto first = held_.begin();
        const Slot& slot = first->second;
        if (slot.event) {
            if (!handler.on_event(*slot.event)) return false;
        } else {
            handler.on_gap({first->first, slot.last, slot.reason, {journal_, slot.last}});
        }
        position_ = slot.last;
        held_bytes_ -= slot.bytes;
        held_.erase(first);
    }
    return true;
}

}  // namespace pncp
