// Runs an Executor as the agent's loop would: waits for its descriptor and its deadlines. Scripts are files
// of their own with a #! line: that a script is a shell's is the test's business, not the executor's.
#pragma once

#include <gtest/gtest.h>
#include <poll.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "agent/executor/executor.hpp"
#include "schema/program/clock.hpp"
#include "tests/unit/schema/program/temporary_folder.hpp"

namespace pncp::agent::test {

/// For what never comes; sanitizers and a shared machine are slow.
inline constexpr std::int64_t kDeadlineMs = 60'000;

class Bench : public testing::Test {
  protected:
    /// Adds a command that runs `lines` by /bin/sh from a file.
    CommandSpec& script(const std::string& name, const std::string& lines) {
        return program(name, folder_.write(name, "#!/bin/sh\n" + lines + "\n", 0755));
    }
    CommandSpec& program(const std::string& name, const std::string& path) {
        CommandSpec command;
        command.name = name;
        command.path = path;
        command.timeout_ms = kDeadlineMs;
        catalogue_.push_back(std::move(command));
        return catalogue_.back();
    }

    Executor& executor() {
        if (!executor_) {
            std::sort(catalogue_.begin(), catalogue_.end(),
                      [](const auto& a, const auto& b) { return a.name < b.name; });
            executor_ = std::make_unique<Executor>(catalogue_);
        }
        return *executor_;
    }

    Id16 start(const std::string& name, std::vector<std::string> arguments = {},
               std::int64_t timeout_ms = kDeadlineMs) {
        Id16 id{};
        id[0] = ++started_;
        executor().start({id, name, std::move(arguments), timeout_ms}, boottime_ms());
        take();
        return id;
    }

    /// One turn of the loop, as long as it takes, or until `limit_ms`.
    void turn(std::int64_t limit_ms) {
        pollfd waiting{executor().fd(), POLLIN, 0};
        const std::int64_t now = boottime_ms();
        const std::int64_t wake = std::min(limit_ms, executor().wake_at_ms().value_or(limit_ms));
        poll(&waiting, 1, static_cast<int>(std::max<std::int64_t>(0, wake - now)));
        executor().turn(boottime_ms());
        take();
    }

    /// Turns until `condition` holds.
    void until(const std::string& what, const std::function<bool()>& condition) {
        const std::int64_t limit = boottime_ms() + kDeadlineMs;
        while (!condition()) {
            ASSERT_LT(boottime_ms(), limit) << "in vain for: " << what;
            turn(std::min(limit, boottime_ms() + 20));
        }
    }

    CommandFinished result(const Id16& id) {
        const auto at = [&] {
            return std::find_if(finished_.begin(), finished_.end(),
                                [&](const CommandFinished& each) { return each.command == id; });
        };
        const std::int64_t limit = boottime_ms() + kDeadlineMs;
        while (at() == finished_.end() && boottime_ms() < limit) turn(limit);
        EXPECT_NE(at(), finished_.end()) << "the command never ended";
        return at() == finished_.end() ? CommandFinished{} : *at();
    }

    CommandFinished run(const std::string& name, std::vector<std::string> arguments = {},
                        std::int64_t timeout_ms = kDeadlineMs) {
        return result(start(name, std::move(arguments), timeout_ms));
    }

    [[nodiscard]] static std::string read_text(const std::string& path) {
        std::ifstream file(path);
        return {std::istreambuf_iterator<char>(file), {}};
    }

    pncp::test::TemporaryFolder folder_;
    std::vector<CommandSpec> catalogue_;
    std::vector<CommandFinished> finished_;

  private:
    void take() {
        for (auto& each : executor().take_finished()) finished_.push_back(std::move(each));
    }

    std::unique_ptr<Executor> executor_;
    std::uint8_t started_ = 0;
};

/// True while a process of this number runs (a zombie does not).
inline bool alive(int pid) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    std::string line;
    if (!std::getline(file, line)) return false;
    return line.compare(line.rfind(')') + 2, 1, "Z") != 0;
}

}  // namespace pncp::agent::test
