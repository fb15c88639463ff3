// Files at start-up and of keys: read with a limit, written so that a crash leaves the old or the new
// content, never a half; secrets refused when others could read them. Thread rule: any thread; no state.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "schema/bytes.hpp"
#include "schema/result.hpp"

namespace pncp {

struct FileContents {
    std::string text;
    /// Permission bits, such as 0640.
    unsigned mode = 0;
};

/// True if something of that name exists, readable or not.
[[nodiscard]] bool path_exists(const std::string& path);

/// The whole of a regular file of at most `max_bytes`. /proc counts as regular; a FIFO or device is refused.
[[nodiscard]] Result<FileContents> read_file(const std::string& path, std::size_t max_bytes);

/// Replaces `path` in one step: temporary file in the same folder, fsync, rename, fsync of the folder. `mode`
/// holds whatever the umask is. On failure the old file is untouched and nothing is left behind.
[[nodiscard]] Status write_atomically(const std::string& path, ByteView bytes, unsigned mode);

/// The same for a file that must not exist yet: an existing one is never overwritten, and is said to be
/// there.
[[nodiscard]] Status create_exclusively(const std::string& path, ByteView bytes, unsigned mode);

/// Makes the folder and its missing parents with `mode` (0700 or 0750). One that exists is left as it is.
[[nodiscard]] Status make_folder(const std::string& path, unsigned mode);

/// Makes a folder 0700 if missing, then proves that it is a real folder (no link), ours, and closed to
/// others.
[[nodiscard]] Status make_private_folder(const std::string& path);

/// A key is 32 bytes; with hexadecimal text and a comment nothing sensible is longer.
inline constexpr std::size_t kSecretFileBytesMax = 4096;

struct SecretFileRule {
    /// Lets the group read (0640): for the operator's local key, and for systemd's credentials, which carry
    /// an ACL that shows as a group bit. Writing by the group stays refused.
    bool group_may_read = false;
    std::size_t max_bytes = kSecretFileBytesMax;
};

/// Reads a file that holds a secret. Refuses, each with its fix: not a regular file, open to group or others,
/// owned by somebody who is neither us nor root, too long. The caller wipes the bytes when done.
[[nodiscard]] Result<Bytes> read_secret_file(const std::string& path, const SecretFileRule& rule = {});

}  // namespace pncp
