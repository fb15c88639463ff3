// log.hpp for the agent: composes the line and hands it to write(2) in one piece.
#include <unistd.h>

#include "schema/program/clock.hpp"
#include "schema/program/log.hpp"

namespace pncp::log {
namespace {

std::string_view program_name = "pncp";
bool for_journal = false;

}  // namespace

void open(std::string_view name) {
    program_name = name;
    for_journal = detail::stderr_is_journal();
}

void write(Level wanted, std::string_view text) noexcept try {
    if (wanted < level()) return;
    std::string line = for_journal ? std::string(detail::syslog_prefix(wanted))
                                   : cat(detail::iso_utc_ms(wall_us()), " ", level_name(wanted), " ");
    line += cat(program_name, ": ", detail::one_line(text), "\n");
    // A log line that can't be written has nowhere to be reported; losing it is the lesser evil.
    [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
} catch (...) {
    // Out of memory: the same holds.
}

}  // namespace pncp::log
