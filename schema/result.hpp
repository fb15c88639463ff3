// Result<T>: a value, or an Error that says what happened, where, and what to do next.
// Used on every data path; exceptions are for start-up only. Not thread-safe, like any value.
#pragma once

#include <string>
#include <utility>
#include <variant>

namespace pncp {

/// A failure meant for a person: `message` says what happened and where, `next` what to do about it (may be
/// empty).
struct Error {
    std::string message;
    std::string next;

    /// "message; next" on one line, as it is printed and logged.
    [[nodiscard]] std::string text() const { return next.empty() ? message : message + "; " + next; }
    bool operator==(const Error&) const = default;
};

template <typename T>
class [[nodiscard]] Result {
  public:
    Result(T value) : state_(std::move(value)) {}
    Result(Error error) : state_(std::move(error)) {}

    [[nodiscard]] bool ok() const { return state_.index() == 0; }
    explicit operator bool() const { return ok(); }

    [[nodiscard]] T& value() { return std::get<0>(state_); }
    [[nodiscard]] const T& value() const { return std::get<0>(state_); }
    [[nodiscard]] const Error& error() const { return std::get<1>(state_); }

    T& operator*() { return value(); }
    const T& operator*() const { return value(); }
    T* operator->() { return &value(); }
    const T* operator->() const { return &value(); }

  private:
    std::variant<T, Error> state_;
};

/// What a Result<Status> holds when there is nothing to return but success.
struct Done {};
using Status = Result<Done>;

}  // namespace pncp
