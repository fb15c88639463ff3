// For LD_PRELOAD by tests: the wall clock, shifted by the seconds that stand as text in the file
// SHIFTED_CLOCK_FILE names, which may change at any time. CLOCK_BOOTTIME and the others go on as they are, as
// they do when somebody sets a machine's date. Any thread.
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <ctime>

namespace {

/// 0 while there is no file.
std::time_t shift_s() {
    const char* path = std::getenv("SHIFTED_CLOCK_FILE");
    const int fd = path == nullptr ? -1 : ::open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return 0;
    char text[32] = {};
    const ssize_t got = ::read(fd, text, sizeof text - 1);
    ::close(fd);
    return got > 0 ? static_cast<std::time_t>(std::atoll(text)) : 0;
}

}  // namespace

extern "C" int clock_gettime(clockid_t which, timespec* now) noexcept {
    const int before = errno;
    if (::syscall(SYS_clock_gettime, which, now) != 0) return -1;
    if (which == CLOCK_REALTIME) now->tv_sec += shift_s();
    errno = before;
    return 0;
}
