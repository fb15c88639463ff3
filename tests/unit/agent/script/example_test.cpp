// The files of scripts that are shipped: they are good as they stand, and what they run is understood.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <sstream>
#include <vector>

#include "agent/executor/arguments.hpp"
#include "agent/script/script_spec.hpp"

namespace pncp::agent {
namespace {

/// What a program prints, run as the agent runs it: without a shell.
std::string output_of(std::vector<std::string> argv) {
    std::array<int, 2> ends{};
    if (pipe(ends.data()) != 0) return "no pipe";
    const pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        std::vector<char*> words;
        for (std::string& word : argv) words.push_back(word.data());
        words.push_back(nullptr);
        execv(words.front(), words.data());
        _exit(127);
    }
    close(ends[1]);
    std::string text(65'536, '\0');
    std::size_t used = 0;
    ssize_t bytes = 0;
    while ((bytes = read(ends[0], text.data() + used, text.size() - used)) > 0)
        used += static_cast<std::size_t>(bytes);
    close(ends[0]);
    int status = -1;
    waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
    text.resize(used);
    return text;
}

/// The points that the one script of a shipped file makes on this machine.
std::vector<Point> points_of(const std::string& name) {
    const std::string path = std::string(PNCP_SOURCE_DIR) + "/scripts/services/commands.d/" + name;
    std::stringstream text;
    text << std::ifstream(path).rdbuf();
    const auto scripts = parse_scripts(text.str(), path);
    EXPECT_TRUE(scripts) << scripts.error().text();
    if (!scripts || scripts->size() != 1) return {};
    EXPECT_EQ(scripts->front().interval_ms, 60'000);
    const auto argv = make_argv(scripts->front().command, {});
    EXPECT_TRUE(argv);
    const auto found = parse_script_output(output_of(*argv), scripts->front().format, "");
    EXPECT_TRUE(found) << found.error().text();
    return found ? found->points : std::vector<Point>{};
}

TEST(ScriptExample, CountsSockets) {
    const auto points = points_of("metric-sockets.toml.example");
    ASSERT_EQ(points.size(), 2U);
    EXPECT_EQ(points[0].measurement, "sockets");
}

TEST(ScriptExample, TellsTheSpaceOfMountsThatMayHang) {
    const auto points = points_of("metric-network-mounts.toml.example");
    ASSERT_EQ(points.size(), 1U);
    EXPECT_EQ(points[0].measurement, "mount");
    ASSERT_EQ(points[0].tags.size(), 1U);
    EXPECT_EQ(points[0].tags[0].second, "/mnt");
    EXPECT_EQ(points[0].fields.size(), 5U);
}

}  // namespace
}  // namespace pncp::agent
