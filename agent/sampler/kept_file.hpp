// A file of /proc or /sys that stays open between samples: opening costs more than reading.
// One thread. The view that read() returns lives until the buffer is used for the next read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pncp {

/// Memory that all readings of a sampler share, so that a sample allocates nothing once it has grown.
class ReadBuffer {
  public:
    /// Longest text read of one file; the rest is left out, and parsers ignore the line that was cut. The
    /// mount table of a machine with thousands of containers is the longest known, at about 500 KiB.
    static constexpr std::size_t kMaxBytes = std::size_t{1} << 20U;

    /// Reads the whole file behind `descriptor` from its start, whatever its offset; nullopt on any error.
    /// With `short_is_end` a read that does not fill the buffer is the last one, which saves asking once
    /// more.
    [[nodiscard]] std::optional<std::string_view> fill(int descriptor, bool short_is_end = false);

  private:
    std::vector<char> bytes_;
};

class KeptFile {
  public:
    /// Nothing is opened before the first read.
    explicit KeptFile(std::string path) : path_(std::move(path)) {}
    ~KeptFile();
    KeptFile(KeptFile&& other) noexcept;
    KeptFile& operator=(KeptFile&& other) noexcept;

    /// The file's text now. A file that failed, was deleted or replaced since is opened again by its path,
    /// once; nullopt if it is not there or cannot be read: the reading is then absent, never 0.
    [[nodiscard]] std::optional<std::string_view> read(ReadBuffer& buffer);

    /// True if the kernel says, by poll(2), that the text has changed since it was read, as it does for the
    /// mount table; also if the file is not open. Asking takes the news away.
    [[nodiscard]] bool announced_change() const;

  private:
    /// What the file system is: it decides which questions to the kernel can be saved.
    enum class Kind : std::uint8_t { plain, proc, sysfs };

    void close();
    [[nodiscard]] bool may_be_old() const;

    std::string path_;
    int descriptor_ = -1;
    Kind kind_ = Kind::plain;
};

}  // namespace pncp
