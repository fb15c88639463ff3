#include "cli/console.hpp"

#include <unistd.h>

#include <cerrno>

namespace pncp::cli {
namespace {

bool write_all(int descriptor, std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = write(descriptor, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return false;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

}  // namespace

StandardConsole::StandardConsole() : terminal_(isatty(STDOUT_FILENO) == 1) {}

void StandardConsole::out(std::string_view text) {
    if (!failed_) failed_ = !write_all(STDOUT_FILENO, text);
}

// When stderr is gone there is nobody left to tell.
void StandardConsole::err(std::string_view text) { static_cast<void>(write_all(STDERR_FILENO, text)); }

}  // namespace pncp::cli
