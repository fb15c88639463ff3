// Puts a command's output together again: OUTPUT rows, then the RESULT row that ends it. Pure; one thread.
//
// What is held here is in no store yet, so the bridge's cursor must not pass it: hold() is the sequence of
// the oldest row held. A restart fetches from before it and assembles again; results that were stored already
// are ended without being written again (the cursor file knows up to where, see cursor_file.hpp).
//
// Every command that the broker sent ends in a RESULT: the device's, or the broker's own at the job's
// deadline
// (`timeout`) or when the device comes back without its spool (`interrupted`). Any RESULT ends the output
// held, whatever its outcome. Should none come, these bounds drop the output, which is reported and written
// to the dead-letter file: too many unfinished commands of one agent, too many bytes or commands in all, or
// no row of it for a day and an hour (the longest time-out of a command and some).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "schema/event_bodies.hpp"
#include "schema/limits.hpp"

namespace pncp::influx {

/// The output of a command that never ended: what a person is told, and the text that is kept in the
/// dead-letter file.
struct DroppedOutput {
    std::string reason;
    std::string text;
};

class OutputAssembler {
  public:
    struct Bounds {
        /// An agent queues 16 and runs 2 at once; twice that leaves room for results on their way.
        std::size_t commands_per_agent = 2 * (limits::kCommandsQueued + 2);
        /// 10,000 agents that answer at once, and some.
        std::size_t commands = 16'384;
        /// The memory this may cost on a controller of 1 GB.
        std::size_t bytes = 64U << 20U;
        std::int64_t silent_ms = limits::kCommandTimeoutMaxMs + 3'600'000;
    };

    OutputAssembler() = default;
    explicit OutputAssembler(Bounds bounds) : bounds_(bounds) {}

    /// One OUTPUT row, event `seq`. `now_ms` is the bridge's own clock: devices' clocks must not age others'
    /// output.
    void add(const std::string& agent, const OutputBody& row, std::uint64_t seq, std::int64_t now_ms);

    /// Ends a command: its whole output, stdout before stderr. Bytes that never came are named in their
    /// place.
    [[nodiscard]] std::string finish(const std::string& agent, const ResultBody& result);

    /// Another journal: what is held can't be ended any more.
    void clear();

    /// The sequence of the oldest row held; nullopt = nothing is held.
    [[nodiscard]] std::optional<std::uint64_t> hold() const;
    [[nodiscard]] std::size_t commands() const { return held_.size(); }
    [[nodiscard]] std::size_t bytes() const { return bytes_; }

    /// What the bounds dropped since the last call.
    [[nodiscard]] std::vector<DroppedOutput> take_dropped();

  private:
    struct Key {
        std::string agent;
        Id16 command{};
        bool operator<(const Key& other) const {
            return std::tie(agent, command) < std::tie(other.agent, other.command);
        }
    };
    struct Stream {
        std::string text;
        std::uint64_t next = 0;  ///< offset of the byte expected next
    };
    struct Held {
        Stream out;
        Stream err;
        std::uint64_t first_seq = 0;
        std::int64_t last_ms = 0;
        [[nodiscard]] std::size_t bytes() const { return out.text.size() + err.text.size(); }
    };
    using Table = std::map<Key, Held>;

    static void append(Stream& stream, std::uint64_t offset, ByteView bytes, std::size_t room);
    [[nodiscard]] Table::iterator make(Key key, std::uint64_t seq);
    void drop(Table::iterator at, std::string_view why);
    void keep_bounds(std::int64_t now_ms);

    Bounds bounds_;
    Table held_;
    std::map<std::uint64_t, Key> by_seq_;  ///< first row of each, oldest first
    std::size_t bytes_ = 0;
    std::vector<DroppedOutput> dropped_;
};

}  // namespace pncp::influx
