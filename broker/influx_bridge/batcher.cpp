#include "broker/influx_bridge/batcher.hpp"

namespace pncp::influx {

void Batcher::added(const Mark& mark, std::int64_t now_ms) {
    open_.mark = mark;
    if (!opened_ms_) opened_ms_ = now_ms;
}

bool Batcher::full() const {
    return open_.lines.count() >= limits_.lines || open_.lines.text.size() >= limits_.bytes;
}

bool Batcher::due(std::int64_t now_ms) const { return opened_ms_ && (full() || now_ms >= due_at_ms()); }

std::int64_t Batcher::due_at_ms() const {
    return opened_ms_ ? *opened_ms_ + limits_.age_ms : std::numeric_limits<std::int64_t>::max();
}

Batch Batcher::take(Lines used) {
    used.clear();
    Batch batch = std::exchange(open_, Batch{});
    open_.lines = std::move(used);
    opened_ms_.reset();
    return batch;
}

}  // namespace pncp::influx
