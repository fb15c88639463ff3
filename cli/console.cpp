#include "cli/console.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

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

/// Such as Emacs' shell: it shows control sequences as they are.
bool is_dumb() {
    const char* term = std::getenv("TERM");
    return term == nullptr || std::string_view(term) == "dumb";
}

std::size_t columns_of(int descriptor, std::size_t otherwise) {
    winsize size{};
    const bool known = ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    return known ? size.ws_col : otherwise;
}

}  // namespace

StandardConsole::StandardConsole()
    : terminal_(isatty(STDOUT_FILENO) == 1), err_terminal_(isatty(STDERR_FILENO) == 1 && !is_dumb()) {}

std::size_t StandardConsole::columns() const { return columns_of(STDOUT_FILENO, Console::columns()); }

std::size_t StandardConsole::err_columns() const { return columns_of(STDERR_FILENO, Console::err_columns()); }

void StandardConsole::out(std::string_view text) {
    if (!failed_) failed_ = !write_all(STDOUT_FILENO, text);
}

// When stderr is gone there is nobody left to tell.
void StandardConsole::err(std::string_view text) { static_cast<void>(write_all(STDERR_FILENO, text)); }

}  // namespace pncp::cli
