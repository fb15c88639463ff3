// `pncp-cli top` as lines. Pure: a model in, lines out, none wider or more than the terminal.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/text.hpp"
#include "cli/top_model.hpp"

namespace pncp::cli {

struct TopLook {
    std::size_t columns = 80;
    std::size_t rows = 24;
    Style style{};
    bool utf8 = false;
    std::int64_t now_us = 0;
};

[[nodiscard]] std::vector<std::string> top_lines(TopModel& model, const TopLook& look);

}  // namespace pncp::cli
