#include "broker/influx_bridge/dead_letter.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "schema/program/escape.hpp"
#include "schema/program/log.hpp"

namespace pncp::influx {

namespace {

Error failure(const std::string& what, const std::string& path, int code) {
    return {"can't " + what + " the dead-letter file " + path + ": " + std::strerror(code),
            "make room or give this user the right to write there (bridge.dead_letter_file); nothing is lost "
            "meanwhile"};
}

bool write_all(int fd, std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = ::write(fd, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

}  // namespace

std::string format_dead_letter(const DeadLetter& letter, std::int64_t wall_us) {
    std::string out = "# " + log::detail::iso_utc_ms(wall_us) + " " + escape_controls(letter.reason) + "\n";
    out += letter.line;
    if (!letter.line.empty() && letter.line.back() != '\n') out += '\n';
    return out;
}

DeadLetterFile::~DeadLetterFile() {
    if (fd_ >= 0) close(fd_);
}

Status DeadLetterFile::open_file() {
    struct stat here {};
    struct stat there {};
    // Somebody who repairs the points moves the file away: what comes next belongs in a new one.
    if (fd_ >= 0 && (fstat(fd_, &here) != 0 || stat(path_.c_str(), &there) != 0 ||
                     here.st_ino != there.st_ino || here.st_dev != there.st_dev))
        close(std::exchange(fd_, -1));
    if (fd_ >= 0) return Done{};
    fd_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0640);
    if (fd_ < 0) return failure("open", path_, errno);
    return Done{};
}

Status DeadLetterFile::rotate() {
    const std::string older = path_ + ".1";
    if (std::rename(path_.c_str(), older.c_str()) != 0) return failure("rename", path_, errno);
    log::warning("dead-letter file " + path_ + " was full: it is " + older +
                 " now, and what was there is gone");
    close(std::exchange(fd_, -1));
    return open_file();
}

Status DeadLetterFile::append(const std::vector<DeadLetter>& letters, std::int64_t wall_us) {
    if (letters.empty()) return Done{};
    if (Status opened = open_file(); !opened) return opened;
    struct stat before {};
    if (fstat(fd_, &before) != 0) return failure("examine", path_, errno);
    if (before.st_size >= max_bytes_) {
        if (Status rotated = rotate(); !rotated) return rotated;
        before.st_size = 0;
    }
    std::string text;
    char last = '\n';  // a power cut may have torn the last letter: it must not swallow the next one
    if (before.st_size > 0 && pread(fd_, &last, 1, before.st_size - 1) == 1 && last != '\n') text = "\n";
    for (const DeadLetter& letter : letters) text += format_dead_letter(letter, wall_us);
    if (write_all(fd_, text) && fdatasync(fd_) == 0) return Done{};
    const int code = errno;
    (void)!ftruncate(fd_, before.st_size);
    close(std::exchange(fd_, -1));
    return failure("write", path_, code);
}

}  // namespace pncp::influx
