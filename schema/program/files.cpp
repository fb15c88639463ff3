#include "schema/program/files.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cstdio>

#include "schema/program/clock.hpp"
#include "schema/program/files_detail.hpp"

namespace pncp {
namespace {

using detail::Descriptor;
using detail::system_error;

std::string folder_of(const std::string& path) {
    const auto slash = path.rfind('/');
    if (slash == std::string::npos) return ".";
    return slash == 0 ? "/" : path.substr(0, slash);
}

/// A name in the same folder that nobody else uses: random, so that two processes can't meet.
std::string temporary_name(const std::string& path) {
    std::array<std::uint8_t, 8> random{};
    random_bytes(random);
    std::string name = path + ".";
    for (const std::uint8_t each : random) {
        name += static_cast<char>('a' + (each & 0xFU));
        name += static_cast<char>('a' + (each >> 4U));
    }
    return name + ".tmp";
}

Status write_all(const Descriptor& file, const std::string& path, ByteView bytes) {
    while (!bytes.empty()) {
        const ssize_t wrote = write(file.get(), bytes.data(), bytes.size());
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote < 0) return system_error("write", path, "check the space on the disk");
        bytes = bytes.subspan(static_cast<std::size_t>(wrote));
    }
    return Done{};
}

/// Writes and fsyncs a fresh file; removes it again if anything fails.
Status write_fresh(const std::string& path, ByteView bytes, unsigned mode) {
    const Descriptor file(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!file.valid()) return system_error("create", path, "check that its folder exists and can be written");
    Status written = write_all(file, path, bytes);
    // The umask must not decide what a key file's permissions are.
    if (written && (fchmod(file.get(), mode) != 0 || fsync(file.get()) != 0))
        written = system_error("store", path);
    if (!written) unlink(path.c_str());
    return written;
}

Status sync_folder(const std::string& folder) {
    const Descriptor handle(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!handle.valid() || (fsync(handle.get()) != 0 && errno != EINVAL))
        return system_error("store", folder);
    return Done{};
}

/// Like rename, but fails with EEXIST instead of replacing.
int rename_new(const std::string& from, const std::string& to) {
    if (renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return 0;
    if (errno != EINVAL && errno != ENOSYS) return -1;
    // A file system without that flag (NFS): a hard link refuses to replace as well.
    if (link(from.c_str(), to.c_str()) != 0) return -1;
    return unlink(from.c_str());
}

}  // namespace

bool path_exists(const std::string& path) {
    struct stat info {};
    return lstat(path.c_str(), &info) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

Result<FileContents> read_file(const std::string& path, std::size_t max_bytes) {
    // Without O_NONBLOCK, opening a FIFO would wait for somebody to write to it.
    const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!file.valid()) return system_error("open", path);
    struct stat info {};
    if (fstat(file.get(), &info) != 0) return system_error("look at", path);
    if (!S_ISREG(info.st_mode)) return Error{path + " is not a regular file", "name a file"};
    FileContents contents;
    contents.mode = info.st_mode & 07777U;
    if (Status read = detail::read_all(file, path, max_bytes, contents.text); !read) return read.error();
    return contents;
}

Status write_atomically(const std::string& path, ByteView bytes, unsigned mode) {
    const std::string temporary = temporary_name(path);
    if (Status written = write_fresh(temporary, bytes, mode); !written) return written;
    if (rename(temporary.c_str(), path.c_str()) != 0) {
        Error error = system_error("replace", path);
        unlink(temporary.c_str());
        return error;
    }
    return sync_folder(folder_of(path));
}

Status create_exclusively(const std::string& path, ByteView bytes, unsigned mode) {
    const std::string temporary = temporary_name(path);
    if (Status written = write_fresh(temporary, bytes, mode); !written) return written;
    if (rename_new(temporary, path) != 0) {
        Error error = errno == EEXIST ? Error{path + " exists already and is not overwritten",
                                              "move it away first, or choose another name"}
                                      : system_error("create", path);
        unlink(temporary.c_str());
        return error;
    }
    return sync_folder(folder_of(path));
}

Status make_folder(const std::string& path, unsigned mode) {
    for (std::size_t at = path.find('/', 1);; at = path.find('/', at + 1)) {
        const std::string part = path.substr(0, at);
        if (mkdir(part.c_str(), mode) == 0) {
            if (chmod(part.c_str(), mode) != 0) return system_error("set the permissions of", part);
        } else if (errno != EEXIST) {
            return system_error("make the folder", part,
                                "make it by hand, or choose another in the configuration");
        }
        if (at == std::string::npos) break;
    }
    struct stat info {};
    if (stat(path.c_str(), &info) != 0) return system_error("look at", path);
    if (!S_ISDIR(info.st_mode)) return Error{path + " is not a folder", "move it away, or choose another"};
    return Done{};
}

Status make_private_folder(const std::string& path) {
    if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return system_error("make the folder", path);
    struct stat info {};
    if (lstat(path.c_str(), &info) != 0) return system_error("look at", path);
    if (!S_ISDIR(info.st_mode)) {
        return Error{path + " is not a folder but should be a private one",
                     "find out who made it, and remove it"};
    }
    if (info.st_uid != geteuid()) {
        return Error{path + " belongs to user " + std::to_string(info.st_uid) + ", not to us",
                     "find out who made it, and remove it"};
    }
    if ((info.st_mode & 077U) != 0) return Error{path + " is open to others", "run: chmod 700 " + path};
    return Done{};
}

}  // namespace pncp
