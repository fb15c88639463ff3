// A log file read line by line, plain or compressed, from any file. One thread; nothing of the file is held
// but the line at hand.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "schema/result.hpp"

namespace pncp::log_writer {

class LogReader {
  public:
    /// Plain or gzip is told by the content, not by the name.
    [[nodiscard]] static Result<LogReader> open(const std::string& path);

    LogReader(LogReader&&) noexcept;
    LogReader& operator=(LogReader&&) noexcept;
    LogReader(const LogReader&) = delete;
    LogReader& operator=(const LogReader&) = delete;
    ~LogReader();

    /// The next whole line without its '\n'; valid until the next call. nullopt at the end. A damaged gzip
    /// file is an error, after the lines before the damage.
    [[nodiscard]] Result<std::optional<std::string_view>> next();
    /// Bytes behind the last whole line, once next() gave nullopt.
    [[nodiscard]] std::size_t torn_bytes() const;
    [[nodiscard]] const std::string& path() const;

    /// A line is 300 KB at worst (12 KiB of output, escaped, in hex, and as it was); a longer one is none.
    static constexpr std::size_t kLineBytes = 4 * 1024 * 1024;

  private:
    struct State;
    explicit LogReader(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace pncp::log_writer
