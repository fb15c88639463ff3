#include "agent/spool/spool_folder.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <utility>

#include "schema/program/files.hpp"

namespace pncp::agent {
namespace {

std::string segment_suffix(Stream stream, std::uint32_t number) {
    char text[16];
    std::snprintf(text, sizeof text, ".%c%08u", stream == Stream::metrics ? 'm' : 'r', number);
    return text;
}

}  // namespace

SpoolFolder::SpoolFolder(detail::Descriptor folder, std::string path, Owner owner)
    : folder_(std::move(folder)), path_(std::move(path)), owner_(std::move(owner)) {}

Error SpoolFolder::failed(const std::string& what, const std::string& name) const {
    const int why = errno;
    std::string next;
    if (why == ENOSPC) next = "free some space";
    if (why == EROFS) next = "make it writable, or unset spool.path";
    return {"can't " + what + " " + path_ + "/" + name + ": " + std::strerror(why), std::move(next)};
}

Result<SpoolFolder::Opened> SpoolFolder::open(const std::string& path, Owner owner) {
    if (auto made = make_private_folder(path); !made) return made.error();
    detail::Descriptor folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!folder.valid()) return detail::system_error("open the folder", path);
    if (flock(folder.get(), LOCK_EX | LOCK_NB) != 0)
        return Error{path + " is in use by another process", "give each agent a spool.path of its own"};
    Opened opened{SpoolFolder(std::move(folder), path, std::move(owner)), {}, {}, Done{}};
    SpoolFolder& self = opened.folder;
    const auto found = self.list();
    if (!found) return found.error();
    std::uint32_t order = 0;
    for (const auto& [number, spool] : *found) {
        if (auto former = self.look_at(spool, opened.warnings)) opened.formers.push_back(std::move(*former));
        order = number;
    }
    if (opened.formers.size() < kFormers)
        opened.begun = self.begin(order + 1);
    else
        opened.begun = Error{path + " holds " + std::to_string(opened.formers.size()) +
                                 " spools of earlier runs, and takes no more",
                             "they are handed over as soon as the broker can be reached"};
    return opened;
}

Status SpoolFolder::sync_folder() {
    if (fsync(folder_.get()) != 0) return failed("sync", ".");
    return Done{};
}

Status SpoolFolder::write_all(int file, ByteView bytes, std::uint64_t offset, const std::string& name) {
    while (!bytes.empty()) {
        const ssize_t wrote = pwrite(file, bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote <= 0) return failed("write to", name);
        bytes = bytes.subspan(static_cast<std::size_t>(wrote));
        offset += static_cast<std::uint64_t>(wrote);
    }
    if (fdatasync(file) != 0) return failed("sync", name);
    return Done{};
}

