#include "broker/log_writer/verifier.hpp"

#include <algorithm>
#include <utility>

#include "broker/log_writer/record_form.hpp"
#include "schema/event.hpp"

namespace pncp::log_writer {

namespace {

std::string events_text(std::uint64_t first, std::uint64_t last) {
    if (first == last) return "event " + std::to_string(first) + " is";
    return "events " + std::to_string(first) + " to " + std::to_string(last) + " are";
}

/// The hash that a damaged line claims, so that the line after it is not blamed too.
std::optional<Key32> claimed_hash(std::string_view text) {
    if (!text.ends_with(kLineCloses)) return std::nullopt;
    text.remove_suffix(kLineCloses.size());
    return text.size() < 64 ? std::nullopt : from_hex<32>(text.substr(text.size() - 64));
}

}  // namespace

void Verifier::find(std::uint64_t line, std::string what) {
    findings_.push_back({file_, line, std::move(what)});
}

void Verifier::begin_file(std::string name) {
    file_ = std::move(name);
    line_ = 0;
    ++figures_.files;
}

void Verifier::line(std::string_view text) {
    ++line_;
    ++figures_.lines;
    ++figures_.after_anchor;
    const auto record = read_record(text);
    if (!record || !record->intact) {
        damaged_line(text);
        return;
    }
    if (record->header != (line_ == 1))
        find(line_, record->header ? "a header stands where an event should be"
                                   : "the file does not begin with a header: its first lines were removed");
    check_link(*record);
    if (record->header) {
        check_header(*record);
    } else {
        check_order(*record, text);
    }
    // What the first file goes on from: an anchor made at the end of the one before comes in this one.
    if (!begun_ && record->header) stand({record->state.cursor, record->previous});
    begun_ = true;
    hash_ = record->state.hash;
    cursor_ = record->state.cursor;
    figures_.last = record->state.cursor;
    stand(record->state);
    if (record->type == event_kind_name(EventKind::anchor)) check_anchor(*record, text);
}

void Verifier::damaged_line(std::string_view text) {
    const auto record = read_record(text);
    find(line_, record ? "the line was edited: its hash is not that of its text"
                       : "this is no line of a PNCP log: it was edited or put in");
    begun_ = true;
    hash_ = claimed_hash(text);
    // What it says of its sequence is not to be believed.
    cursor_.reset();
}

void Verifier::check_link(const Record& record) {
    if (!begun_) {
        figures_.first = record.header
                             ? record.state.cursor
                             : Cursor{record.state.cursor.journal, record.state.cursor.sequence - 1};
        any_may_follow_ = record.header && record.previous == Key32{};
        return;
    }
    if (!hash_ || record.previous == *hash_) return;
    const std::uint64_t after = cursor_ ? cursor_->sequence : 0;
    const std::uint64_t here = record.state.cursor.sequence;
    const bool same_journal = cursor_ && cursor_->journal == record.state.cursor.journal;
    const std::uint64_t expected = record.header ? here : here - 1;
    if (same_journal && expected > after)
        find(line_, events_text(after + 1, expected) + " missing before this line: lines were removed");
    else if (same_journal && expected < after)
        find(line_, "event " + std::to_string(here) + " stands after event " + std::to_string(after) +
                        ": lines were put in, repeated or reordered");
    else
        find(line_,
             "the line does not follow the one before it: that one was replaced, or lines were removed");
}

void Verifier::check_header(const Record& record) {
    if (consumer_.empty()) consumer_ = record.consumer;
    if (record.consumer != consumer_ && !record.consumer.empty())
        find(line_, "this file is the log of another subscriber, " + record.consumer);
    // With the chain unbroken, only somebody who computed it anew can have put a wrong number here.
    if (cursor_ && hash_ && record.previous == *hash_ && cursor_->journal == record.state.cursor.journal &&
        cursor_->sequence != record.state.cursor.sequence)
        find(line_, "the header does not go on from the event before it");
}

void Verifier::check_order(const Record& record, std::string_view text) {
    ++figures_.events;
    if (record.type == kGapType) {
        ++figures_.gaps;
        --figures_.events;
        check_gap(record, text);
        any_may_follow_ = false;
        return;
    }
    const bool first = std::exchange(any_may_follow_, false);
    // Where the chain is broken that has been said already.
    if (!cursor_ || !hash_ || record.previous != *hash_) return;
    if (cursor_->journal != record.state.cursor.journal)
        find(line_, "an event of another journal, with no FEED_GAP before it");
    else if (record.state.cursor.sequence <= cursor_->sequence ||
             (record.state.cursor.sequence != cursor_->sequence + 1 && !first))
        find(line_, "event " + std::to_string(record.state.cursor.sequence) + " follows event " +
                        std::to_string(cursor_->sequence) + ": the chain was computed anew");
}

void Verifier::check_gap(const Record& record, std::string_view text) {
    const auto gap = read_gap(text);
    if (!gap || (gap->last != 0 && gap->last < gap->first)) {
        find(line_, "a FEED_GAP that makes no sense");
        return;
    }
    if (!cursor_ || !hash_ || record.previous != *hash_ || cursor_->journal != gap->resume.journal) return;
    if (gap->first != cursor_->sequence + 1 && !any_may_follow_)
        find(line_, "a FEED_GAP from event " + std::to_string(gap->first) + " on follows event " +
                        std::to_string(cursor_->sequence));
}

void Verifier::stand(const ChainState& state) {
    if (state.cursor.journal != stands_journal_) stands_.clear();
    stands_journal_ = state.cursor.journal;
    stands_.push_back({state.cursor.sequence, state.hash});
}

bool Verifier::stood_at(const Cursor& cursor, const Key32& hash) const {
    return cursor.journal == stands_journal_ &&
           std::any_of(stands_.begin(), stands_.end(), [&](const Stand& each) {
               return each.sequence == cursor.sequence && each.hash == hash;
           });
}

void Verifier::check_anchor(const Record& record, std::string_view text) {
    const auto anchor = read_anchor(text);
    if (!anchor) {
        find(line_, "an ANCHOR that makes no sense");
        return;
    }
    if (anchor->consumer != consumer_) {
        ++figures_.foreign_anchors;
        return;
    }
    if (record.state.cursor.journal == figures_.first.journal && anchor->sequence < figures_.first.sequence) {
        ++figures_.older_anchors;
        return;
    }
    // One that says less than the newest anchor is covered by it: a request that was sent twice.
    if (!anchors_.empty() && anchors_.back().at.journal == record.state.cursor.journal &&
        anchor->sequence < anchors_.back().body.sequence)
        return;
    if (!stood_at({record.state.cursor.journal, anchor->sequence}, anchor->hash)) {
        find(line_,
             "the anchor of event " + std::to_string(anchor->sequence) +
                 " is not that of the lines before it: they were changed, and the chain computed anew");
        return;
    }
    anchors_.push_back({record.state.cursor, *anchor, file_, line_});
    while (!stands_.empty() && stands_.front().sequence != anchor->sequence) stands_.pop_front();
    figures_.after_anchor = stands_.size() - 1;
}

void Verifier::end_file(std::size_t torn_bytes, bool newest) {
    if (torn_bytes > 0 && !newest)
        find(line_ + 1, "the last line is not finished, though another file follows");
    if (line_ == 0 && !newest) find(0, "the file is empty, though another one follows");
}

}  // namespace pncp::log_writer
