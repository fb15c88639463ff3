#include "cli/groups.hpp"

#include <algorithm>
#include <vector>

#include "schema/limits.hpp"
#include "schema/program/escape.hpp"
#include "schema/program/suggest.hpp"

namespace pncp::cli {
namespace {

/// Groups within groups: as deep as the broker lets parentheses nest.
constexpr int kDepth = 16;
constexpr std::size_t kNameMax = 64;

bool is_name_letter(char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
           (letter >= '0' && letter <= '9') || letter == '-' || letter == '_' || letter == '.';
}

bool valid_group_name(std::string_view name) {
    return !name.empty() && name.size() <= kNameMax && std::all_of(name.begin(), name.end(), is_name_letter);
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kBlank = " \t\r";
    const auto begin = text.find_first_not_of(kBlank);
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

Error unknown_group(const std::string& name, const Groups& groups) {
    std::vector<std::string> names;
    for (const auto& [each, expression] : groups) names.push_back("@" + each);
    const std::string wanted = "@" + name;
    return {"there is no group " + escape_controls(wanted) + did_you_mean(wanted, names),
            names.empty() ? "write lines `name = expression` into ~/.config/pncp/groups"
                          : "groups are lines `name = expression` in ~/.config/pncp/groups and "
                            "/etc/pncp/groups"};
}

/// Copies an expression word by word. `@` begins a group only where a name could stand: a tag's value and a
/// regular expression may contain one.
class Writer {
  public:
    explicit Writer(const Groups& groups) : groups_(groups) {}

    Status write(std::string_view text, int depth) {
        if (depth > kDepth) return Error{"a group contains itself, or groups are nested too deep", {}};
        bool part = true;
        for (std::size_t at = 0; at < text.size(); ++at) {
            const char letter = text[at];
            if (part && letter == '@') {
                const auto begin = text.begin() + static_cast<std::ptrdiff_t>(at) + 1;
                const auto end = std::find_if_not(begin, text.end(), is_name_letter);
                const std::string name(begin, end);
                if (const Status done = group(name, depth); !done) return done;
                at += name.size();
            } else if (part && letter == '/') {
                const auto close = std::min(text.find('/', at + 1), text.size() - 1);
                out_ += text.substr(at, close - at + 1);
                at = close;
            } else {
                out_ += letter;
            }
            if (out_.size() > limits::kStringBytes)
                return Error{"with its groups the expression has more than " +
                                 std::to_string(limits::kStringBytes) + " characters",
                             "use globs or tags in the groups"};
            if (letter != ' ') part = std::string_view(",&!(").find(letter) != std::string_view::npos;
        }
        return Done{};
    }
    [[nodiscard]] std::string take() { return std::move(out_); }

  private:
    Status group(const std::string& name, int depth) {
        const auto found = groups_.find(name);
        if (found == groups_.end()) return unknown_group(name, groups_);
        out_ += '(';
        if (Status done = write(found->second, depth + 1); !done) return done;
        out_ += ')';
        return Done{};
    }

    const Groups& groups_;
    std::string out_;
};

}  // namespace

Status read_groups(std::string_view text, const std::string& where, Groups& groups) {
    for (int number = 1; !text.empty(); ++number) {
        const auto stop = std::min(text.find('\n'), text.size());
        const std::string_view line = trimmed(text.substr(0, stop));
        text.remove_prefix(std::min(stop + 1, text.size()));
        if (line.empty() || line.front() == '#') continue;
        const auto equals = line.find('=');
        const std::string_view name = trimmed(line.substr(0, equals));
        const std::string_view expression =
            equals == std::string_view::npos ? "" : trimmed(line.substr(equals + 1));
        if (!valid_group_name(name) || expression.empty())
            return Error{where + ":" + std::to_string(number) + " is no line `name = expression`",
                         "a name has letters, digits, - _ and ."};
        groups.insert_or_assign(std::string(name), std::string(expression));
    }
    return Done{};
}

bool names_groups(std::string_view expression) { return expression.find('@') != std::string_view::npos; }

Result<std::string> with_groups(std::string_view expression, const Groups& groups) {
    Writer writer(groups);
    if (const Status done = writer.write(expression, 0); !done) return done.error();
    return writer.take();
}

}  // namespace pncp::cli
