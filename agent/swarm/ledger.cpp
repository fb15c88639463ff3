#include "agent/swarm/ledger.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace pncp::swarm {

Ledger::~Ledger() {
    if (fd_ >= 0) close(fd_);
}
Ledger::Ledger(Ledger&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
Ledger& Ledger::operator=(Ledger&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
}

Result<Ledger> Ledger::open(const std::string& path) {
    if (path.empty()) return Ledger();
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (fd < 0)
        return Error{"cannot write the ledger " + path + ": " + std::strerror(errno), "name another file"};
    return Ledger(fd);
}

void Ledger::sample(std::string_view id, const Id16& spool, std::uint64_t number) {
    if (fd_ < 0) return;
    write("sample " + std::string(id) + " " + to_hex(spool) + " " + std::to_string(number) + "\n");
}

void Ledger::acknowledged(std::string_view id, const Id16& spool, std::uint64_t number) {
    if (fd_ < 0) return;
    write("acked " + std::string(id) + " " + to_hex(spool) + " " + std::to_string(number) + "\n");
}

void Ledger::ran(std::string_view id, const Id16& command) {
    if (fd_ < 0) return;
    write("ran " + std::string(id) + " " + to_hex(command) + "\n");
}

void Ledger::write(std::string_view line) {
    // A ledger that lies is worse than none: the run ends.
    if (::write(fd_, line.data(), line.size()) != static_cast<ssize_t>(line.size())) std::abort();
}

}  // namespace pncp::swarm
