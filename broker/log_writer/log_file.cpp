#include "broker/log_writer/log_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "broker/log_writer/tail.hpp"

namespace pncp::log_writer {

namespace {

/// A line is 150 KB at worst (12 KiB of output, every byte escaped and in hex): the first look usually
/// suffices.
constexpr std::uint64_t kFirstLookBytes = 256 * 1024;
/// Damage further back than this is no torn tail any more; a person must look.
constexpr std::uint64_t kLastLookBytes = 64 * 1024 * 1024;
/// A group of the longest lines; also what waits in memory while the disk is full.
constexpr std::size_t kUnsyncedBytes = 1024 * 1024;

std::string reason_of(int error_number) { return std::system_category().message(error_number); }

bool read_at(int fd, std::uint64_t offset, std::string& into) {
    std::size_t done = 0;
    while (done < into.size()) {
        const ssize_t got =
            ::pread(fd, into.data() + done, into.size() - done, static_cast<off_t>(offset + done));
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return false;
        done += static_cast<std::size_t>(got);
    }
    return true;
}

/// The name of a new file is durable only when its folder is.
void sync_folder(const std::string& path) {
    const std::string folder = std::filesystem::path(path).parent_path().string();
    const int fd = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return;
    (void)::fsync(fd);
    (void)::close(fd);
}

}  // namespace

// --- life ---

LogFile::LogFile(LogFile&& other) noexcept { *this = std::move(other); }

LogFile& LogFile::operator=(LogFile&& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(fd_, other.fd_);
    std::swap(healed_, other.healed_);
    std::swap(chain_, other.chain_);
    std::swap(synced_bytes_, other.synced_bytes_);
    std::swap(lines_, other.lines_);
    std::swap(line_count_, other.line_count_);
    std::swap(written_, other.written_);
    std::swap(write_anew_, other.write_anew_);
    return *this;
}

LogFile::~LogFile() {
    if (fd_ >= 0) (void)::close(fd_);
}

Error LogFile::trouble(std::string_view what, int error_number) const {
    Error error{"cannot " + std::string(what) + " the log file " + path_ + ": " + reason_of(error_number),
                ""};
    if (error_number == ENOSPC || error_number == EDQUOT || error_number == EFBIG)
        error.next = "make room; nothing is lost meanwhile, the broker keeps what is not written";
    else if (error_number == EACCES || error_number == EPERM || error_number == EROFS)
        error.next = "give this user write permission there, or name another file (log.file)";
    else if (error_number == ENOENT)
        error.next = "make its folder, or name another file (log.file)";
    return error;
}

Result<LogFile> LogFile::open(std::string path) {
    // Non-blocking, so that a FIFO in its place is refused instead of waited for.
    const int fd = ::open(path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0640);
    const int failed = errno;
    LogFile file(std::move(path), fd);
    if (fd < 0) return file.trouble("open", failed);
    struct stat info {};
    if (::fstat(fd, &info) != 0 || !S_ISREG(info.st_mode))
        return Error{"the log file " + file.path_ + " is no regular file", "name another one (log.file)"};
    if (::flock(fd, LOCK_EX | LOCK_NB) != 0)
        return Error{"another pncp-log-writer writes " + file.path_ + " already",
                     "stop that one, or name another file (log.file)"};
    if (const Status recovered = file.recover(); !recovered.ok()) return recovered.error();
    sync_folder(file.path_);
    return file;
}

// --- healing ---

Status LogFile::recover() {
    struct stat info {};
    if (::fstat(fd_, &info) != 0) return trouble("look at", errno);
    const auto size = static_cast<std::uint64_t>(info.st_size);
    std::string end;
    for (std::uint64_t look = kFirstLookBytes; look <= kLastLookBytes; look *= 4) {
        end.resize(static_cast<std::size_t>(std::min(look, size)));
        if (!read_at(fd_, size - end.size(), end)) return trouble("read", errno == 0 ? EIO : errno);
        if (const auto tail = read_tail(end, size)) {
            chain_ = tail->chain;
            if (tail->damaged_lines > 0)
                healed_ = std::to_string(tail->damaged_lines) + " damaged lines at the end of " + path_ +
                          " were moved to " + path_ + ".damaged; the broker is asked for them again";
            else if (tail->torn_bytes > 0)
                healed_ = "an unfinished last line of " + std::to_string(tail->torn_bytes) +
                          " bytes was cut from " + path_ + "; the broker is asked for it again";
            return cut(tail->good_bytes, size, tail->damaged_lines > 0);
        }
        if (end.size() == size) break;
    }
    if (end.size() == size && is_unfinished_header(end)) {
        if (size > 0) healed_ = "an unfinished header was cut from " + path_;
        return cut(0, size, false);
    }
    return Error{"the file " + path_ + " is no PNCP log, or damaged beyond its end",
                 "move it away, or name another file (log.file)"};
}

Status LogFile::cut(std::uint64_t good_bytes, std::uint64_t file_bytes, bool keep_copy) {
    synced_bytes_ = good_bytes;
    if (good_bytes == file_bytes) return Done{};
    if (keep_copy) {
        std::string damaged(static_cast<std::size_t>(file_bytes - good_bytes), '\0');
        if (!read_at(fd_, good_bytes, damaged)) return trouble("read", EIO);
        const std::string copy = path_ + ".damaged";
        const int fd = ::open(copy.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
        const bool kept =
            fd >= 0 && ::write(fd, damaged.data(), damaged.size()) == static_cast<ssize_t>(damaged.size()) &&
            ::fsync(fd) == 0;
        const int failed = errno;
        if (fd >= 0) (void)::close(fd);
        if (!kept) return trouble("move the damaged end of", failed);
    }
    if (::ftruncate(fd_, static_cast<off_t>(good_bytes)) != 0 || ::fsync(fd_) != 0)
        return trouble("heal", errno);
    return Done{};
}

// --- writing ---

void LogFile::add(std::string_view line) {
    lines_ += line;
    ++line_count_;
}

bool LogFile::full() const { return line_count_ >= kGroupLines || lines_.size() >= kUnsyncedBytes; }

Status LogFile::write() {
    if (write_anew_) {
        // After a failed sync the kernel may have dropped the pages, and would call the next sync good.
        if (::ftruncate(fd_, static_cast<off_t>(synced_bytes_)) != 0) return trouble("write anew to", errno);
        written_ = 0;
        write_anew_ = false;
    }
    while (written_ < lines_.size()) {
        const ssize_t got = ::write(fd_, lines_.data() + written_, lines_.size() - written_);
        if (got < 0 && errno == EINTR) continue;
        // A line may stand there in part now; the rest follows when there is room, and a crash before that is
        // healed.
        if (got < 0) return trouble("write to", errno);
        written_ += static_cast<std::size_t>(got);
    }
    return Done{};
}

Status LogFile::sync() {
    if (Status written = write(); !written.ok()) return written;
    if (lines_.empty()) return Done{};
    if (::fdatasync(fd_) != 0) {
        write_anew_ = true;
        return trouble("sync", errno);
    }
    synced_bytes_ += lines_.size();
    lines_.clear();
    line_count_ = 0;
    written_ = 0;
    return Done{};
}

Status LogFile::reopen() {
    if (Status synced = sync(); !synced.ok()) return synced;
    struct stat ours {};
    struct stat there {};
    const bool same = ::fstat(fd_, &ours) == 0 && ::stat(path_.c_str(), &there) == 0 &&
                      ours.st_dev == there.st_dev && ours.st_ino == there.st_ino;
    if (same) return Done{};
    auto opened = open(path_);
    if (!opened.ok()) return opened.error();
    if (!opened->fresh())
        return Error{"another log stands at " + path_ + "; the old file stays open",
                     "move it away and send SIGHUP again"};
    opened->chain_ = chain_;
    *this = std::move(*opened);
    return Done{};
}

}  // namespace pncp::log_writer
