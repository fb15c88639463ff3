#include "broker/log_writer/log_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "broker/log_writer/log_reader.hpp"
#include "broker/log_writer/log_set.hpp"
#include "broker/log_writer/old_files.hpp"
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

/// Whether `path` is still the file that `fd` has open.
bool same_file(int fd, const std::string& path) {
    struct stat ours {};
    struct stat there {};
    return ::fstat(fd, &ours) == 0 && ::stat(path.c_str(), &there) == 0 && ours.st_dev == there.st_dev &&
           ours.st_ino == there.st_ino;
}

/// Where a compressed file ends; its last line is whole, or the file is damaged.
Result<ChainState> compressed_end(const std::string& path) {
    auto reader = LogReader::open(path);
    if (!reader.ok()) return reader.error();
    std::string last;
    while (true) {
        const auto line = reader->next();
        if (!line.ok()) return line.error();
        if (!*line) break;
        last = **line;
    }
    const auto chain = read_line(last);
    if (!chain) return Error{path + " does not end in a line of a PNCP log", ""};
    return *chain;
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
    std::swap(header_bytes_, other.header_bytes_);
    std::swap(begun_us_, other.begun_us_);
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
    auto file = open_alone(std::move(path));
    if (!file.ok() || !file->fresh()) return file;
    if (const Status followed = file->follow_predecessor(); !followed.ok()) return followed.error();
    return file;
}

Result<LogFile> LogFile::open_alone(std::string path) {
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
    // A writer that rotated in this moment had the lock of a file that is an old one now.
    if (!same_file(fd, file.path_))
        return Error{"the log file " + file.path_ + " was moved away in this moment", "start again"};
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
    if (const Status read = read_header(); !read.ok()) return read;
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

Status LogFile::read_header() {
    // A header is 300 bytes.
    std::string begin(static_cast<std::size_t>(std::min<std::uint64_t>(synced_bytes_, 4096)), '\0');
    if (!read_at(fd_, 0, begin)) return trouble("read", errno == 0 ? EIO : errno);
    const std::size_t end = begin.find('\n');
    const auto header =
        end == std::string::npos ? std::nullopt : read_record(std::string_view(begin).substr(0, end));
    // A damaged header is for `log verify` to say; the file goes on, and ends by size alone.
    if (!header || !header->header) return Done{};
    header_bytes_ = end + 1;
    begun_us_ = header->time_ns / 1000;
    return Done{};
}

Status LogFile::follow_predecessor() {
    const auto files = predecessors(path_);
    if (!files.ok()) return files.error();
    for (const std::string& each : *files) {
        auto end = end_of(each);
        // A name that only looks like one of the log's (an editor's copy, say) must not keep the log writer
        // from starting.
        if (!end.ok() && !named_as_old(each)) continue;
        if (!end.ok()) return end.error();
        if (!*end) continue;
        chain_ = **end;
        return Done{};
    }
    return Done{};
}

Result<std::optional<ChainState>> LogFile::end_of(const std::string& old_path) {
    if (old_path.ends_with(kCompressedSuffix)) {
        const auto end = compressed_end(old_path);
        if (!end.ok())
            return Error{"cannot go on after the old log file: " + end.error().text(),
                         "move it away; the log then goes on after the file before it"};
        return std::optional(*end);
    }
    // Its lock keeps out a writer that goes on with it; its torn end is healed as the live one's.
    const auto old = open_alone(old_path);
    if (!old.ok()) return old.error();
    if (!old->healed().empty()) healed_ = old->healed();
    return old->fresh() ? std::nullopt : std::optional(old->chain_);
}

// --- rotation ---

Status LogFile::prepare_next(const std::string& path, std::string_view header, LogFile& next) const {
    (void)::unlink(path.c_str());
    LogFile file(path, ::open(path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC, 0640));
    if (file.fd_ < 0) return file.trouble("make", errno);
    struct stat info {};
    if (::fstat(fd_, &info) == 0) (void)::fchmod(file.fd_, info.st_mode & 0777U);
    if (::flock(file.fd_, LOCK_EX | LOCK_NB) != 0) return file.trouble("lock", errno);
    file.add(header);
    if (const Status synced = file.sync(); !synced.ok()) return synced;
    // fdatasync need not write the times and the mode.
    if (::fsync(file.fd_) != 0) return file.trouble("sync", errno);
    if (const Status read = file.read_header(); !read.ok()) return read;
    next = std::move(file);
    return Done{};
}

Status LogFile::move_to(const std::string& old_path, const std::string& next_path,
                        const StepObserver& before) const {
    const auto observe = [&](std::string_view step) {
        if (before) before(step);
    };
    observe("link old");
    const bool linked = ::link(path_.c_str(), old_path.c_str()) == 0;
    // A file system without hard links: for a moment there is no live file, which a start heals.
    if (!linked && (errno == EEXIST || ::rename(path_.c_str(), old_path.c_str()) != 0))
        return trouble("give an old name to", errno);
    // On every file system: the live name must not be given away before the old one is sure.
    sync_folder(path_);
    observe("rename next");
    if (::rename(next_path.c_str(), path_.c_str()) != 0) {
        const int failed = errno;
        (void)(linked ? ::unlink(old_path.c_str()) : ::rename(old_path.c_str(), path_.c_str()));
        return trouble("replace", failed);
    }
    observe("sync folder");
    sync_folder(path_);
    observe("rotated");
    return Done{};
}

Status LogFile::rotate(const std::string& old_path, std::string_view header, const ChainState& after,
                       const StepObserver& before) {
    if (Status synced = sync(); !synced.ok()) return synced;
    // Moved away by somebody, and no SIGHUP yet: an old name would go to whatever stands there now.
    if (!same_file(fd_, path_))
        return Error{"the log file " + path_ + " was moved away", "send SIGHUP to pncp-log-writer"};
    const std::string next_path = path_ + std::string(kNextSuffix);
    if (before) before("write next");
    LogFile next;
    Status done = prepare_next(next_path, header, next);
    if (done.ok()) done = move_to(old_path, next_path, before);
    if (!done.ok()) {
        (void)::unlink(next_path.c_str());
        return done;
    }
    next.path_ = path_;
    next.chain_ = after;
    *this = std::move(next);
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
    const bool first = synced_bytes_ == 0;
    synced_bytes_ += lines_.size();
    lines_.clear();
    line_count_ = 0;
    written_ = 0;
    return first ? read_header() : Status(Done{});
}

Status LogFile::reopen() {
    if (Status synced = sync(); !synced.ok()) return synced;
    if (same_file(fd_, path_)) return Done{};
    auto opened = open_alone(path_);
    if (!opened.ok()) return opened.error();
    if (!opened->fresh())
        return Error{"another log stands at " + path_ + "; the old file stays open",
                     "move it away and send SIGHUP again"};
    opened->chain_ = chain_;
    *this = std::move(*opened);
    return Done{};
}

}  // namespace pncp::log_writer
