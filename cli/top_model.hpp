// What `pncp-cli top` knows and does: agents and their newest numbers, what is selected, sorted and typed.
// Pure: rows, events and keys in, wishes out; top_screen.hpp turns it into lines. One thread.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "cli/sample.hpp"
#include "cli/top_keys.hpp"
#include "schema/control_messages.hpp"
#include "schema/subscriber/feed.hpp"

namespace pncp::cli {

enum class TopColumn : std::uint8_t { name, state, cpu, memory, temperature, disk, load, seen, throttled };
inline constexpr std::size_t kTopColumns = 9;

struct TopDevice {
    AgentRow row;
    std::optional<MainNumbers> numbers;
    std::int64_t sample_ns = 0;
    // The last samples seen, oldest first, for the courses of the device's own page.
    std::deque<double> cpu{};
    std::deque<double> memory{};
    std::deque<double> temperature{};
};

/// What a key asks of the loop.
struct WishQuit {
    bool interrupted = false;
};
struct WishSuspend {};
struct WishRedraw {};
struct WishSend {
    std::string agent;
    std::string name;
    std::vector<std::string> arguments;
};
using Wish = std::variant<WishQuit, WishSuspend, WishRedraw, WishSend>;

enum class TopMode : std::uint8_t { list, filter, device, command, confirm, help };

class TopModel {
  public:
    // --- in ---
    /// Every agent, by a poll. Those that are not in it any more are forgotten.
    void set_agents(std::vector<AgentRow> rows);
    void take(const FeedEvent& event);
    /// Once a second or so, with the time on any clock: the rates of events.
    void tick(std::int64_t now_ms);
    void set_broker(std::string text) { broker_ = std::move(text); }
    /// A line for the person: what became of a request, what is wrong with the connection.
    void say(std::string text) { message_ = std::move(text); }
    [[nodiscard]] std::optional<Wish> key(const Key& key);

    // --- out ---
    /// Filtered and sorted; lives until the next input.
    [[nodiscard]] const std::vector<const TopDevice*>& shown();
    /// The part of shown() that `rows` lines have room for, with the selected one in it: its first index.
    [[nodiscard]] std::size_t first_shown(std::size_t rows);
    /// Index in shown(); 0 when nothing is shown.
    [[nodiscard]] std::size_t selected();
    [[nodiscard]] const TopDevice* selected_device();
    /// STATUS, RESULT, GAP … of the agent, oldest first; at most `count`.
    [[nodiscard]] std::vector<const FeedEvent*> events_of(const std::string& agent, std::size_t count) const;

    struct States {
        std::size_t all = 0;
        std::size_t online = 0;
        std::size_t stale = 0;
        std::size_t offline = 0;
        std::size_t never = 0;
    };
    [[nodiscard]] States states() const;
    [[nodiscard]] double events_a_second() const { return events_rate_; }
    [[nodiscard]] double samples_a_second() const { return samples_rate_; }
    /// Alerts that hold, as far as they were seen.
    [[nodiscard]] std::size_t alerts() const { return alerts_.size(); }
    [[nodiscard]] TopMode mode() const { return mode_; }
    /// The page of a device is open, be it under a prompt.
    [[nodiscard]] bool in_device() const {
        const bool prompt = mode_ == TopMode::command || mode_ == TopMode::confirm;
        return mode_ == TopMode::device || (prompt && back_ == TopMode::device);
    }
    [[nodiscard]] TopColumn sort_column() const { return sort_; }
    [[nodiscard]] bool reversed() const { return reverse_; }
    [[nodiscard]] const std::string& filter() const { return filter_; }
    [[nodiscard]] const std::string& typed() const { return typed_; }
    [[nodiscard]] const std::string& command() const { return command_; }
    [[nodiscard]] const std::string& broker() const { return broker_; }
    [[nodiscard]] const std::string& message() const { return message_; }

  private:
    [[nodiscard]] std::optional<Wish> key_in_list(const Key& key);
    [[nodiscard]] std::optional<Wish> key_in_filter(const Key& key);
    [[nodiscard]] std::optional<Wish> key_in_command(const Key& key);
    [[nodiscard]] std::optional<Wish> key_in_confirm(const Key& key);
    /// Adds to or takes from `text`; true when the key did so.
    static bool edit(const Key& key, std::string& text);
    void move(std::int64_t by);
    void sort_by(std::int64_t step);
    void take_sample(const FeedEvent& event);
    void take_status(const FeedEvent& event);
    void take_alert(const FeedEvent& event);
    [[nodiscard]] bool matches(const TopDevice& device) const;
    [[nodiscard]] bool before(const TopDevice& a, const TopDevice& b) const;

    std::map<std::string, TopDevice, std::less<>> devices_;
    std::deque<FeedEvent> events_;
    std::map<std::pair<std::string, std::string>, bool> alerts_;
    std::vector<const TopDevice*> shown_;
    bool stale_view_ = true;

    TopMode mode_ = TopMode::list;
    TopMode back_ = TopMode::list;  ///< where command and help came from
    TopColumn sort_ = TopColumn::name;
    bool reverse_ = false;
    std::string filter_;
    std::string typed_;    ///< in command and confirm
    std::string command_;  ///< to be confirmed
    std::string selected_;
    std::size_t selected_at_ = 0;
    std::size_t first_ = 0;
    std::size_t page_ = 10;
    std::string broker_;
    std::string message_;

    std::int64_t rated_ms_ = 0;
    bool settled_ = false;
    std::uint64_t events_since_ = 0;
    std::uint64_t samples_since_ = 0;
    double events_rate_ = 0;
    double samples_rate_ = 0;
};

/// A command line's words: separated by spaces, '…' and "…" hold them together.
[[nodiscard]] std::vector<std::string> words_of(std::string_view line);

}  // namespace pncp::cli
