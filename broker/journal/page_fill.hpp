// Fills a Page up to its bounds; every store stops at the same row by it.
#pragma once

#include <cstddef>
#include <utility>

#include "broker/journal/store.hpp"

namespace pncp::journal {

class PageFill {
  public:
    /// `page` is empty and says that nothing more matches: its `next` is its `head`.
    PageFill(Page page, std::size_t limit, std::size_t max_bytes)
        : page_(std::move(page)), limit_(limit), max_bytes_(max_bytes) {}

    /// Takes the next event. False = it did not fit, and the page ends before it.
    [[nodiscard]] bool add(std::uint64_t seq, ByteView event) {
        bytes_ += event.size();
        if (!page_.rows.empty() && (page_.rows.size() >= limit_ || bytes_ > max_bytes_)) {
            page_.next = page_.rows.back().seq;
            return false;
        }
        page_.rows.push_back({seq, to_bytes(event)});
        return true;
    }
    /// Ends the page after `seq`, the last event looked at.
    void stop_at(std::uint64_t seq) { page_.next = seq; }
    [[nodiscard]] Page take() { return std::move(page_); }

  private:
    Page page_;
    std::size_t limit_;
    std::size_t max_bytes_;
    std::size_t bytes_ = 0;
};

}  // namespace pncp::journal
