// pncp-cli log replay --to: done by pncp-log-replay, since libcurl has no place in pncp-cli.
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "cli/log_verb.hpp"

namespace pncp::cli {

namespace {
constexpr const char* kProgram = "pncp-log-replay";
}

ExitCode replay_to_store(const Call& call, const std::vector<std::string>& files, const std::string& url) {
    std::error_code failed;
    const auto self = std::filesystem::read_symlink("/proc/self/exe", failed);
    const std::string beside = (self.parent_path() / kProgram).string();
    const std::string program = !failed && ::access(beside.c_str(), X_OK) == 0 ? beside : kProgram;
    std::vector<std::string> words = {kProgram, "--to", url, "--"};
    words.insert(words.end(), files.begin(), files.end());
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    ::execvp(program.c_str(), arguments.data());
    return report(call, ExitCode::unavailable,
                  {"cannot start " + program + ": " + std::system_category().message(errno),
                   "it comes with pncp-influx-bridge; install that on this machine"});
}

}  // namespace pncp::cli
