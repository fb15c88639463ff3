#include "broker/log_writer/old_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

namespace pncp::log_writer {

namespace {

/// About 10 ms of compression on a controller, 40 on a Pi.
constexpr std::size_t kPartBytes = 256 * 1024;
constexpr std::int64_t kRetryMs = 60'000;

std::string folder_of(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    return slash == std::string::npos ? std::string() : path.substr(0, slash + 1);
}

Error trouble(const std::string& what, const std::string& path, int error_number) {
    return {"cannot " + what + " " + path + ": " + std::system_category().message(error_number),
            error_number == ENOSPC || error_number == EDQUOT
                ? "make room; the uncompressed file stays, nothing is lost"
                : ""};
}

/// What happened last comes first.
bool newer(const timespec& a, const timespec& b) {
    return a.tv_sec != b.tv_sec ? a.tv_sec > b.tv_sec : a.tv_nsec > b.tv_nsec;
}

}  // namespace

void sync_folder(const std::string& path) {
    const std::string folder = folder_of(path);
    const int fd = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return;
    (void)::fsync(fd);
    (void)::close(fd);
}

Result<std::vector<FolderEntry>> list_folder(const std::string& path) {
    const std::string folder = folder_of(path);
    std::error_code failed;
    std::vector<FolderEntry> entries;
    std::filesystem::directory_iterator at(folder.empty() ? "." : folder, failed);
    for (; !failed && at != std::filesystem::directory_iterator(); at.increment(failed)) {
        struct stat info {};
        if (::lstat(at->path().c_str(), &info) == 0 && S_ISREG(info.st_mode))
            entries.push_back({at->path().filename().string(), info.st_ino});
    }
    if (failed) return Error{"cannot list the folder of " + path + ": " + failed.message(), ""};
    return entries;
}

Result<std::vector<std::string>> predecessors(const std::string& path) {
    auto entries = list_folder(path);
    if (!entries.ok()) return entries.error();
    const std::string folder = folder_of(path);
    const std::string live = path.substr(folder.size());
    struct Candidate {
        std::string name;
        std::uint64_t number = 0;  ///< 0: moved away by another program
        bool compressed = false;
        timespec changed{};
    };
    std::vector<Candidate> own;
    std::vector<Candidate> others;
    for (const FolderEntry& entry : *entries) {
        struct stat info {};
        if (::stat((folder + entry.name).c_str(), &info) != 0) continue;
        const auto old = parse_old_name(live, entry.name);
        if (old && !old->part) {
            own.push_back({entry.name, old->number, old->compressed, info.st_mtim});
        } else if (!old && entry.name.size() > live.size() + 1 && entry.name.starts_with(live) &&
                   (entry.name[live.size()] == '.' || entry.name[live.size()] == '-') &&
                   !entry.name.ends_with(kNextSuffix) && !entry.name.ends_with(".damaged")) {
            others.push_back({entry.name, 0, false, info.st_mtim});
        }
    }
    // Of one number the plain file is the truth: it comes first.
    std::sort(own.begin(), own.end(), [](const Candidate& a, const Candidate& b) {
        return a.number != b.number ? a.number > b.number : a.compressed < b.compressed;
    });
    std::sort(others.begin(), others.end(),
              [](const Candidate& a, const Candidate& b) { return newer(a.changed, b.changed); });
    std::vector<std::string> all;
    std::size_t moved = 0;
    while (moved < others.size() && (own.empty() || newer(others[moved].changed, own.front().changed)))
        all.push_back(folder + others[moved++].name);
    for (const Candidate& each : own) all.push_back(folder + each.name);
    for (; moved < others.size(); ++moved) all.push_back(folder + others[moved].name);
    return all;
}

struct OldFiles::Job {
    int in = -1;
    int out = -1;
    gzFile packed = nullptr;
    std::array<char, kPartBytes> part;

