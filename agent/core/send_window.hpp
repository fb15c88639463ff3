// How many rows of the backlog may be on the way at once, judged by how soon they are acknowledged: a broker
// to which a thousand agents come back answers later the more it is sent, so each sends less until all fit.
// Pure; one thread.
//
//   begin() ──▶ kFirstRows ──quick ACK: + its rows (doubles each round)──▶ kMostRows
//                    ▲  │                          │
//                    │  └── slow ACK: halved; from then on only + kStepRows each ──┘
//                    └───── no ACK in time: kLeastRows
//
// "Quick" is measured against the quickest answer of the session, so that a slow link is not taken for a busy
// broker.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "schema/limits.hpp"

namespace pncp::agent {

class SendWindow {
  public:
    /// A thousand agents that come back within one second bring 16,000 rows: a quarter of what the broker
    /// lets wait.
    static constexpr std::size_t kFirstRows = 16;
    static constexpr std::size_t kLeastRows = 8;
    static constexpr std::size_t kMostRows = limits::kBatchesInFlight * limits::kBatchRows;
    static constexpr std::size_t kStepRows = 8;
    /// A commit takes 5 to 100 ms on an idle broker; each 10,000 rows that wait add about 200 ms.
    static constexpr std::int64_t kQuickMs = 300;
    static constexpr std::int64_t kSlowMs = 1'000;

    /// A session begins.
    void begin() { *this = SendWindow{}; }
    [[nodiscard]] std::size_t rows() const { return rows_; }

    /// A BATCH of `rows` rows was acknowledged `took_ms` after it was sent.
    void acknowledged(std::size_t rows, std::int64_t took_ms, std::int64_t now_ms) {
        quickest_ms_ = std::min(quickest_ms_, took_ms);
        if (took_ms >= quickest_ms_ + kSlowMs) return slower(rows_ / 2, took_ms, now_ms);
        if (took_ms > quickest_ms_ + kQuickMs) {
            steady_ = true;
            return;
        }
        rows_ = std::min(rows_ + (steady_ ? std::min(rows, kStepRows) : rows), kMostRows);
    }
    void timed_out() {
        steady_ = true;
        rows_ = kLeastRows;
    }

  private:
    // Once a round: what was sent before the last halving tells nothing about the window since.
    void slower(std::size_t rows, std::int64_t took_ms, std::int64_t now_ms) {
        steady_ = true;
        if (now_ms - took_ms < halved_ms_) return;
        halved_ms_ = now_ms;
        rows_ = std::max(rows, kLeastRows);
    }

    std::size_t rows_ = kFirstRows;
    bool steady_ = false;  ///< the limit was felt once
    std::int64_t quickest_ms_ = std::numeric_limits<std::int64_t>::max() / 2;
    std::int64_t halved_ms_ = std::numeric_limits<std::int64_t>::min() / 2;
};

}  // namespace pncp::agent
