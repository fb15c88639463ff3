#include "agent/executor/pattern.hpp"

#include <regex.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace pncp::agent {
namespace {

class Compiled {
  public:
    explicit Compiled(const std::string& pattern) : code_(regcomp(&regex_, pattern.c_str(), REG_EXTENDED)) {}
    Compiled(const Compiled&) = delete;
    Compiled& operator=(const Compiled&) = delete;
    ~Compiled() {
        if (code_ == 0) regfree(&regex_);
    }
    [[nodiscard]] int code() const { return code_; }
    [[nodiscard]] const regex_t& regex() const { return regex_; }
    [[nodiscard]] std::string problem() const {
        std::array<char, 128> text{};
        regerror(code_, &regex_, text.data(), text.size());
        return text.data();
    }

  private:
    regex_t regex_{};
    int code_;
};

/// Where a bracket expression that opens at `at` ends: at its `]`, which may stand first, or after a `^`.
std::size_t end_of_bracket(std::string_view pattern, std::size_t at) {
    std::size_t from = at + 1;
    if (from < pattern.size() && pattern[from] == '^') ++from;
    if (from < pattern.size() && pattern[from] == ']') ++from;
    for (; from < pattern.size() && pattern[from] != ']'; ++from) {
        // [:alpha:], [.x.] and [=x=] hold brackets of their own.
        if (pattern[from] != '[' || from + 1 >= pattern.size()) continue;
        const char kind = pattern[from + 1];
        if (kind != ':' && kind != '.' && kind != '=') continue;
        const std::size_t close = pattern.find(std::string{kind} + "]", from + 2);
        if (close != std::string_view::npos) from = close + 1;
    }
    return from;
}

/// The larger bound of `{n}`, `{n,}` or `{n,m}` at `at`, at least 1.
std::size_t repeats_at(std::string_view pattern, std::size_t at) {
    std::size_t most = 1;
    const char* end = pattern.data() + pattern.size();
    for (const char* each = pattern.data() + at + 1; each < end && *each != '}';) {
        std::size_t bound = 0;
        const auto [next, failure] = std::from_chars(each, end, bound);
        if (failure == std::errc::result_out_of_range) return kPatternRepeats + 1;
        if (failure == std::errc{}) most = std::max(most, bound);
        each = next == each ? each + 1 : next;
    }
    return most;
}

}  // namespace

Status check_pattern(const std::string& pattern) {
    if (pattern.empty())
        return Error{"is empty", "write what the whole value looks like, as in '[a-z]{1,8}'"};
    if (pattern.size() > kPatternBytes)
        return Error{"is longer than " + std::to_string(kPatternBytes) + " bytes", {}};
    if (pattern.find('\0') != std::string::npos) return Error{"holds a NUL", {}};
    std::size_t repeats = 1;
    for (std::size_t at = 0; at < pattern.size(); ++at) {
        if (pattern[at] == '\\' && at + 1 < pattern.size()) {
            if (pattern[++at] >= '0' && pattern[at] <= '9')
                return Error{"refers back (\\" + std::string(1, pattern[at]) + ")",
                             "write it without; digits are [0-9]"};
        } else if (pattern[at] == '[') {
            at = end_of_bracket(pattern, at);
        } else if (pattern[at] == '{') {
            const std::size_t here = repeats_at(pattern, at);
            if (here > kPatternRepeats || repeats * here > kPatternRepeats)
                return Error{"repeats more than " + std::to_string(kPatternRepeats) + " times",
                             "use smaller bounds in {n,m}; max_bytes limits the length too"};
            repeats *= here;
        }
    }
    const Compiled compiled(pattern);
    if (compiled.code() != 0)
        return Error{"is not a POSIX extended regular expression (" + compiled.problem() + ")",
                     "see: man 7 regex"};
    return Done{};
}

bool matches_whole(const std::string& pattern, const std::string& value) {
    const Compiled compiled(pattern);
    if (compiled.code() != 0) return false;
    // The leftmost longest match is the whole value if any match is. Wrapping the pattern in ^( )$ instead
    // would let `a)|(b` out of the anchors.
    regmatch_t found{};
    return regexec(&compiled.regex(), value.c_str(), 1, &found, 0) == 0 && found.rm_so == 0 &&
           static_cast<std::size_t>(found.rm_eo) == value.size();
}

}  // namespace pncp::agent
