#include "cli/word_cache.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>
#include <string_view>

#include "schema/names.hpp"
#include "schema/program/escape.hpp"
#include "schema/program/files.hpp"

namespace pncp::cli {
namespace {

/// 10,000 agents with names and tags take a tenth of it.
constexpr std::size_t kFileBytesMax = 8 << 20;

/// FNV-1a, to tell brokers apart; nobody is kept out by it.
std::string short_hash(std::string_view text) {
    std::uint64_t hash = 14'695'981'039'346'656'037ULL;
    for (const char letter : text) hash = (hash ^ static_cast<unsigned char>(letter)) * 1'099'511'628'211ULL;
    std::array<char, 16> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), hash, 16).ptr;
    return {digits.data(), end};
}

/// A tag that a shell takes as one plain word.
bool plain(std::string_view text) {
    constexpr std::string_view kLetters =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789=_.:+-/";
    return !text.empty() && text.find_first_not_of(kLetters) == std::string_view::npos;
}

void store(const Call& call, const std::string& name, const std::string& text) {
    const std::string folder = word_folder(call.world.cache_home, call.settings);
    if (folder.empty()) return;
    const std::string path = folder + "/" + name;
    if (const auto old = read_file(path, kFileBytesMax); old && old->text == text) return;
    if (!make_folder(folder, 0700)) return;
    // A full disk or a read-only home must not disturb the verb that this goes along with.
    static_cast<void>(write_atomically(path, view(text), 0600));
}

std::string agents_text(const std::set<std::string>& names, const std::set<std::string>& tags) {
    std::vector<std::string> sorted(names.begin(), names.end());
    std::sort(sorted.begin(), sorted.end(), natural_less);
    std::string text;
    for (const std::string& name : sorted) {
        if (valid_id(name)) text += name + "\n";
    }
    for (const std::string& tag : tags) {
        if (plain(tag)) text += tag + "\n";
    }
    return text;
}

/// Calls `take` with each line.
template <typename Take>
void each_line(const std::string& path, Take&& take) {
    const auto file = read_file(path, kFileBytesMax);
    if (!file) return;
    std::string_view text = file->text;
    while (!text.empty()) {
        const auto end = text.find('\n');
        take(text.substr(0, end));
        text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    }
}

}  // namespace

std::string word_folder(const std::string& cache_home, const Settings& settings) {
    if (cache_home.empty()) return {};
    const std::string chosen =
        settings.text("key_file") + "\n" + settings.text("broker.control") + "\n" + settings.text("run_dir");
    return cache_home + "/pncp/" + (chosen == "\n\n" ? "local" : short_hash(chosen));
}

void remember_agents(const Call& call, const std::vector<AgentRow>& rows) {
    std::set<std::string> names, tags;
    for (const AgentRow& row : rows) {
        names.insert(row.id);
        tags.insert(row.tags.begin(), row.tags.end());
    }
    store(call, "agents", agents_text(names, tags));
}

void remember_names(const Call& call, const std::vector<std::string>& agents) {
    const KnownWords known = known_words(call.world.cache_home, call.settings);
    std::set<std::string> names(known.agents.begin(), known.agents.end());
    names.insert(agents.begin(), agents.end());
    if (names.size() > known.agents.size())
        store(call, "agents", agents_text(names, {known.tags.begin(), known.tags.end()}));
}

void remember_commands(const Call& call, const std::vector<CommandRow>& rows) {
    std::string text;
    for (const CommandRow& row : rows) {
        if (!plain(row.name)) continue;
        text += row.name + "\t" + escape_controls(row.help);
        for (const std::string& argument : row.arguments) text += "\t" + escape_controls(argument);
        text += "\n";
    }
    store(call, "commands", text);
}

KnownWords known_words(const std::string& cache_home, const Settings& settings) {
    KnownWords words;
    const std::string folder = word_folder(cache_home, settings);
    if (folder.empty()) return words;
    each_line(folder + "/agents", [&](std::string_view line) {
        (line.find('=') == std::string_view::npos ? words.agents : words.tags).emplace_back(line);
    });
    each_line(folder + "/commands", [&](std::string_view line) {
        CommandRow row;
        for (std::size_t cell = 0;; ++cell) {
            const auto tab = line.find('\t');
            std::string text(line.substr(0, tab));
            if (cell == 0)
                row.name = std::move(text);
            else if (cell == 1)
                row.help = std::move(text);
            else
                row.arguments.push_back(std::move(text));
            if (tab == std::string_view::npos) break;
            line.remove_prefix(tab + 1);
        }
        words.commands.push_back(std::move(row));
    });
    return words;
}

}  // namespace pncp::cli
