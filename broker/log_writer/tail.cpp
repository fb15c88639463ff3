#include "broker/log_writer/tail.hpp"

#include <algorithm>

namespace pncp::log_writer {

namespace {
constexpr std::string_view kHeaderBegins = "{\"pncp_log\":1,";
}

std::optional<Tail> read_tail(std::string_view end, std::uint64_t file_bytes) {
    const std::uint64_t before = file_bytes - end.size();
    const std::size_t last_break = end.rfind('\n');
    if (last_break == std::string_view::npos) return std::nullopt;

    Tail tail;
    tail.torn_bytes = end.size() - last_break - 1;
    std::size_t line_end = last_break;  // of the line looked at: where its '\n' stands
    while (true) {
        const std::size_t previous = line_end == 0 ? std::string_view::npos : end.rfind('\n', line_end - 1);
        const bool whole = previous != std::string_view::npos || before == 0;
        if (!whole) return std::nullopt;
        const std::size_t begin = previous == std::string_view::npos ? 0 : previous + 1;
        if (const auto chain = read_line(end.substr(begin, line_end - begin))) {
            tail.chain = *chain;
            tail.good_bytes = before + line_end + 1;
            return tail;
        }
        ++tail.damaged_lines;
        if (previous == std::string_view::npos) return std::nullopt;
        line_end = previous;
    }
}

bool is_unfinished_header(std::string_view file) {
    if (file.find('\n') != std::string_view::npos) return false;
    const std::size_t common = std::min(file.size(), kHeaderBegins.size());
    return file.substr(0, common) == kHeaderBegins.substr(0, common);
}

}  // namespace pncp::log_writer
