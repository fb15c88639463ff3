#include "broker/log_writer/log_writer.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace pncp::log_writer {

namespace {
/// At low rates one sync a second: an SD card wears by them. The broker keeps what is not synced yet.
constexpr std::int64_t kSyncMs = 1'000;
constexpr std::int64_t kRetryMs = 1'000;
/// A file that can't be rotated goes on, and is told of once so often.
constexpr std::int64_t kRotateRetryMs = 60'000;
}  // namespace

LogWriter::LogWriter(LogFile& file, Teller& teller, const RotationPolicy& policy, StepObserver before)
    : file_(file),
      teller_(teller),
      policy_(policy),
      before_(std::move(before)),
      old_files_(file.path(), policy, before_) {
    if (const Status tidied = old_files_.tidy(); !tidied.ok()) teller_.warning(tidied.error().text());
}

void LogWriter::add(const std::string& line, bool counts) {
    if (file_.unsynced_lines() == 0) oldest_ms_ = now_ms_;
    file_.add(line);
    ++lines_;
    if (counts) anchors_.on_line(now_ms_);
}

bool LogWriter::on_event(const FeedEvent& event) {
    if (file_.full()) {
        refused_ = true;
        return false;
    }
    add(event_line(event, file_.chain()), counts_for_anchor(event.event, consumer_));
    return true;
}

void LogWriter::on_gap(const FeedGap& gap) {
    // A gap has no way to be told to wait; it is a short line, and rare.
    if (file_.fresh()) add(header_line(gap.resume.journal, consumer_, wall_us_, file_.chain()), false);
    add(gap_line(gap, wall_us_, file_.chain()), true);
    const std::string end = gap.last == 0 ? "an unknown end" : std::to_string(gap.last);
    teller_.warning("events " + std::to_string(gap.first) + " to " + end +
                    " are missing from the log: " + gap.reason);
}

void LogWriter::on_journal(const Id16& journal) {
    if (file_.fresh()) {
        add(header_line(journal, consumer_, wall_us_, file_.chain()), false);
        // Synced before use, so that a file with events always says which journal they are of.
        (void)done(file_.sync());
    } else if (file_.chain().cursor.journal != journal) {
        file_.chain().cursor = {journal, 0};
    }
}

void LogWriter::on_state(const std::string& text) { teller_.info(text); }

std::optional<std::uint64_t> LogWriter::settle(bool at_once) {
    const bool rotating = rotation_is_due();
    std::optional<std::uint64_t> durable;
    if (file_.unsynced_lines() > 0) {
        if (failing() && now_ms_ < retry_at_ms_ && !at_once) return std::nullopt;
        const bool due = at_once || rotating || failing() || file_.full() || now_ms_ - oldest_ms_ >= kSyncMs;
        if (!done(due ? file_.sync() : file_.write()) || !due) return std::nullopt;
        anchors_.on_synced(file_.chain());
        durable = file_.chain().cursor.sequence;
    }
    if (rotating) rotate();
    return durable;
}

bool LogWriter::rotation_is_due() const {
    return now_ms_ >= rotate_at_ms_ &&
           rotation_due(policy_, file_.bytes(), file_.has_events(), file_.begun_us(), wall_us_);
}

void LogWriter::rotate() {
    ChainState after = file_.chain();
    const std::string header = header_line(after.cursor.journal, consumer_, wall_us_, after);
    // tidy() first: the number must be free whatever others did in the folder.
    Status rotated = old_files_.tidy();
    const std::string old_path = old_files_.next_path();
    if (rotated.ok()) rotated = file_.rotate(old_path, header, after, before_);
    if (!rotated.ok()) {
        rotate_at_ms_ = now_ms_ + kRotateRetryMs;
        teller_.error("the log goes on in the same file: " + rotated.error().text());
        return;
    }
    teller_.info("the log up to event " + std::to_string(after.cursor.sequence) + " is in " + old_path);
    if (const Status tidied = old_files_.tidy(); !tidied.ok()) teller_.warning(tidied.error().text());
}

void LogWriter::compress() {
    if (const Status done = old_files_.step(now_ms_); !done.ok()) teller_.warning(done.error().text());
}

bool LogWriter::done(const Status& status) {
    if (!status.ok()) {
        retry_at_ms_ = now_ms_ + kRetryMs;
        if (status.error().text() != failure_) teller_.error(status.error().text());
        failure_ = status.error().text();
        return false;
    }
    if (failing()) teller_.info("the log file " + file_.path() + " can be written again");
    failure_.clear();
    return true;
}

std::optional<std::uint64_t> LogWriter::reopen() {
    const auto durable = settle(true);
    if (const Status opened = file_.reopen(); !opened.ok()) {
        teller_.error(opened.error().text());
        return durable;
    }
    teller_.info("writing to " + file_.path() + (file_.fresh() ? ", a new file" : ""));
    if (file_.fresh() && file_.chain().cursor.journal != Id16{}) on_journal(file_.chain().cursor.journal);
    return durable;
}

std::int64_t LogWriter::wake_at_ms() const {
    if (failing()) return retry_at_ms_;
    if (refused_) return 0;
    std::int64_t at = std::numeric_limits<std::int64_t>::max();
    if (file_.unsynced_lines() > 0) at = oldest_ms_ + kSyncMs;
    return old_files_.busy() ? std::min(at, old_files_.retry_at_ms()) : at;
}

}  // namespace pncp::log_writer
