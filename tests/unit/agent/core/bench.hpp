// One agent core on a bench: a virtual clock, a perfect link to a fake broker, and lists of what the core
// asked for.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/core/agent_core.hpp"
#include "tests/unit/agent/core/fake_broker.hpp"
#include "tests/unit/agent/core/fake_disk.hpp"

namespace pncp::agent::testing {

inline AgentConfig test_config(const FakeBroker& broker) {
    AgentConfig config;
    config.self = broker.peer;
    config.key = broker.peer_key;
    config.broker = broker.broker_id;
    config.endpoint = "tcp://controller:17471";
    config.boot_id = "11111111-2222-3333-4444-555555555555";
    config.spool.fill(1);
    config.version = "test";
    config.catalogue = {{"hostname", "The device's name", {}}, {"uptime", "Time since boot", {}}};
    config.sample_interval_ms = 10'000;
    config.seed = 42;
    return config;
}

inline Id16 id16(std::uint64_t number) {
    Id16 id{};
    store_be(id.data(), number);
    return id;
}

struct Bench {
    FakeBroker broker;
    AgentConfig config = test_config(broker);
    AgentCore core;
    Clock now{1'000'000, 0, false};  ///< wall time: 1970
    bool reachable = true;

    FakeDisk* disk = nullptr;  ///< of the spool; outlives this run
    std::vector<Bytes> sent;
    std::vector<std::string> logs;
    std::vector<RunCommand> runs;
    std::vector<Id16> cancels;
    std::vector<SaveKey> saved_keys;
    bool key_is_kept = true;
    std::vector<std::int64_t> opened_ms;
    std::size_t samples = 0;
    std::size_t closed = 0;
    bool open = false;
    std::uint64_t nonces = 0;

    Bench() : core(config) {}
    explicit Bench(AgentConfig wanted) : config(wanted), core(std::move(wanted)) {}

    Key32 nonce() {
        Key32 bytes{};
        store_be(bytes.data(), ++nonces);
        return bytes;
    }

    /// Performs actions in order, and what they lead to after them, as the agent's loop does: frames reach
    /// the broker, and its answers the core, without delay.
    void perform(Actions actions) {
        for (auto& action : actions) waiting_.push_back(std::move(action));
        if (performing_) return;
        performing_ = true;
        while (!waiting_.empty() || !answers_.empty()) {
            if (waiting_.empty()) {
                const Bytes answer = std::move(answers_.front());
                answers_.pop_front();
                perform(core.on_frame(answer, now));
                continue;
            }
            const Action action = std::move(waiting_.front());
            waiting_.pop_front();
            std::visit([this](const auto& each) { on(each); }, action);
        }
        performing_ = false;
    }

    void start() { perform(core.start(now)); }

    /// Lets virtual time pass, calling the core whenever it asked to be called.
    void pass(std::int64_t ms) {
        const std::int64_t until = now.boot_ms + ms;
        while (core.wake_at_ms() <= until && !core.stopped()) {
            now.boot_ms = std::max(now.boot_ms, core.wake_at_ms());
            perform(core.on_timer(now, nonce()));
        }
        now.boot_ms = until;
    }

    void cut() {
        if (open) perform(core.on_connection(ConnectionEvent::disconnected, now, nonce()));
    }
    void send_command(std::uint64_t number, const std::string& name) {
        perform(core.on_frame(broker.command(id16(number), config.spool, name), now));
    }
    void finish(std::uint64_t number, std::string out, std::string err = {}) {
        CommandFinished finished;
        finished.command = id16(number);
        finished.out = std::move(out);
        finished.err = std::move(err);
        perform(core.on_command_finished(std::move(finished), now));
    }
    [[nodiscard]] std::size_t logged(std::string_view part) const {
        std::size_t found = 0;
        for (const auto& line : logs) found += line.find(part) != std::string::npos;
        return found;
    }

  private:
    void on(const Send& send) {
        sent.push_back(send.frame);
        for (auto& answer : broker.on_frame(send.frame)) answers_.push_back(std::move(answer));
    }
    void on(const OpenSocket&) {
        open = true;
        opened_ms.push_back(now.boot_ms);
        if (reachable) perform(core.on_connection(ConnectionEvent::connected, now, nonce()));
    }
    void on(const CloseSocket&) {
        open = false;
        ++closed;
        answers_.clear();
    }
    void on(const TakeSample&) {
        ++samples;
        perform(core.on_sample({{"m", {}, {{"n", static_cast<std::int64_t>(samples)}}}}, now));
    }
    void on(const RunCommand& run) { runs.push_back(run); }
    void on(const CancelCommand& cancel) { cancels.push_back(cancel.command); }
    void on(const SaveKey& key) {
        saved_keys.push_back(key);
        perform(core.on_key_saved(key, key_is_kept ? Status(Done{}) : Status(Error{"read-only", ""}), now));
    }
    void on(const SpoolAppend& write) {
        const Status done = disk == nullptr ? Status(Error{"no disk", ""}) : disk->append(write);
        if (disk == nullptr || !disk->powerless) perform(core.on_spool_appended(write.stream, done, now));
    }
    void on(const SpoolRead& read) {
        perform(core.on_spool_read(
            read, disk == nullptr ? Result<Bytes>(Error{"no disk", ""}) : disk->read(read), now));
    }
    void on(const SpoolDelete& segment) {
        if (disk != nullptr) disk->remove(segment);
    }
    void on(const SpoolClose& end) {
        if (disk != nullptr) disk->close(end);
    }
    void on(const SpoolHandedOver& spool) {
        if (disk != nullptr) disk->handed_over(spool);
    }
    void on(const SpoolForget& spool) {
        if (disk != nullptr) disk->forget(spool);
    }
    void on(const Log& log) { logs.push_back(log.text); }

    std::deque<Action> waiting_;
    std::deque<Bytes> answers_;
    bool performing_ = false;
};

}  // namespace pncp::agent::testing
