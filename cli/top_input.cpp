// TopModel: what the keys do.
#include <algorithm>
#include <utility>

#include "cli/top_model.hpp"
#include "schema/limits.hpp"
#include "schema/names.hpp"

namespace pncp::cli {

std::optional<Wish> TopModel::key(const Key& key) {
    if (key.kind == KeyKind::interrupt) return WishQuit{true};
    if (key.kind == KeyKind::suspend) return WishSuspend{};
    if (key.kind == KeyKind::redraw) return WishRedraw{};
    switch (mode_) {
        case TopMode::list:
        case TopMode::device:
            return key_in_list(key);
        case TopMode::filter:
            return key_in_filter(key);
        case TopMode::command:
            return key_in_command(key);
        case TopMode::confirm:
            return key_in_confirm(key);
        case TopMode::help:
            mode_ = back_;
            return std::nullopt;
    }
    return std::nullopt;
}

std::optional<Wish> TopModel::key_in_list(const Key& key) {
    message_.clear();
    const auto page = static_cast<std::int64_t>(page_);
    switch (key.kind) {
        case KeyKind::up:
            move(-1);
            break;
        case KeyKind::down:
            move(1);
            break;
        case KeyKind::page_up:
            move(-page);
            break;
        case KeyKind::page_down:
            move(page);
            break;
        case KeyKind::home:
            move(-static_cast<std::int64_t>(devices_.size()));
            break;
        case KeyKind::end:
            move(static_cast<std::int64_t>(devices_.size()));
            break;
        case KeyKind::left:
            sort_by(-1);
            break;
        case KeyKind::right:
            sort_by(1);
            break;
        case KeyKind::enter:
            if (selected_device() != nullptr) mode_ = TopMode::device;
            break;
        case KeyKind::escape:
        case KeyKind::backspace:
            if (mode_ == TopMode::list && key.kind == KeyKind::escape) filter_.clear();
            mode_ = TopMode::list;
            stale_view_ = true;
            break;
        case KeyKind::text:
            if (key.text == "q" && mode_ == TopMode::list) return WishQuit{};
            if (key.text == "q") mode_ = TopMode::list;
            if (key.text == "r") reverse_ = !reverse_;
            if (key.text == "<") sort_by(-1);
            if (key.text == ">") sort_by(1);
            if (key.text == "k") move(-1);
            if (key.text == "j") move(1);
            if (key.text == "/") mode_ = TopMode::filter;
            if (key.text == "?" || key.text == "h") back_ = std::exchange(mode_, TopMode::help);
            if (key.text == "s" && selected_device() != nullptr) {
                back_ = std::exchange(mode_, TopMode::command);
                typed_.clear();
            }
            stale_view_ = true;
            break;
        default:
            break;
    }
    return std::nullopt;
}

std::optional<Wish> TopModel::key_in_filter(const Key& key) {
    stale_view_ = true;
    if (edit(key, filter_)) return std::nullopt;
    if (key.kind == KeyKind::escape) filter_.clear();
    if (key.kind == KeyKind::up) move(-1);
    if (key.kind == KeyKind::down) move(1);
    if (key.kind == KeyKind::escape || key.kind == KeyKind::enter) mode_ = TopMode::list;
    return std::nullopt;
}

std::optional<Wish> TopModel::key_in_command(const Key& key) {
    if (edit(key, typed_)) return std::nullopt;
    if (key.kind == KeyKind::escape) mode_ = back_;
    if (key.kind != KeyKind::enter) return std::nullopt;
    const auto words = words_of(typed_);
    if (words.empty()) {
        mode_ = back_;
    } else if (!valid_command_name(words.front())) {
        message_ = "\"" + words.front() + "\" is no command's name";
    } else {
        command_ = std::exchange(typed_, "");
        message_.clear();
        mode_ = TopMode::confirm;
    }
    return std::nullopt;
}

std::optional<Wish> TopModel::key_in_confirm(const Key& key) {
    if (edit(key, typed_)) return std::nullopt;
    if (key.kind != KeyKind::enter && key.kind != KeyKind::escape) return std::nullopt;
    const bool yes = key.kind == KeyKind::enter && typed_ == "yes";
    mode_ = back_;
    typed_.clear();
    if (!yes) {
        message_ = "nothing was sent";
        return std::nullopt;
    }
    auto words = words_of(command_);
    WishSend send{selected_, words.front(), {}};
    send.arguments.assign(std::make_move_iterator(words.begin() + 1), std::make_move_iterator(words.end()));
    return send;
}

bool TopModel::edit(const Key& key, std::string& text) {
    if (key.kind == KeyKind::text) {
        if (text.size() < limits::kArgumentBytes) text += key.text;
    } else if (key.kind == KeyKind::backspace) {
        while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xC0U) == 0x80U) text.pop_back();
        if (!text.empty()) text.pop_back();
    } else if (key.kind == KeyKind::clear) {
        text.clear();
    } else {
        return false;
    }
    return true;
}

void TopModel::move(std::int64_t by) {
    const auto& all = shown();
    if (all.empty()) return;
    const auto last = static_cast<std::int64_t>(all.size()) - 1;
    const std::int64_t at = std::clamp(static_cast<std::int64_t>(selected_at_) + by, std::int64_t{0}, last);
    selected_at_ = static_cast<std::size_t>(at);
    selected_ = all[selected_at_]->row.id;
}

void TopModel::sort_by(std::int64_t step) {
    const auto count = static_cast<std::int64_t>(kTopColumns);
    const std::int64_t at = (static_cast<std::int64_t>(sort_) + step + count) % count;
    sort_ = static_cast<TopColumn>(at);
    stale_view_ = true;
}

std::vector<std::string> words_of(std::string_view line) {
    std::vector<std::string> words;
    bool inside = false;
    char quote = '\0';
    for (const char letter : line) {
        if (quote != '\0') {
            if (letter == quote)
                quote = '\0';
            else
                words.back() += letter;
        } else if (letter == ' ') {
            inside = false;
        } else {
            if (!std::exchange(inside, true)) words.emplace_back();
            if (letter == '\'' || letter == '"')
                quote = letter;
            else
                words.back() += letter;
        }
    }
    return words;
}

}  // namespace pncp::cli
