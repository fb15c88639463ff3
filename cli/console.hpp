// Where words go: stdout and stderr, unbuffered, so that a result is seen when it comes. Tests put their own
// in place. One thread. Lives as long as main.
#pragma once

#include <cstddef>
#include <string_view>

namespace pncp::cli {

class Console {
  public:
    Console() = default;
    Console(const Console&) = delete;
    Console& operator=(const Console&) = delete;
    virtual ~Console() = default;

    /// What was asked for.
    virtual void out(std::string_view text) = 0;
    /// What a person should know beside it.
    virtual void err(std::string_view text) = 0;
    [[nodiscard]] virtual bool out_is_terminal() const = 0;
    /// Columns of that terminal; 80 where nobody knows.
    [[nodiscard]] virtual std::size_t columns() const { return 80; }
    /// The same of stderr; false too on one that can't erase a line.
    [[nodiscard]] virtual bool err_is_terminal() const { return false; }
    [[nodiscard]] virtual std::size_t err_columns() const { return 80; }
    /// True once something could not be written to stdout: a full disk, a closed pipe.
    [[nodiscard]] virtual bool failed() const = 0;
};

/// Descriptors 1 and 2.
class StandardConsole final : public Console {
  public:
    StandardConsole();
    void out(std::string_view text) override;
    void err(std::string_view text) override;
    [[nodiscard]] bool out_is_terminal() const override { return terminal_; }
    [[nodiscard]] std::size_t columns() const override;
    [[nodiscard]] bool err_is_terminal() const override { return err_terminal_; }
    [[nodiscard]] std::size_t err_columns() const override;
    [[nodiscard]] bool failed() const override { return failed_; }

  private:
    bool terminal_;
    bool err_terminal_;
    bool failed_ = false;
};

}  // namespace pncp::cli
