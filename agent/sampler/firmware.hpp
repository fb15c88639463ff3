// Questions to the firmware of a Raspberry Pi, as vcgencmd(1) asks them, but without a process: one ioctl on
// a device file. Parsing the answers is pure; FirmwareMailbox keeps the file open. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace pncp {

/// Answers a command of vcgencmd (`get_throttled`) with its text; nullopt if there is no such firmware, it
/// may not be asked, or it does not know the command. Tests put their own answers here.
using FirmwareSource = std::function<std::optional<std::string>(const char* command)>;

class FirmwareMailbox {
  public:
    /// Opens nothing before the first question.
    explicit FirmwareMailbox(std::string root) : root_(std::move(root)) {}
    ~FirmwareMailbox();
    FirmwareMailbox(FirmwareMailbox&& other) noexcept;
    FirmwareMailbox& operator=(FirmwareMailbox&&) = delete;

    /// Asks through /dev/vcio_gencmd, which newer kernels have for everybody, or /dev/vcio (group video).
    /// Takes about 0.1 ms; the kernel gives up after 1 s on a firmware that hangs, so ask no more for a while
    /// after a nullopt.
    [[nodiscard]] std::optional<std::string> ask(const char* command);

  private:
    [[nodiscard]] bool open();

    std::string root_;
    int descriptor_ = -1;
};

/// The bits of `throttled=0x50005`; nullopt for any other text.
[[nodiscard]] std::optional<std::uint32_t> parse_throttled(std::string_view answer);
/// Volts of `volt=0.8563V`.
[[nodiscard]] std::optional<double> parse_volts(std::string_view answer);
/// Hertz of `frequency(48)=1500398464`; nullopt for 0, which is a clock that is not there.
[[nodiscard]] std::optional<std::int64_t> parse_hertz(std::string_view answer);

}  // namespace pncp
