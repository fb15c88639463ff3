// Names folded for people and for --to: pi-1, pi-2, pi-3, pi-07 is "pi-07,pi-[1-3]". What broker/core's
// name_ranges expands, the other way round. Pure.
#pragma once

#include <string>
#include <vector>

namespace pncp::cli {

/// An expression for --to that means exactly `names` (each once, in any order, each a valid id); "" for none.
/// Names that differ in one number only become one range, from whichever number folds; ranges are in natural
/// order, and leading zeros are kept: pi-08, pi-09, pi-10 is "pi-[08-10]".
[[nodiscard]] std::string fold_names(std::vector<std::string> names);

}  // namespace pncp::cli
