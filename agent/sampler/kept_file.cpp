#include "agent/sampler/kept_file.hpp"

#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace pncp {

std::optional<std::string_view> ReadBuffer::fill(int descriptor, bool short_is_end) {
    constexpr std::size_t kFirstBytes = 8 * 1024;
    if (bytes_.empty()) bytes_.resize(kFirstBytes);
    std::size_t size = 0;
    for (;;) {
        if (size == bytes_.size()) {
            if (size >= kMaxBytes) break;
            bytes_.resize(std::min(size * 2, kMaxBytes));
        }
        const ssize_t count =
            ::pread(descriptor, bytes_.data() + size, bytes_.size() - size, static_cast<off_t>(size));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return std::nullopt;
        if (count == 0) break;  // a short read of /proc is no end: it stops at the kernel's own page
        size += static_cast<std::size_t>(count);
        if (short_is_end && size < bytes_.size()) break;
    }
    return std::string_view{bytes_.data(), size};
}

KeptFile::~KeptFile() { close(); }

KeptFile::KeptFile(KeptFile&& other) noexcept
    : path_(std::move(other.path_)), descriptor_(std::exchange(other.descriptor_, -1)), kind_(other.kind_) {}

KeptFile& KeptFile::operator=(KeptFile&& other) noexcept {
    if (this != &other) {
        close();
        path_ = std::move(other.path_);
        descriptor_ = std::exchange(other.descriptor_, -1);
        kind_ = other.kind_;
    }
    return *this;
}

void KeptFile::close() {
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = -1;
}

bool KeptFile::may_be_old() const {
    // A plain file (utmp) that was deleted or renamed over still reads well, but what it says is old. The
    // kernel's own files answer with an error once their device or process is gone.
    if (kind_ != Kind::plain) return false;
    struct stat status {};
    return ::fstat(descriptor_, &status) != 0 || status.st_nlink == 0;
}

std::optional<std::string_view> KeptFile::read(ReadBuffer& buffer) {
    // sysfs makes the text of a file at once; proc stops where it likes.
    if (descriptor_ >= 0) {
        const auto text = may_be_old() ? std::nullopt : buffer.fill(descriptor_, kind_ == Kind::sysfs);
        if (text) return text;
        close();
    }
    // O_NONBLOCK: should somebody have put a pipe there, opening it must not wait for its writer.
    descriptor_ = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (descriptor_ < 0) return std::nullopt;
    struct statfs file_system {};
    const auto type = ::fstatfs(descriptor_, &file_system) == 0 ? file_system.f_type : 0;
    kind_ = type == SYSFS_MAGIC ? Kind::sysfs : type == PROC_SUPER_MAGIC ? Kind::proc : Kind::plain;
    const auto text = buffer.fill(descriptor_, kind_ == Kind::sysfs);
    if (!text) close();
    return text;
}

bool KeptFile::announced_change() const {
    if (descriptor_ < 0) return true;
    pollfd entry{descriptor_, POLLPRI, 0};
    return ::poll(&entry, 1, 0) > 0 && (entry.revents & (POLLPRI | POLLERR)) != 0;
}

}  // namespace pncp
