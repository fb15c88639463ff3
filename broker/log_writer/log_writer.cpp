#include "broker/log_writer/log_writer.hpp"

#include <limits>

namespace pncp::log_writer {

namespace {
/// At low rates one sync a second: an SD card wears by them. The broker keeps what is not synced yet.
constexpr std::int64_t kSyncMs = 1'000;
constexpr std::int64_t kRetryMs = 1'000;
}  // namespace

void LogWriter::add(const std::string& line) {
    if (file_.unsynced_lines() == 0) oldest_ms_ = now_ms_;
    file_.add(line);
    ++lines_;
}

bool LogWriter::on_event(const FeedEvent& event) {
    if (file_.full()) {
        refused_ = true;
        return false;
    }
    add(event_line(event, file_.chain()));
    return true;
}

void LogWriter::on_gap(const FeedGap& gap) {
    // A gap has no way to be told to wait; it is a short line, and rare.
    if (file_.fresh()) add(header_line(gap.resume.journal, wall_us_, file_.chain()));
    add(gap_line(gap, wall_us_, file_.chain()));
    const std::string end = gap.last == 0 ? "an unknown end" : std::to_string(gap.last);
    teller_.warning("events " + std::to_string(gap.first) + " to " + end +
                    " are missing from the log: " + gap.reason);
}

void LogWriter::on_journal(const Id16& journal) {
    if (file_.fresh()) {
        add(header_line(journal, wall_us_, file_.chain()));
        // Synced before use, so that a file with events always says which journal they are of.
        (void)done(file_.sync());
    } else if (file_.chain().cursor.journal != journal) {
        file_.chain().cursor = {journal, 0};
    }
}

void LogWriter::on_state(const std::string& text) { teller_.info(text); }

std::optional<std::uint64_t> LogWriter::settle(bool at_once) {
    if (file_.unsynced_lines() == 0) return std::nullopt;
    if (failing() && now_ms_ < retry_at_ms_ && !at_once) return std::nullopt;
    const bool due = at_once || failing() || file_.full() || now_ms_ - oldest_ms_ >= kSyncMs;
    if (!done(due ? file_.sync() : file_.write()) || !due) return std::nullopt;
    return file_.chain().cursor.sequence;
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

void LogWriter::reopen() {
    if (const Status opened = file_.reopen(); !opened.ok()) {
        teller_.error(opened.error().text());
        return;
    }
    teller_.info("writing to " + file_.path() + (file_.fresh() ? ", a new file" : ""));
    if (file_.fresh() && file_.chain().cursor.journal != Id16{}) on_journal(file_.chain().cursor.journal);
}

std::int64_t LogWriter::wake_at_ms() const {
    if (failing()) return retry_at_ms_;
    if (refused_) return 0;
    if (file_.unsynced_lines() == 0) return std::numeric_limits<std::int64_t>::max();
    return oldest_ms_ + kSyncMs;
}

}  // namespace pncp::log_writer
