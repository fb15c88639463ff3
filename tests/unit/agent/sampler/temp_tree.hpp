// A private copy of a recorded tree that a test may change; removed at the end. Shared by the agent's tests.
#pragma once

#include <stdlib.h>
#include <utmp.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "agent/sampler/disk.hpp"
#include "agent/sampler/sampler.hpp"

namespace pncp::test {

inline std::string tree_path(const std::string& tree) {
    return std::string{PNCP_SOURCE_DIR} + "/tests/unit/agent/trees/" + tree;
}

inline std::string text_of(const std::string& path) {
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

class TempTree {
  public:
    /// Starts empty, or as a copy of `tree`.
    explicit TempTree(const std::string& tree = "") {
        std::string name = (std::filesystem::temp_directory_path() / "pncp-tree-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
        path_ = name;
        if (!tree.empty())
            std::filesystem::copy(tree_path(tree), path_, std::filesystem::copy_options::recursive);
    }
    ~TempTree() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TempTree(const TempTree&) = delete;
    TempTree& operator=(const TempTree&) = delete;

    [[nodiscard]] const std::string& path() const { return path_; }

    /// Changes a file in place, as the kernel does with its own.
    void write(const std::string& file, std::string_view text) const {
        const auto where = std::filesystem::path{path_} / file;
        std::filesystem::create_directories(where.parent_path());
        std::ofstream{where, std::ios::binary} << text;
    }
    void remove(const std::string& file) const { std::filesystem::remove_all(path_ + "/" + file); }
    void pass_ten_seconds() const { write("proc/stat", text_of(path_ + "/proc/stat.later")); }

  private:
    std::string path_;
};

/// A record of utmp as this machine lays it out.
inline std::string utmp_record(short type, const char* user) {
    utmp record{};
    record.ut_type = type;
    std::strncpy(record.ut_user, user, sizeof record.ut_user - 1);
    std::string bytes(sizeof record, '\0');
    std::memcpy(bytes.data(), &record, sizeof record);
    return bytes;
}

/// The same answer for every path: 1000 bytes, 100 of them root's reserve, 450 used; 50 inodes, 20 free.
inline std::optional<DiskSpace> recorded_space(const std::string& /*path*/) {
    return DiskSpace{1000, 450, 450, 50, 20};
}

inline Sampler sampler_of(const std::string& root) { return Sampler{{root, recorded_space}}; }

}  // namespace pncp::test
