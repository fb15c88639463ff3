// Names of the devices that a folder of /sys lists. Reads the folder, keeps nothing open.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pncp {

/// Names in `folder` that begin with `prefix`, sorted, at most `most` of them; none if there is no such
/// folder.
[[nodiscard]] std::vector<std::string> names_in(const std::string& folder, std::string_view prefix,
                                                std::size_t most);

/// The numbers N of the names `prefix`N in `folder`, ascending, at most `most`.
[[nodiscard]] std::vector<std::uint64_t> numbers_in(const std::string& folder, std::string_view prefix,
                                                    std::size_t most);

}  // namespace pncp
