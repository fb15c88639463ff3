#include "agent/script/json_reader.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>

#include "agent/script/script_output.hpp"
#include "schema/limits.hpp"

namespace pncp::agent {
namespace {

constexpr const char* kForm = R"(print {"field": 1.5, "other": "text"})";

/// `code` as UTF-8; it is no surrogate.
void append_utf8(std::uint32_t code, std::string& to) {
    const auto rest = [&](unsigned shift) { to += static_cast<char>(0x80U | ((code >> shift) & 0x3FU)); };
    if (code < 0x80U) {
        to += static_cast<char>(code);
    } else if (code < 0x800U) {
        to += static_cast<char>(0xC0U | (code >> 6U));
        rest(0);
    } else if (code < 0x10000U) {
        to += static_cast<char>(0xE0U | (code >> 12U));
        rest(6);
        rest(0);
    } else {
        to += static_cast<char>(0xF0U | (code >> 18U));
        rest(12);
        rest(6);
        rest(0);
    }
}

class Reader {
  public:
    explicit Reader(std::string_view text) : text_(text) {}

    Result<JsonFields> object() {
        JsonFields fields;
        if (!take('{')) return Error{"the output is not one JSON object", kForm};
        if (!take('}')) {
            do {
                if (Status fine = member(fields); !fine) return fine.error();
            } while (take(','));
            if (!take('}')) return Error{"the JSON object has no end", kForm};
        }
        skip_blanks();
        if (at_ != text_.size()) return Error{"something follows the JSON object", kForm};
        return fields;
    }

  private:
    Status member(JsonFields& fields) {
        auto name = string();
        if (!name || name->empty()) return Error{"a JSON member has no proper name", kForm};
        if (!take(':')) return Error{"a JSON member has no value", kForm};
        skip_blanks();
        if (word("null")) return Done{};
        auto found = value();
        if (!found)
            return Error{
                "the JSON value of '" + name->substr(0, 64) + "' is neither number, text nor boolean", kForm};
        if (std::any_of(fields.begin(), fields.end(), [&](const auto& each) { return each.first == *name; }))
            return Error{"the JSON member '" + name->substr(0, 64) + "' stands twice", {}};
        if (fields.size() == limits::kMapItems)
            return Error{"more than " + std::to_string(limits::kMapItems) + " JSON members", "print fewer"};
        fields.emplace_back(*std::move(name), *std::move(found));
        return Done{};
    }

    std::optional<FieldValue> value() {
        if (word("true")) return true;
        if (word("false")) return false;
        if (at_ < text_.size() && text_[at_] == '"') {
            if (auto found = string()) return *std::move(found);
            return std::nullopt;
        }
        // from_chars would take "inf" and "nan" too.
        if (at_ >= text_.size() || (text_[at_] != '-' && !digit(text_[at_]))) return std::nullopt;
        double number = 0;
        const auto [stop, failure] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), number);
        if (failure != std::errc{} || !std::isfinite(number)) return std::nullopt;
        at_ = static_cast<std::size_t>(stop - text_.data());
        return number;
    }

    std::optional<std::string> string() {
        if (!take('"')) return std::nullopt;
        std::string found;
        while (at_ < text_.size() && text_[at_] != '"') {
            const char letter = text_[at_++];
            if (letter == '\\') {
                if (!escape(found)) return std::nullopt;
            } else {
                if (static_cast<unsigned char>(letter) < 0x20) return std::nullopt;
                found += letter;
            }
            if (found.size() > kScriptTextBytes) return std::nullopt;
        }
        if (at_ == text_.size()) return std::nullopt;
        ++at_;
        return found;
    }

    bool escape(std::string& to) {
        if (at_ == text_.size()) return false;
        const char letter = text_[at_++];
        if (letter == '"' || letter == '\\' || letter == '/') {
            to += letter;
            return true;
        }
        if (letter != 'u') return false;  // \n, \t and their like: control characters
        auto code = hex4();
        if (code && *code >= 0xD800U && *code < 0xDC00U) {
            if (!word("\\u")) return false;
            const auto low = hex4();
            if (!low || *low < 0xDC00U || *low > 0xDFFFU) return false;
            code = 0x10000U + ((*code - 0xD800U) << 10U) + (*low - 0xDC00U);
        } else if (code && *code >= 0xDC00U && *code <= 0xDFFFU) {
            return false;
        }
        if (!code || *code < 0x20U || (*code >= 0x7FU && *code < 0xA0U)) return false;
        append_utf8(*code, to);
        return true;
    }

    std::optional<std::uint32_t> hex4() {
        if (text_.size() - at_ < 4) return std::nullopt;
        std::uint32_t code = 0;
        const char* begin = text_.data() + at_;
        const auto [stop, failure] = std::from_chars(begin, begin + 4, code, 16);
        if (failure != std::errc{} || stop != begin + 4) return std::nullopt;
        at_ += 4;
        return code;
    }

    static bool digit(char c) { return c >= '0' && c <= '9'; }

    void skip_blanks() {
        while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos)
            ++at_;
    }
    bool take(char c) {
        skip_blanks();
        if (at_ == text_.size() || text_[at_] != c) return false;
        ++at_;
        return true;
    }
    bool word(std::string_view expected) {
        if (!text_.substr(at_).starts_with(expected)) return false;
        at_ += expected.size();
        return true;
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

}  // namespace

Result<JsonFields> read_flat_json(std::string_view text) { return Reader(text).object(); }

}  // namespace pncp::agent
