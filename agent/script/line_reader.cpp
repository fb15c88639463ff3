#include "agent/script/line_reader.hpp"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <utility>

#include "agent/script/script_output.hpp"
#include "schema/limits.hpp"

namespace pncp::agent {
namespace {

class Reader {
  public:
    explicit Reader(std::string_view line) : line_(line) {}

    Result<Point> point() {
        Point point;
        if (!name(", ", point.measurement)) return wrong("a measurement is missing or too long");
        while (take(',')) {
            std::pair<std::string, std::string> tag;
            if (!name(",= ", tag.first) || !take('=') || !name(", ", tag.second))
                return wrong("a tag is not name=value");
            if (has(point.tags, tag.first)) return wrong("a tag stands twice");
            point.tags.push_back(std::move(tag));
            if (point.tags.size() > limits::kMapItems) return wrong("too many tags");
        }
        if (!take(' ')) return wrong("fields are missing");
        do {
            std::pair<std::string, FieldValue> field;
            if (!name(",= ", field.first) || !take('=')) return wrong("a field is not name=value");
            if (!value(field.second)) return wrong("a field's value is neither number, text nor boolean");
            if (has(point.fields, field.first)) return wrong("a field stands twice");
            point.fields.push_back(std::move(field));
            if (point.fields.size() > limits::kMapItems) return wrong("too many fields");
        } while (take(','));
        return at_end() ? Result<Point>(std::move(point))
                        : wrong("something follows the fields that is no time");
    }

  private:
    static Error wrong(const char* what) { return {what, "write: measurement,tag=value field=1i,other=2.5"}; }

    template <typename Pairs>
    static bool has(const Pairs& pairs, const std::string& name) {
        for (const auto& pair : pairs)
            if (pair.first == name) return true;
        return false;
    }

    bool take(char c) {
        if (at_ >= line_.size() || line_[at_] != c) return false;
        ++at_;
        return true;
    }

    /// Up to one of `ends`, unescaped; false when it is empty or too long, or has control characters.
    bool name(std::string_view ends, std::string& to) {
        for (; at_ < line_.size() && ends.find(line_[at_]) == std::string_view::npos; ++at_) {
            const bool escape = line_[at_] == '\\' && at_ + 1 < line_.size() &&
                                std::string_view(",= \\").find(line_[at_ + 1]) != std::string_view::npos;
            if (escape) ++at_;
            if (static_cast<unsigned char>(line_[at_]) < 0x20) return false;
            to += line_[at_];
        }
        return !to.empty() && to.size() <= kScriptTextBytes;
    }

    bool value(FieldValue& to) {
        if (take('"')) return text(to);
        const auto end = line_.find_first_of(", ", at_);
        const std::string_view word = line_.substr(at_, end == std::string_view::npos ? end : end - at_);
        at_ += word.size();
        if (word == "t" || word == "T" || word == "true" || word == "True" || word == "TRUE") {
            to = true;
            return true;
        }
        if (word == "f" || word == "F" || word == "false" || word == "False" || word == "FALSE") {
            to = false;
            return true;
        }
        if (word.ends_with('i')) {
            std::int64_t number = 0;
            return number_of(word.substr(0, word.size() - 1), number) && (to = number, true);
        }
        double number = 0;
        return number_of(word, number) && std::isfinite(number) && (to = number, true);
    }

    template <typename Number>
    static bool number_of(std::string_view word, Number& to) {
        if (word.starts_with('+')) word.remove_prefix(1);
        const auto [stop, failure] = std::from_chars(word.data(), word.data() + word.size(), to);
        return failure == std::errc{} && stop == word.data() + word.size() && !word.empty();
    }

    bool text(FieldValue& to) {
        std::string found;
        for (; at_ < line_.size() && line_[at_] != '"'; ++at_) {
            const bool escape = line_[at_] == '\\' && at_ + 1 < line_.size() &&
                                (line_[at_ + 1] == '"' || line_[at_ + 1] == '\\');
            if (escape) ++at_;
            if (static_cast<unsigned char>(line_[at_]) < 0x20) return false;
            found += line_[at_];
        }
        if (!take('"') || found.size() > kScriptTextBytes) return false;
        to = std::move(found);
        return true;
    }

    /// Nothing more, or a time, which is not used.
    bool at_end() {
        while (take(' ')) {
        }
        const std::string_view rest = line_.substr(at_);
        std::int64_t time = 0;
        return rest.empty() || number_of(rest, time);
    }

    std::string_view line_;
    std::size_t at_ = 0;
};

}  // namespace

Result<Point> read_line(std::string_view line) { return Reader(line).point(); }

}  // namespace pncp::agent
