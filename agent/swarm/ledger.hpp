// What every device made, written down before anything of it is sent: the truth that a test compares with
// what arrived. Any thread: each line is one write.
#pragma once

#include <string>
#include <string_view>

#include "schema/bytes.hpp"
#include "schema/result.hpp"

namespace pncp::swarm {

class Ledger {
  public:
    Ledger() = default;
    ~Ledger();
    Ledger(Ledger&& other) noexcept;
    Ledger& operator=(Ledger&& other) noexcept;

    /// Appends to `path`, which is made when it is missing. An empty path keeps no ledger.
    [[nodiscard]] static Result<Ledger> open(const std::string& path);

    /// "sample ID SPOOL NUMBER\n".
    void sample(std::string_view id, const Id16& spool, std::uint64_t number);
    /// "acked ID SPOOL NUMBER\n": the broker has acknowledged every sample up to this one.
    void acknowledged(std::string_view id, const Id16& spool, std::uint64_t number);
    /// "ran ID COMMAND\n".
    void ran(std::string_view id, const Id16& command);

  private:
    explicit Ledger(int fd) : fd_(fd) {}
    void write(std::string_view line);
    int fd_ = -1;
};

}  // namespace pncp::swarm
