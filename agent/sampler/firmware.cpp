#include "agent/sampler/firmware.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <charconv>
#include <cstring>
#include <utility>

#include "agent/sampler/text.hpp"

namespace pncp {
namespace {

constexpr std::uint32_t kAnswerTag = 0x0003'0080;
constexpr std::uint32_t kSuccess = 0x8000'0000;
constexpr std::size_t kTextBytes = 1'024;

/// A property message with one tag, in 32-bit words of the processor's own order, as the firmware lays it
/// out.
struct Message {
    std::uint32_t size = sizeof(Message);
    std::uint32_t code = 0;  ///< 0 = request; the firmware answers kSuccess
    std::uint32_t tag = kAnswerTag;
    std::uint32_t room = kTextBytes;
    std::uint32_t tag_code = 0;
    std::uint32_t error = 0;
    char text[kTextBytes] = {};
    std::uint32_t end = 0;
};
static_assert(sizeof(Message) == 7 * 4 + kTextBytes);

/// The driver's only request; the type of the pointer is part of its number.
constexpr unsigned long kPropertyRequest = _IOWR(100, 0, char*);

}  // namespace

FirmwareMailbox::~FirmwareMailbox() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

FirmwareMailbox::FirmwareMailbox(FirmwareMailbox&& other) noexcept
    : root_(std::move(other.root_)), descriptor_(std::exchange(other.descriptor_, -1)) {}

bool FirmwareMailbox::open() {
    for (const char* path : {"/dev/vcio_gencmd", "/dev/vcio"}) {
        if (descriptor_ < 0) descriptor_ = ::open((root_ + path).c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    }
    return descriptor_ >= 0;
}

std::optional<std::string> FirmwareMailbox::ask(const char* command) {
    Message message;
    const std::size_t length = std::strlen(command);
    if (length >= kTextBytes || !open()) return std::nullopt;
    std::memcpy(message.text, command, length);
    if (::ioctl(descriptor_, kPropertyRequest, &message) < 0) {
        ::close(std::exchange(descriptor_, -1));
        return std::nullopt;
    }
    if (message.code != kSuccess || message.error != 0) return std::nullopt;
    return std::string{message.text, ::strnlen(message.text, kTextBytes)};
}

namespace {

/// What stands between `before` and `after`, which are all the rest; empty if they are not.
std::string_view inside(std::string_view text, std::string_view before, std::string_view after) {
    text = proc::trimmed(text);
    if (text.size() < before.size() + after.size() || !text.starts_with(before) || !text.ends_with(after))
        return {};
    return text.substr(before.size(), text.size() - before.size() - after.size());
}

}  // namespace

std::optional<std::uint32_t> parse_throttled(std::string_view answer) {
    const auto digits = inside(answer, "throttled=0x", "");
    std::uint32_t bits = 0;
    const char* end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), end, bits, 16);
    if (digits.empty() || error != std::errc{} || stop != end) return std::nullopt;
    return bits;
}

std::optional<double> parse_volts(std::string_view answer) {
    constexpr double kMostVolts = 100;
    const auto volts = proc::to_fraction(inside(answer, "volt=", "V"));
    return volts && *volts < kMostVolts ? volts : std::nullopt;
}

std::optional<std::int64_t> parse_hertz(std::string_view answer) {
    const auto equals = answer.find(")=");
    if (!answer.starts_with("frequency(") || equals == std::string_view::npos) return std::nullopt;
    const auto hertz = proc::to_integer(proc::trimmed(answer.substr(equals + 2)));
    return hertz && *hertz > 0 ? hertz : std::nullopt;
}

}  // namespace pncp
