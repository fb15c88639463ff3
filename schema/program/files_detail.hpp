// Shared by files.cpp and secret_file.cpp: an owned descriptor and a bounded read.
#pragma once

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <string>
#include <utility>

#include "schema/result.hpp"

namespace pncp::detail {

class Descriptor {
  public:
    explicit Descriptor(int fd) : fd_(fd) {}
    Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    Descriptor& operator=(Descriptor&&) = delete;
    ~Descriptor() {
        if (fd_ >= 0) close(fd_);
    }
    [[nodiscard]] int get() const { return fd_; }
    [[nodiscard]] bool valid() const { return fd_ >= 0; }

  private:
    int fd_;
};

/// "can't <what> <path>: <why>" from errno.
inline Error system_error(const std::string& what, const std::string& path, std::string next = {}) {
    return Error{"can't " + what + " " + path + ": " + std::strerror(errno), std::move(next)};
}

inline Error too_long(const std::string& path, std::size_t max_bytes) {
    return Error{path + " is longer than " + std::to_string(max_bytes) + " bytes",
                 "check that it is the right file"};
}

/// Appends everything up to the end of the file; an error if it is longer than `max_bytes`.
template <typename Container>
Status read_all(const Descriptor& file, const std::string& path, std::size_t max_bytes, Container& out) {
    std::size_t used = 0;
    for (;;) {
        // One byte more than allowed, so that a file of exactly the limit is told from a longer one.
        out.resize(used + std::min<std::size_t>(max_bytes + 1 - used, 16384));
        if (out.size() == used) return too_long(path, max_bytes);
        const ssize_t got = read(file.get(), out.data() + used, out.size() - used);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return system_error("read", path);
        used += static_cast<std::size_t>(got);
        if (got == 0) break;
    }
    out.resize(used);
    return Done{};
}

}  // namespace pncp::detail
