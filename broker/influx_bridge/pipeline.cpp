#include "broker/influx_bridge/pipeline.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace pncp::influx {

Pipeline::Pipeline(const PipelineOptions& options, const Mark& start)
    : event_lines_(options.string_fields, options.outputs, options.agent_tags),
      batcher_(options.batch),
      delivery_(options.delivery),
      journal_(start.journal),
      position_(start.resume),
      replay_until_(start.stored) {}

Mark Pipeline::mark_here() const {
    const auto hold = event_lines_.outputs().hold();
    return {journal_, hold ? std::min(position_, *hold - 1) : position_, std::max(position_, replay_until_)};
}

void Pipeline::on_journal(const Id16& journal) {
    event_lines_.tags().on_journal(journal);
    if (journal == journal_) return;
    journal_ = journal;
    position_ = replay_until_ = 0;
    event_lines_.outputs().clear();
}

bool Pipeline::on_event(std::uint64_t seq, const Event& event, std::int64_t now_ms) {
    if (batcher_.full()) return false;
    if (seq <= replay_until_)
        event_lines_.replay(seq, event, now_ms);
    else
        event_lines_.handle(seq, event, now_ms, batcher_.lines());
    position_ = seq;
    batcher_.added(mark_here(), now_ms);
    return true;
}

void Pipeline::on_gap(const FeedGap& gap, std::int64_t now_ms, std::int64_t wall_us) {
    event_lines_.handle_gap(gap.first, gap.last, gap.reason, wall_us * 1000, batcher_.lines());
    const std::uint64_t resume = gap.resume.sequence;
    if (gap.resume.journal == journal_ && resume < position_) event_lines_.tags().on_lost_tail();
    event_lines_.tags().on_journal(gap.resume.journal);
    journal_ = gap.resume.journal;
    if (resume < position_) {  // a new journal, or one that lost its tail: numbers are used again
        event_lines_.outputs().clear();
        replay_until_ = std::min(replay_until_, resume);
    }
    position_ = resume;
    batcher_.added(mark_here(), now_ms);
}

void Pipeline::collect_done() {
    if (auto done = delivery_.take_done()) {
        mark_ = done->mark;
        used_ = std::move(done->lines);
    }
}

std::optional<Request> Pipeline::next(std::int64_t now_ms) {
    if (delivery_.idle() && !batcher_.empty() && (hurry_ || batcher_.due(now_ms))) {
        delivery_.begin(batcher_.take(std::exchange(used_, {})));
        collect_done();
    }
    return delivery_.next(now_ms);
}

void Pipeline::answered(const Answer& answer, std::int64_t now_ms) {
    delivery_.answered(answer, now_ms);
    collect_done();
}

std::int64_t Pipeline::wake_at_ms() const {
    if (!delivery_.idle()) return delivery_.wake_at_ms();
    if (!batcher_.empty() && (hurry_ || batcher_.full())) return std::numeric_limits<std::int64_t>::min();
    return batcher_.due_at_ms();
}

std::vector<DeadLetter> Pipeline::take_dead() {
    std::vector<DeadLetter> dead = event_lines_.take_dead();
    std::vector<DeadLetter> refused = delivery_.take_dead();
    dead.insert(dead.end(), std::make_move_iterator(refused.begin()), std::make_move_iterator(refused.end()));
    return dead;
}

}  // namespace pncp::influx
