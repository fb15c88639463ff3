#include "broker/log_writer/log_follower.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "broker/log_writer/log_reader.hpp"
#include "broker/log_writer/log_set.hpp"

namespace pncp::log_writer {

namespace {
constexpr std::size_t kReadBytes = 64 * 1024;
constexpr std::size_t kReadsPerPoll = 16;

}  // namespace

LogFollower::~LogFollower() {
    if (fd_ >= 0) (void)::close(fd_);
}

bool LogFollower::open() {
    if (fd_ >= 0) (void)::close(fd_);
    fd_ = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    rest_.clear();
    return fd_ >= 0;
}

void LogFollower::note(const std::string& line) {
    if (const auto record = read_record(line)) last_hash_ = record->state.hash;
}

Status LogFollower::read(std::vector<std::string>& lines) {
    std::array<char, kReadBytes> part;
    for (std::size_t i = 0; i < kReadsPerPoll; ++i) {
        const ssize_t got = ::read(fd_, part.data(), part.size());
        if (got < 0) return Error{"cannot read " + path_ + ": " + std::system_category().message(errno), ""};
        if (got == 0) return Done{};
        rest_.append(part.data(), static_cast<std::size_t>(got));
        std::size_t begin = 0;
        for (std::size_t end = 0; (end = rest_.find('\n', begin)) != std::string::npos; begin = end + 1) {
            lines.push_back(rest_.substr(begin, end - begin));
            note(lines.back());
        }
        rest_.erase(0, begin);
        if (rest_.size() > LogReader::kLineBytes) return Error{path_ + " is no PNCP log", ""};
    }
    return Done{};
}

Status LogFollower::catch_up(std::vector<std::string>& lines) {
    const auto files = files_of_log(path_);
    if (!files.ok() || !last_hash_) return Done{};
    for (const std::string& each : *files) {
        if (each == path_) continue;
        const auto header = header_of(each);
        if (!header || header->previous != *last_hash_) continue;
        auto reader = LogReader::open(each);
        if (!reader.ok()) continue;  // retention may have taken it
        auto line = reader->next();
        for (; line.ok() && *line; line = reader->next()) {
            lines.emplace_back(**line);
            note(lines.back());
        }
        if (!line.ok()) return line.error();
    }
    return Done{};
}

Result<std::vector<std::string>> LogFollower::poll() {
    std::vector<std::string> lines;
    if (fd_ < 0 && !open()) return lines;
    // Looked at before reading: what was written before it was moved away is read after that.
    struct stat ours {};
    struct stat there {};
    const bool moved = ::fstat(fd_, &ours) == 0 && ::stat(path_.c_str(), &there) == 0 &&
                       (ours.st_ino != there.st_ino || ours.st_dev != there.st_dev);
    if (const Status done = read(lines); !done.ok()) return done.error();
    if (!lines.empty() || !moved) return lines;
    // Two rotations in the time between two calls are rare, more are a log in trouble.
    constexpr int kAttempts = 3;
    for (int i = 0; i < kAttempts && last_hash_; ++i) {
        if (const Status done = catch_up(lines); !done.ok()) return done.error();
        const auto header = header_of(path_);
        // Moved away by another program: the old file is written to until the log writer is told.
        if (!header) return lines;
        if (header->previous == *last_hash_) break;
    }
    if (open())
        if (const Status done = read(lines); !done.ok()) return done.error();
    return lines;
}

}  // namespace pncp::log_writer
