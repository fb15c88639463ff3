#include "cli/word_cache.hpp"

#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <set>
#include <string_view>

#include "schema/names.hpp"
#include "schema/program/escape.hpp"
#include "schema/program/files.hpp"

namespace pncp::cli {
namespace {

/// 10,000 agents with names and tags take a tenth of it.
constexpr std::size_t kFileBytesMax = 8 << 20;
/// More don't fit into a menu.
constexpr std::size_t kJobsMax = 200;

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
    // Whole or not at all, but without fsync: what a power cut takes is seen again soon, and nobody should
    // wait for an SD card. A full disk or a read-only home must not disturb the verb that this goes along
    // with.
    std::string fresh = path + ".XXXXXX";
    const int file = ::mkstemp(fresh.data());
    if (file < 0) return;
    const bool written = ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    const bool closed = ::close(file) == 0;
    if (!written || !closed || ::rename(fresh.c_str(), path.c_str()) != 0) ::unlink(fresh.c_str());
}

std::string agents_text(std::vector<std::string> names, const std::set<std::string>& tags) {
    natural_sort(names);
    std::string text;
    for (const std::string& name : names) {
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
    std::vector<std::string> names;
    std::set<std::string> tags;
    for (const AgentRow& row : rows) {
        names.push_back(row.id);
        tags.insert(row.tags.begin(), row.tags.end());
    }
    store(call, "agents", agents_text(std::move(names), tags));
}

void remember_names(const Call& call, const std::vector<std::string>& agents) {
    const KnownWords known = known_words(call.world.cache_home, call.settings);
    std::set<std::string> names(known.agents.begin(), known.agents.end());
    names.insert(agents.begin(), agents.end());
    if (names.size() > known.agents.size())
        store(call, "agents",
              agents_text({names.begin(), names.end()}, {known.tags.begin(), known.tags.end()}));
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

void remember_jobs(const Call& call, std::vector<KnownJob> jobs) {
    for (KnownJob& job : known_words(call.world.cache_home, call.settings).jobs) {
        const bool there =
            std::any_of(jobs.begin(), jobs.end(), [&](const KnownJob& each) { return each.id == job.id; });
        if (!there) jobs.push_back(std::move(job));
    }
    const std::int64_t oldest_us = call.world.wall_us() - kKnownJobUs;
    std::erase_if(jobs, [&](const KnownJob& job) { return job.time_us < oldest_us; });
    std::stable_sort(jobs.begin(), jobs.end(),
                     [](const KnownJob& a, const KnownJob& b) { return a.time_us > b.time_us; });
    if (jobs.size() > kJobsMax) jobs.resize(kJobsMax);
    std::string text;
    for (const KnownJob& job : jobs)
        text += job.id + "\t" + std::to_string(job.time_us) + "\t" + escape_controls(job.command) + "\n";
    store(call, "jobs", text);
}

KnownWords known_words(const std::string& cache_home, const Settings& settings) {
    KnownWords words;
    const std::string folder = word_folder(cache_home, settings);
    if (folder.empty()) return words;
    each_line(folder + "/agents", [&](std::string_view line) {
        (line.find('=') == std::string_view::npos ? words.agents : words.tags).emplace_back(line);
    });
    each_line(folder + "/jobs", [&](std::string_view line) {
        const auto first = line.find('\t');
        const auto second = first == std::string_view::npos ? first : line.find('\t', first + 1);
        if (second == std::string_view::npos) return;
        KnownJob job{std::string(line.substr(0, first)), 0, std::string(line.substr(second + 1))};
        const auto read = std::from_chars(line.data() + first + 1, line.data() + second, job.time_us);
        if (read.ec == std::errc() && from_hex<16>(job.id)) words.jobs.push_back(std::move(job));
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
