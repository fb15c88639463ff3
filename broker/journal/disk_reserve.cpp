#include "broker/journal/disk_reserve.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace pncp::journal {

std::uint64_t free_disk_bytes(const std::string& path) {
    const auto slash = path.rfind('/');
    const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
    struct statvfs disk {};
    if (::statvfs(folder.c_str(), &disk) != 0) return 0;
    return static_cast<std::uint64_t>(disk.f_bavail) * disk.f_frsize;
}

void DiskReserve::set_bytes(std::uint64_t bytes) {
    bytes_ = bytes;
    struct stat found {};
    // What an earlier run held is held on, without asking whether there would be room for it now.
    const bool whole = ::stat(path_.c_str(), &found) == 0 && S_ISREG(found.st_mode) &&
                       static_cast<std::uint64_t>(found.st_blocks) * 512 >= bytes_;
    held_ = bytes_ != 0 && whole;
    if (!held_) let_go();
}

bool DiskReserve::hold() {
    if (held_ || bytes_ == 0) return true;
    if (free_disk_bytes(path_) < 2 * bytes_) return false;
    const int file = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (file < 0) return false;
    held_ = ::posix_fallocate(file, 0, static_cast<off_t>(bytes_)) == 0;
    ::close(file);
    if (!held_) let_go();
    return held_;
}

void DiskReserve::let_go() {
    held_ = false;
    static_cast<void>(::unlink(path_.c_str()));
}

}  // namespace pncp::journal