    Job() = default;
    Job(const Job&) = delete;
    Job& operator=(const Job&) = delete;
    ~Job() {
        if (packed != nullptr) (void)gzclose(packed);
        if (in >= 0) (void)::close(in);
        if (out >= 0) (void)::close(out);
    }
};

OldFiles::OldFiles(std::string live_path, RotationPolicy policy, StepObserver before)
    : live_path_(std::move(live_path)),
      folder_(folder_of(live_path_)),
      live_(live_path_.substr(folder_.size())),
      policy_(policy),
      before_(std::move(before)) {}
OldFiles::~OldFiles() = default;
OldFiles::OldFiles(OldFiles&&) noexcept = default;
OldFiles& OldFiles::operator=(OldFiles&&) noexcept = default;

std::string OldFiles::path_of(std::uint64_t number, bool compressed) const {
    return folder_ + old_name(live_, number, compressed);
}
std::string OldFiles::next_path() const { return path_of(next_number_, false); }

Status OldFiles::tidy() {
    const auto entries = list_folder(live_path_);
    if (!entries.ok()) return entries.error();
    struct stat live {};
    if (::stat(live_path_.c_str(), &live) != 0) return trouble("look at", live_path_, errno);
    job_.reset();
    const CleanUp plan = plan_clean_up(live_, live.st_ino, *entries, policy_);
    next_number_ = plan.next_number;
    waiting_.assign(plan.compress.begin(), plan.compress.end());
    for (const std::string& name : plan.remove) {
        observe("remove " + name);
        if (::unlink((folder_ + name).c_str()) != 0 && errno != ENOENT)
            return trouble("remove", folder_ + name, errno);
    }
    if (!plan.remove.empty()) sync_folder(live_path_);
    return Done{};
}

Status OldFiles::begin(std::uint64_t number) {
    const std::string plain = path_of(number, false);
    const std::string part = path_of(number, true) + std::string(kPartSuffix);
    auto job = std::make_unique<Job>();
    job->in = ::open(plain.c_str(), O_RDONLY | O_CLOEXEC);
    if (job->in < 0) return trouble("open", plain, errno);
    struct stat info {};
    if (::fstat(job->in, &info) != 0) return trouble("look at", plain, errno);
    observe("write part");
    (void)::unlink(part.c_str());
    job->out = ::open(part.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
    if (job->out < 0) return trouble("write", part, errno);
    (void)::fchmod(job->out, info.st_mode & 0777U);
    const int packed_fd = ::fcntl(job->out, F_DUPFD_CLOEXEC, 3);
    if (packed_fd < 0) return trouble("write", part, errno);
    job->packed = gzdopen(packed_fd, "wb6");
    if (job->packed == nullptr) {
        (void)::close(packed_fd);
        return trouble("write", part, ENOMEM);
    }
    job_ = std::move(job);
    return Done{};
}

Status OldFiles::finish(std::uint64_t number) {
    const std::string plain = path_of(number, false);
    const std::string compressed = path_of(number, true);
    const std::string part = compressed + std::string(kPartSuffix);
    errno = 0;
    if (gzclose(std::exchange(job_->packed, nullptr)) != Z_OK)
        return trouble("write", part, errno == 0 ? EIO : errno);
    // The newest of all files is found by its time too.
    struct stat info {};
    if (::fstat(job_->in, &info) == 0) {
        const std::array<timespec, 2> times = {info.st_atim, info.st_mtim};
        (void)::futimens(job_->out, times.data());
    }
    observe("sync part");
    if (::fsync(job_->out) != 0) return trouble("sync", part, errno);
    observe("publish compressed");
    if (::rename(part.c_str(), compressed.c_str()) != 0) return trouble("rename", part, errno);
    sync_folder(live_path_);
    observe("remove plain");
    if (::unlink(plain.c_str()) != 0 && errno != ENOENT) return trouble("remove", plain, errno);
    sync_folder(live_path_);
    observe("compressed");
    job_.reset();
    waiting_.pop_front();
    return Done{};
}

Status OldFiles::step(std::int64_t now_ms) {
    if (waiting_.empty() || now_ms < retry_at_ms_) return Done{};
    const std::uint64_t number = waiting_.front();
    const auto failed = [&](Error error) {
        job_.reset();
        (void)::unlink((path_of(number, true) + std::string(kPartSuffix)).c_str());
        retry_at_ms_ = now_ms + kRetryMs;
        return error;
    };
    if (!job_) {
        if (const Status begun = begin(number); !begun.ok()) {
            // Somebody took it away: there is nothing to compress.
            if (::access(path_of(number, false).c_str(), F_OK) != 0) {
                waiting_.pop_front();
                return Done{};
            }
            return failed(begun.error());
        }
    }
    const ssize_t got = ::read(job_->in, job_->part.data(), job_->part.size());
    if (got < 0) return failed(trouble("read", path_of(number, false), errno));
    errno = 0;
    if (got > 0 && gzwrite(job_->packed, job_->part.data(), static_cast<unsigned>(got)) != got)
        return failed(trouble("write", path_of(number, true), errno == 0 ? EIO : errno));
    if (got > 0) return Done{};
    if (const Status finished = finish(number); !finished.ok()) return failed(finished.error());
    return Done{};
}

}  // namespace pncp::log_writer