Status SpoolFolder::begin(std::uint32_t order) {
    char prefix[16];
    std::snprintf(prefix, sizeof prefix, "%010u-", order);
    const std::string name = prefix + to_hex(owner_.spool);
    const std::string mark = name + ".mark";
    const detail::Descriptor file(
        openat(folder_.get(), mark.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!file.valid()) return failed("make", mark);
    const Bytes header =
        encode_spool_header({owner_.spool, SpoolFileKind::mark, 0, owner_.agent, owner_.boot_id});
    auto written = write_all(file.get(), header, 0, mark);
    if (written) written = sync_folder();
    if (!written) {
        unlinkat(folder_.get(), mark.c_str(), 0);
        return written;
    }
    names_[owner_.spool] = name;
    return Done{};
}

Status SpoolFolder::append(const SpoolAppend& write) {
    const std::string name = names_[owner_.spool] + segment_suffix(write.stream, write.segment);
    const bool is_new = write.offset == kSpoolHeaderBytes;
    const int flags = O_WRONLY | O_NOFOLLOW | O_CLOEXEC | (is_new ? O_CREAT | O_EXCL : 0);
    const detail::Descriptor file(openat(folder_.get(), name.c_str(), flags, 0600));
    if (!file.valid()) return failed("open", name);
    Status written = Done{};
    if (is_new) {
        const auto kind = write.stream == Stream::metrics ? SpoolFileKind::metrics : SpoolFileKind::results;
        // Header and rows in one write.
        Bytes bytes = encode_spool_header({owner_.spool, kind, write.segment, owner_.agent, owner_.boot_id});
        bytes.insert(bytes.end(), write.bytes.begin(), write.bytes.end());
        written = write_all(file.get(), bytes, 0, name);
        if (written) written = sync_folder();
        // The core begins another file after an error; what this one got would only take room.
        if (!written) unlinkat(folder_.get(), name.c_str(), 0);
        return written;
    }
    written = write_all(file.get(), write.bytes, write.offset, name);
    if (!written && ftruncate(file.get(), static_cast<off_t>(write.offset)) != 0)
        return failed("undo half a write to", name);
    return written;
}

Result<Bytes> SpoolFolder::read(const SpoolRead& read) const {
    const auto known = names_.find(read.spool);
    if (known == names_.end()) return Error{"no such spool in " + path_, ""};
    const std::string name = known->second + segment_suffix(read.stream, read.extent.segment);
    const detail::Descriptor file(openat(folder_.get(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
    if (!file.valid()) return failed("open", name);
    Bytes bytes(read.extent.bytes);
    std::size_t filled = 0;
    while (filled < bytes.size()) {
        const ssize_t got = pread(file.get(), bytes.data() + filled, bytes.size() - filled,
                                  static_cast<off_t>(read.extent.offset + filled));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return failed("read", name);
        if (got == 0) return Error{path_ + "/" + name + " is shorter than it was", ""};
        filled += static_cast<std::size_t>(got);
    }
    return bytes;
}

Status SpoolFolder::remove(const SpoolDelete& segment) {
    const std::string name = names_[segment.spool] + segment_suffix(segment.stream, segment.segment);
    if (unlinkat(folder_.get(), name.c_str(), 0) != 0 && errno != ENOENT) return failed("remove", name);
    return Done{};
}

Status SpoolFolder::close(const SpoolClose& end) {
    const std::string name = names_[owner_.spool] + ".mark";
    const detail::Descriptor file(openat(folder_.get(), name.c_str(), O_WRONLY | O_NOFOLLOW | O_CLOEXEC));
    if (!file.valid()) return failed("open", name);
    return write_all(file.get(), encode_spool_end(owner_.spool, end.heads), kSpoolHeaderBytes, name);
}

Status SpoolFolder::handed_over(const SpoolHandedOver& spool) {
    const auto known = names_.find(spool.spool);
    if (known == names_.end()) return Done{};
    const std::string mark = known->second + ".mark";
    const std::string done = known->second + ".done";
    if (renameat(folder_.get(), mark.c_str(), folder_.get(), done.c_str()) != 0 && errno != ENOENT)
        return failed("rename", mark);
    return sync_folder();
}

// The mark goes last, so that what a crash leaves behind is looked at again.
Status SpoolFolder::forget(const SpoolForget& spool) {
    const auto known = names_.find(spool.spool);
    if (known == names_.end()) return Done{};
    const std::string name = known->second;
    const std::unique_ptr<DIR, int (*)(DIR*)> entries(opendir(path_.c_str()), closedir);
    if (!entries) return failed("look into", ".");
    while (const dirent* entry = readdir(entries.get())) {
        const std::string_view file = entry->d_name;
        if (!file.starts_with(name + ".") || file.ends_with(".aside")) continue;
        if (file.ends_with(".mark") || file.ends_with(".done")) continue;
        if (unlinkat(folder_.get(), entry->d_name, 0) != 0) return failed("remove", entry->d_name);
    }
    for (const char* suffix : {".mark", ".done"})
        if (unlinkat(folder_.get(), (name + suffix).c_str(), 0) != 0 && errno != ENOENT)
            return failed("remove", name + suffix);
    names_.erase(known);
    return sync_folder();
}

}  // namespace pncp::agent
