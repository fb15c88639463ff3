// bench-floor ENDPOINT INTERVAL_MS: the least that an agent can be. Every INTERVAL_MS the files of /proc that
// tell a machine's numbers, kept open and read again, and one message of 1 kB by an unsigned DEALER; with 0 a
// DEALER that is connected and does nothing.
#include <fcntl.h>
#include <malloc.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "raw.hpp"

int main(int argc, char** argv) {
    if (argc < 3) return 2;
    mallopt(M_ARENA_MAX, 1);
    const long interval_ms = std::strtol(argv[2], nullptr, 10);
    void* context = raw::context(16);
    void* dealer = raw::open(context, ZMQ_DEALER);
    if (zmq_connect(dealer, argv[1]) != 0) raw::die(argv[1]);
    const std::string sample(1000, 'm');
    if (zmq_send(dealer, sample.data(), sample.size(), 0) < 0) raw::die("zmq_send");
    static constexpr const char* kFiles[] = {"/proc/stat",   "/proc/meminfo",   "/proc/loadavg",
                                             "/proc/uptime", "/proc/diskstats", "/proc/net/dev"};
    int files[std::size(kFiles)];
    for (std::size_t i = 0; i < std::size(kFiles); ++i) files[i] = ::open(kFiles[i], O_RDONLY | O_CLOEXEC);
    static char text[32 * 1024];
    while (true) {
        if (zmq_poll(nullptr, 0, interval_ms > 0 ? interval_ms : 3'600'000) < 0) return 0;
        if (interval_ms == 0) continue;
        for (const int file : files)
            if (pread(file, text, sizeof text, 0) < 0) return 1;
        struct statvfs space {};
        (void)statvfs("/", &space);
        (void)zmq_send(dealer, sample.data(), sample.size(), ZMQ_DONTWAIT);
    }
}
