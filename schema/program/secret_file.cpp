#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <string>

#include "schema/program/files.hpp"
#include "schema/program/files_detail.hpp"

namespace pncp {
namespace {

std::string octal(unsigned mode) {
    std::string digits = "0";
    for (const unsigned shift : {6U, 3U, 0U}) digits += static_cast<char>('0' + ((mode >> shift) & 7U));
    return digits;
}

Status check_owner_and_mode(const std::string& path, const struct stat& info, const SecretFileRule& rule) {
    if (!S_ISREG(info.st_mode))
        return Error{path + " is not a regular file, so it can't hold a secret", "name a file"};
    if (info.st_uid != geteuid() && info.st_uid != 0) {
        return Error{path + " belongs to user " + std::to_string(info.st_uid) + ", who could change it",
                     "run: chown " + std::to_string(geteuid()) + " " + path};
    }
    const unsigned forbidden = rule.group_may_read ? 037U : 077U;
    const unsigned mode = info.st_mode & 0777U;
    if ((mode & forbidden) != 0) {
        return Error{path + " holds a secret but its mode " + octal(mode) + " opens it to others",
                     std::string("run: chmod ") + (rule.group_may_read ? "640 " : "600 ") + path};
    }
    return Done{};
}

}  // namespace

Result<Bytes> read_secret_file(const std::string& path, const SecretFileRule& rule) {
    const detail::Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!file.valid()) {
        return detail::system_error(
            "open", path, errno == EACCES ? "check who owns it, and which user this program runs as" : "");
    }
    // What was opened is what is judged: a name could be swapped between a stat and an open.
    struct stat info {};
    if (fstat(file.get(), &info) != 0) return detail::system_error("look at", path);
    if (Status fine = check_owner_and_mode(path, info, rule); !fine) return fine.error();
    // The size is known, so read into one allocation: a buffer that grows would leave copies of the secret
    // behind.
    if (info.st_size < 0 || static_cast<std::size_t>(info.st_size) > rule.max_bytes) {
        return detail::too_long(path, rule.max_bytes);
    }
    Bytes secret;
    secret.reserve(rule.max_bytes + 1);
    if (Status read = detail::read_all(file, path, rule.max_bytes, secret); !read) return read.error();
    return secret;
}

}  // namespace pncp
