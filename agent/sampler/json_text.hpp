// The few lines of JSON writing that the agent needs; a library would cost it more memory than all its
// readings. One value is written from front to back; the caller pairs begin and end. Not thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace pncp {

class JsonText {
  public:
    JsonText& begin_object();
    JsonText& end_object();
    JsonText& begin_array();
    JsonText& end_array();

    /// The name of the next value in an object; escaped like a string.
    JsonText& key(std::string_view name);

    JsonText& integer(std::int64_t number);
    /// `number` with `digits` digits after the point; JSON has no NaN or infinity, so those are written
    /// `null`.
    JsonText& decimal(double number, int digits);
    /// Quotes, backslashes and control characters escaped; each byte that is not UTF-8 becomes U+FFFD.
    JsonText& string(std::string_view text);

    /// The text so far; complete once every begin has its end.
    [[nodiscard]] const std::string& text() const { return text_; }

  private:
    void separate();
    void quote(std::string_view text);

    std::string text_;
    bool comma_ = false;
};

}  // namespace pncp
