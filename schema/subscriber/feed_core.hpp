// The logic of following the feed: live events (with holes, twice, out of order), heartbeats and fetched
// pages in; every event once and in order out, or a gap that says what is missing. Pure; one thread.
//
//   live events ──▶ held (bounded) ──▶ deliver() ──▶ handler
//   pages ────────▶       │
//                         └─ a hole in it, or a head above it ──▶ next_request(): FETCH
//
// The journal is the truth: only READY and the replies to FETCH and CURSOR, which come in an authenticated
// session, move the journal id and declare gaps. Live frames only save fetching, and wake.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "schema/control_messages.hpp"
#include "schema/subscriber/feed.hpp"

namespace pncp {

struct FeedOptions {
    bool durable = false;  ///< registers a cursor that the journal waits for
    /// Begin after the cursor that the broker keeps for this consumer; where it keeps none, at the head.
    bool from_broker_cursor = false;
    bool from_now = false;  ///< begin at the head
    Cursor start;           ///< otherwise: events after this one; journal zero = from the oldest held
};

class FeedCore {
  public:
    explicit FeedCore(FeedOptions options);

    // --- in --------------------------------------------------------------------------------------------

    /// A control session is established with a broker that holds `journal`.
    void on_session(const Id16& journal);
    /// A live event whose tag was right. False: of another journal than the one followed, so ask the broker
    /// anew.
    bool on_live(const Id16& journal, std::uint64_t seq, Event event);
    /// The feed's heartbeat. False as above.
    bool on_heartbeat(const Id16& journal, std::uint64_t head);
    /// The reply to what next_request() gave.
    void on_reply(const Reply& reply, std::int64_t now_ms);
    /// The request will not be answered: its session is lost.
    void on_session_lost();
    /// The consumer has durably handled everything up to `sequence`.
    /// `at_once`: without the pause that keeps cursors rare.
    void advance(std::uint64_t sequence, bool at_once = false);

    /// How the consumer fares: told to the broker with its cursor, at most once in its pause.
    void report(std::string error, std::uint64_t dead_letters);

    // --- out -------------------------------------------------------------------------------------------

    /// The next request for the broker; nullopt while one is on its way, or none is due.
    [[nodiscard]] std::optional<Request> next_request(std::int64_t now_ms);
    /// When next_request() may have one without any other input; INT64_MAX = never.
    [[nodiscard]] std::int64_t wake_at_ms() const;
    /// Hands over what is in order, until the handler has no room. True: nothing deliverable is left.
    bool deliver(FeedHandler& handler);

    /// Where the consumer stands in what was handed over (not what it made durable).
    [[nodiscard]] Cursor position() const { return {journal_, position_}; }
    [[nodiscard]] std::uint64_t head() const { return head_; }
    /// True once nothing is known to be missing.
    [[nodiscard]] bool caught_up() const { return started_ && !probe_ && position_ >= head_; }
    /// The consumer's advance() has not reached the broker yet.
    [[nodiscard]] bool cursor_waits() const {
        return options_.durable && (durable_ > told_ || asked_ == Asked::cursor);
    }
    [[nodiscard]] std::size_t held_bytes() const { return held_bytes_; }
    [[nodiscard]] std::size_t held() const { return held_.size(); }

  private:
    /// Stands under its first sequence: an event, or a gap up to `last`.
    struct Slot {
        std::uint64_t last = 0;
        std::optional<FeedEvent> event;
        std::string reason;
        std::size_t bytes = 0;
    };

    void follow(const Id16& journal);
    void begin_at(std::uint64_t sequence);
    void on_page(const FetchReply& page, std::int64_t now_ms);
    void on_tail_lost(std::uint64_t head);
    void take_rows(const FetchReply& page);
    void on_cursor(const CursorReply& reply);
    void insert_event(std::uint64_t seq, Event event);
    void declare(std::uint64_t first, std::uint64_t last, const std::string& reason);
    void extend_ready();
    void drop_held();
    [[nodiscard]] bool room() const;
    [[nodiscard]] bool fetch_needed() const;
    [[nodiscard]] std::int64_t cursor_due_ms() const;

    FeedOptions options_;
    Id16 journal_{};
    bool started_ = false;    ///< position_ is known
    bool no_cursor_ = false;  ///< the broker keeps none for this consumer, so it begins at the head
    bool quiet_ = false;      ///< what lies before the oldest event held is not missed: never followed any
    bool announce_ = false;   ///< on_journal() is owed to the handler
    bool announced_ = false;
    std::uint64_t position_ = 0;  ///< handed over up to here
    std::uint64_t ready_ = 0;     ///< held without a hole up to here
    std::uint64_t head_ = 0;      ///< the newest sequence known to exist

    std::map<std::uint64_t, Slot> held_;
    std::size_t held_bytes_ = 0;
    std::vector<FeedGap> notices_;  ///< gaps that stand before everything held
    std::string problem_;           ///< the broker's last refusal, for on_state()
    std::string said_;

    bool session_ = false;
    bool probe_ = false;            ///< the head must be asked for: a new session
    bool register_cursor_ = false;  ///< tell the broker where we stand, be it news or not
    enum class Asked : std::uint8_t { nothing, fetch, cursor };
    Asked asked_ = Asked::nothing;
    std::uint64_t asked_after_ = 0;
    std::int64_t retry_at_ms_ = 0;

    std::uint64_t durable_ = 0;  ///< the consumer's advance()
    std::optional<std::string> error_;
    std::uint64_t dead_letters_ = 0;
    bool fares_anew_ = false;  ///< what it last reported is not told yet
    std::uint64_t told_ = 0;   ///< what the broker was told of it
    std::int64_t told_at_ms_ = std::numeric_limits<std::int64_t>::min() / 2;
};

}  // namespace pncp
