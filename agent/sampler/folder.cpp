#include "agent/sampler/folder.hpp"

#include <dirent.h>

#include <algorithm>
#include <memory>

#include "agent/sampler/text.hpp"

namespace pncp {
namespace {

/// Calls `take` with every name in `folder` that begins with `prefix`, but `.` and `..`.
template <typename Take>
void list(const std::string& folder, std::string_view prefix, Take take) {
    struct Close {
        void operator()(DIR* open) const { ::closedir(open); }
    };
    const std::unique_ptr<DIR, Close> listing{::opendir(folder.c_str())};
    if (!listing) return;
    while (const dirent* entry = ::readdir(listing.get())) {
        const std::string_view name = entry->d_name;
        if (name != "." && name != ".." && name.starts_with(prefix)) take(name);
    }
}

template <typename Value>
void sort_and_cut(std::vector<Value>& values, std::size_t most) {
    std::sort(values.begin(), values.end());
    if (values.size() > most) values.resize(most);
}

}  // namespace

std::vector<std::string> names_in(const std::string& folder, std::string_view prefix, std::size_t most) {
    std::vector<std::string> names;
    list(folder, prefix, [&](std::string_view name) { names.emplace_back(name); });
    sort_and_cut(names, most);
    return names;
}

std::vector<std::uint64_t> numbers_in(const std::string& folder, std::string_view prefix, std::size_t most) {
    std::vector<std::uint64_t> numbers;
    list(folder, prefix, [&](std::string_view name) {
        if (const auto number = proc::to_unsigned(name.substr(prefix.size()))) numbers.push_back(*number);
    });
    sort_and_cut(numbers, most);
    return numbers;
}

}  // namespace pncp
