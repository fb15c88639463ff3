// A broker's journal with the two ways out of it, and a consumer that checks what FeedCore promises. For the
// tests of FeedCore.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "schema/codec.hpp"
#include "schema/limits.hpp"
#include "schema/subscriber/feed_core.hpp"

namespace pncp::feed_bench {

inline Id16 journal_id(std::uint8_t n) {
    Id16 id{};
    id[0] = n;
    return id;
}

inline Event make_event(std::uint64_t seq, std::uint64_t identity) {
    Event event;
    event.topic = "metrics/pi-1/";
    event.class_seq = identity;
    event.time_ns = static_cast<std::int64_t>(seq);
    event.agent = "pi-1";
    event.direction = Direction::agent_to_broker;
    event.body = {0x80};
    return event;
}

/// The journal and the two ways out of it. `identity` makes each event ever made distinct, so that one of a
/// lost timeline can't pass for one of the new.
struct Broker {
    Id16 journal = journal_id(1);
    std::map<std::uint64_t, Event> events;
    std::uint64_t head = 0;
    std::uint64_t identities = 0;
    std::uint64_t cursor = 0;

    std::uint64_t oldest() const { return events.empty() ? 0 : events.begin()->first; }
    std::uint64_t append() {
        ++head;
        events[head] = make_event(head, ++identities);
        return head;
    }
    void forget_up_to(std::uint64_t seq) { events.erase(events.begin(), events.upper_bound(seq)); }
    void lose_tail(std::uint64_t new_head) {
        events.erase(events.upper_bound(new_head), events.end());
        head = new_head;
        cursor = std::min(cursor, head);
    }
    Reply answer(const Request& request) {
        if (const auto* asked = std::get_if<CursorRequest>(&request)) {
            if (asked->journal == journal) cursor = std::max(cursor, asked->sequence);
            return CursorReply{journal, cursor};
        }
        const auto& fetch = std::get<FetchRequest>(request);
        FetchReply page{journal, oldest(), head, fetch.after, {}};
        for (auto at = events.upper_bound(fetch.after); at != events.end() && page.rows.size() < fetch.limit;
             ++at)
            page.rows.push_back({at->first, encode(at->second)});
        page.next = page.rows.empty() ? std::max(head, fetch.after) : page.rows.back().seq;
        return page;
    }
};

/// Checks what FeedCore promises, at each call.
struct Consumer : FeedHandler {
    const Broker& broker;
    std::mt19937_64& random;
    double refuses = 0;
    bool quiet_start = true;
    Cursor at;
    std::uint64_t taken = 0;
    std::vector<FeedGap> gaps;
    std::vector<std::string> states;

    Consumer(const Broker& b, std::mt19937_64& r) : broker(b), random(r) {}
    bool on_event(const FeedEvent& event) override {
        if (std::bernoulli_distribution(refuses)(random)) return false;
        if (quiet_start) {
            at.sequence = event.seq - 1;
            quiet_start = false;
        }
        EXPECT_EQ(event.seq, at.sequence + 1) << "out of order, twice, or missing without a word";
        if (const auto held = broker.events.find(event.seq);
            held != broker.events.end() && at.journal == broker.journal) {
            EXPECT_EQ(event.event, held->second);
        }
        at.sequence = event.seq;
        ++taken;
        return true;
    }
    void on_gap(const FeedGap& gap) override {
        EXPECT_FALSE(gap.reason.empty());
        if (gap.last >= gap.first && gap.resume.journal == at.journal && gap.resume.sequence >= at.sequence) {
            EXPECT_EQ(gap.first, at.sequence + 1);
            const bool gone =
                broker.journal != at.journal || gap.last < broker.oldest() || broker.events.empty();
            EXPECT_EQ(gone, gap.reason.find("not understood") == std::string::npos) << gap.reason;
        }
        at = gap.resume;
        gaps.push_back(gap);
    }
    void on_journal(const Id16& journal) override { at.journal = journal; }
    void on_state(const std::string& text) override { states.push_back(text); }
};

}  // namespace pncp::feed_bench
