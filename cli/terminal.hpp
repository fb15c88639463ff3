// The terminal as a full-screen program needs it, and back: whatever ends the program (a return, an
// exception, a signal that can be noticed, a crash), what was there before is there again. One at a time; one
// thread.
#pragma once

#include <termios.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "schema/result.hpp"

namespace pncp::cli {

class Terminal {
  public:
    /// Takes standard input and output over; blocks SIGTSTP, SIGCONT, SIGWINCH and SIGQUIT and gives them out
    /// by next_signal().
    [[nodiscard]] static Result<Terminal> open();

    Terminal(Terminal&& other) noexcept;
    Terminal& operator=(Terminal&&) = delete;
    Terminal(const Terminal&) = delete;
    Terminal& operator=(const Terminal&) = delete;
    ~Terminal();

    struct Size {
        std::size_t columns = 80;
        std::size_t rows = 24;
        bool operator==(const Size&) const = default;
    };
    [[nodiscard]] Size size() const;

    /// Writes all of it. False when the terminal is gone.
    [[nodiscard]] bool write(std::string_view bytes);
    /// What was typed since; nullopt when the terminal is gone. Never waits.
    [[nodiscard]] std::optional<std::string> read();

    /// Readable when a signal waits for next_signal().
    [[nodiscard]] int signal_fd() const { return signals_; }
    [[nodiscard]] std::optional<int> next_signal();

    /// Gives the terminal back, stops this process as Ctrl-Z does, and takes the terminal again when it goes
    /// on.
    void suspend();
    /// Takes it again after somebody else had it.
    void resume();

  private:
    Terminal(termios before, int signals) : before_(before), signals_(signals) {}
    void leave();

    termios before_;
    int signals_;
};

}  // namespace pncp::cli
