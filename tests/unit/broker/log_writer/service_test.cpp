// The program itself against a broker stand-in: the real binary, real sockets, real signals.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "broker/log_writer/log_record.hpp"
#include "schema/program/clock.hpp"
#include "tests/unit/schema/subscriber/fake_broker.hpp"

namespace pncp::log_writer {
namespace {

using pncp::testing::FakeBroker;
using pncp::testing::TempFolder;
using pncp::testing::test_event;

/// A pncp-log-writer of its own; killed and reaped at the end.
class Process {
  public:
    explicit Process(const TempFolder& folder) {
        const std::string program = PNCP_BIN_DIR "/pncp-log-writer";
        const std::string run = "--run-dir=" + (folder / ".");
        const std::string log = "--log-file=" + (folder / "pncp_log.txt");
        const std::string diagnostics = folder / "stderr";
        pid_ = ::fork();
        if (pid_ != 0) return;
        const int fd = ::open(diagnostics.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
        ::dup2(fd, 2);
        ::unsetenv("NOTIFY_SOCKET");
        ::execl(program.c_str(), program.c_str(), run.c_str(), log.c_str(), nullptr);
        ::_exit(127);
    }
    ~Process() {
        if (pid_ > 0) (void)end(SIGKILL);
    }
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    void send(int signal) const { ::kill(pid_, signal); }
    /// The exit status after `signal`, or -signal.
    int end(int signal) {
        send(signal);
        int status = 0;
        ::waitpid(pid_, &status, 0);
        pid_ = -1;
        return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    }
    /// True once it has ended by itself.
    bool ended(int& status) {
        if (pid_ > 0 && ::waitpid(pid_, &status, WNOHANG) == pid_) pid_ = -1;
        return pid_ < 0;
    }

  private:
    pid_t pid_ = -1;
};

class LogWriterProgram : public ::testing::Test {
  protected:
    std::vector<std::string> lines() const {
        std::vector<std::string> all;
        std::ifstream in(folder / "pncp_log.txt");
        for (std::string line; std::getline(in, line) && !in.eof();) all.push_back(line);
        return all;
    }
    std::string diagnostics() const {
        std::ostringstream all;
        all << std::ifstream(folder / "stderr").rdbuf();
        return all.str();
    }
    void write_key() {
        std::ofstream(folder / "log-writer.key") << format_key_file(broker.key("log-writer"));
        ::chmod((folder / "log-writer.key").c_str(), 0600);
    }
    template <typename Condition>
    ::testing::AssertionResult until(Condition&& holds) {
        const std::int64_t deadline = boottime_ms() + 20'000;
        while (boottime_ms() < deadline) {
            broker.pump(10);
            if (holds()) return ::testing::AssertionSuccess();
        }
        return ::testing::AssertionFailure() << lines().size() << " lines; " << diagnostics();
    }
    bool has_lines(std::uint64_t events) const { return lines().size() == events + 1; }
    void expect_whole_chain() const {
        const auto all = lines();
        for (std::size_t i = 0; i < all.size(); ++i) {
            const auto state = read_line(all[i]);
            ASSERT_TRUE(state) << all[i];
            EXPECT_EQ(state->cursor.sequence, i);
        }
    }
    TempFolder folder;
    transport::Context context;
    FakeBroker broker{context, folder};
};

TEST_F(LogWriterProgram, WaitsForItsKeyThenWritesEverythingAndTellsTheCursorAtTheEnd) {
    for (int i = 0; i < 300; ++i) broker.append(test_event());
    Process program(folder);
    ASSERT_TRUE(until([&] { return diagnostics().find("waiting for a key file") != std::string::npos; }));
    write_key();
    ASSERT_TRUE(until([&] { return has_lines(300); }));
    std::atomic<bool> stop = false;
    std::thread pump([&] {
        while (!stop) broker.pump(5);
    });
    EXPECT_EQ(program.end(SIGTERM), 0);
    stop = true;
    pump.join();
    EXPECT_EQ(broker.cursors_["log-writer"], 300U);
    expect_whole_chain();
}

TEST_F(LogWriterProgram, KilledAtAnyMomentItGoesOnWithoutLossOrDuplicate) {
    write_key();
    std::uint64_t total = 0;
    for (int round = 0; round < 5; ++round) {
        Process program(folder);
        for (int i = 0; i < 400; ++i) broker.append(test_event(), i % 7 != 0);
        const std::uint64_t enough = total + 100;
        ASSERT_TRUE(until([&] { return lines().size() > enough; }));
        program.end(SIGKILL);
        total += 400;
    }
    // A crash in the middle of a write.
    const auto torn = std::filesystem::file_size(folder / "pncp_log.txt") - 20;
    std::filesystem::resize_file(folder / "pncp_log.txt", torn);
    Process program(folder);
    ASSERT_TRUE(until([&] { return has_lines(total); }));
    expect_whole_chain();
    EXPECT_NE(diagnostics().find("was cut"), std::string::npos);
}

TEST_F(LogWriterProgram, ABrokerThatComesAndGoesIsFollowedAndSaidOnce) {
    write_key();
    broker.stop();
    Process program(folder);
    ASSERT_TRUE(until([&] { return diagnostics().find("no broker answers") != std::string::npos; }));
    broker.start();
    for (int i = 0; i < 10; ++i) broker.append(test_event());
    ASSERT_TRUE(until([&] { return has_lines(10); }));
    const std::string said = diagnostics();
    EXPECT_EQ(said.find("no broker answers"), said.rfind("no broker answers"));
    broker.stop();
    for (int i = 0; i < 10; ++i) broker.append(test_event(), false);
    broker.start();
    ASSERT_TRUE(until([&] { return has_lines(20); }));
    expect_whole_chain();
}

TEST_F(LogWriterProgram, ReopensOnSighup) {
    write_key();
    Process program(folder);
    for (int i = 0; i < 5; ++i) broker.append(test_event());
    ASSERT_TRUE(until([&] { return has_lines(5); }));
    std::filesystem::rename(folder / "pncp_log.txt", folder / "old");
    program.send(SIGHUP);
    ASSERT_TRUE(until([&] { return !lines().empty(); }));
    for (int i = 0; i < 5; ++i) broker.append(test_event());
    ASSERT_TRUE(until([&] { return has_lines(5); }));
    EXPECT_EQ(read_line(lines().back())->cursor.sequence, 10U);
}

TEST_F(LogWriterProgram, ASecondOneOnTheSameFileEndsWithAClearError) {
    write_key();
    Process first(folder);
    broker.append(test_event());
    ASSERT_TRUE(until([&] { return has_lines(1); }));
    Process second(folder);
    int status = 0;
    ASSERT_TRUE(until([&] { return second.ended(status); }));
    EXPECT_EQ(WEXITSTATUS(status), 69);
    EXPECT_NE(diagnostics().find("another pncp-log-writer"), std::string::npos);
}

}  // namespace
}  // namespace pncp::log_writer
