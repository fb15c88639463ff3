#include "broker/log_writer/log_reader.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace pncp::log_writer {

namespace {
constexpr std::size_t kChunkBytes = 64 * 1024;
}

struct LogReader::State {
    std::string path;
    gzFile file = nullptr;
    std::string buffer;
    std::size_t begin = 0;    ///< of the next line in the buffer
    std::size_t scanned = 0;  ///< no '\n' stands between begin and here
    bool ended = false;

    State() = default;
    State(const State&) = delete;
    State& operator=(const State&) = delete;
    ~State() {
        if (file != nullptr) (void)gzclose(file);
    }
    [[nodiscard]] Status fill();
};

Status LogReader::State::fill() {
    buffer.erase(0, begin);
    scanned -= begin;
    begin = 0;
    const std::size_t before = buffer.size();
    if (before > kLineBytes)
        return Error{path + " holds a line of more than " + std::to_string(kLineBytes) + " bytes",
                     "it is no PNCP log"};
    buffer.resize(before + kChunkBytes);
    const int got = gzread(file, buffer.data() + before, static_cast<unsigned>(kChunkBytes));
    buffer.resize(before + static_cast<std::size_t>(got > 0 ? got : 0));
    int failed = Z_OK;
    const char* reason = gzerror(file, &failed);
    // zlib names the file before its own words.
    if (failed == Z_ERRNO)
        return Error{"cannot read " + path + ": " + std::system_category().message(errno), ""};
    if (got < 0 || failed != Z_OK)
        return Error{path + " is damaged: " + (reason == nullptr ? "no gzip data" : std::string(reason)),
                     "compare it with a copy from elsewhere"};
    ended = got == 0;
    return Done{};
}

LogReader::LogReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
LogReader::LogReader(LogReader&&) noexcept = default;
LogReader& LogReader::operator=(LogReader&&) noexcept = default;
LogReader::~LogReader() = default;

Result<LogReader> LogReader::open(const std::string& path) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat info {};
    if (fd < 0 || ::fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        const std::string reason = fd < 0 ? std::system_category().message(errno) : "it is no regular file";
        if (fd >= 0) (void)::close(fd);
        return Error{"cannot read " + path + ": " + reason, ""};
    }
    auto state = std::make_unique<State>();
    state->path = path;
    state->file = gzdopen(fd, "rb");
    if (state->file == nullptr) {
        (void)::close(fd);
        return Error{"cannot read " + path + ": no memory", ""};
    }
    return LogReader(std::move(state));
}

Result<std::optional<std::string_view>> LogReader::next() {
    State& s = *state_;
    while (true) {
        const std::size_t end = s.buffer.find('\n', s.scanned);
        if (end != std::string::npos) {
            const std::string_view line = std::string_view(s.buffer).substr(s.begin, end - s.begin);
            s.begin = s.scanned = end + 1;
            return std::optional(line);
        }
        s.scanned = s.buffer.size();
        if (s.ended) return std::optional<std::string_view>();
        if (const Status filled = s.fill(); !filled.ok()) return filled.error();
    }
}

std::size_t LogReader::torn_bytes() const { return state_->buffer.size() - state_->begin; }
const std::string& LogReader::path() const { return state_->path; }

}  // namespace pncp::log_writer
