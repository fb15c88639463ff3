// What the journal's tests share: a folder that vanishes, events with right sequences, reading a journal
// whole.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <array>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "broker/journal/sqlite_store.hpp"

namespace pncp::journal {

class TemporaryFolder {
  public:
    TemporaryFolder() : path_((std::filesystem::temp_directory_path() / "pncp-journal-XXXXXX").string()) {
        if (mkdtemp(path_.data()) == nullptr) throw std::runtime_error("mkdtemp");
    }
    ~TemporaryFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }
    [[nodiscard]] const std::string& path() const { return path_; }

  private:
    std::string path_;
};

inline Id16 id16(std::uint8_t byte) {
    Id16 id;
    id.fill(byte);
    return id;
}

inline SqliteOptions options_for(const std::string& path) {
    SqliteOptions options;
    options.path = path;
    options.new_journal_id = id16(7);
    return options;
}

inline std::unique_ptr<SqliteStore> open_or_throw(const SqliteOptions& options) {
    auto store = SqliteStore::open(options);
    if (!store) throw std::runtime_error(store.error().text());
    return std::move(*store);
}

/// Numbers events as the broker does; forget() takes back what a failed commit did not keep.
class Numbering {
  public:
    Numbering() = default;
    explicit Numbering(const Recovered& recovered) : global_(recovered.head) {
        std::copy(recovered.class_heads.begin(), recovered.class_heads.end(), classes_.begin());
    }
    StoredEvent next(EventClass event_class, const std::string& name, std::size_t bytes = 20) {
        StoredEvent event;
        event.seq = ++global_;
        event.event_class = event_class;
        event.class_seq = ++classes_[static_cast<std::size_t>(event_class)];
        event.topic = make_topic(event_class, name);
        event.time_ns = 1'700'000'000'000'000'000 + static_cast<std::int64_t>(event.seq);
        event.event.resize(bytes, static_cast<std::uint8_t>(event.seq));
        return event;
    }
    StoredEvent row(const Origin& origin, std::size_t bytes = 20) {
        StoredEvent event = next(origin.stream == Stream::metrics ? EventClass::metrics : EventClass::result,
                                 origin.agent, bytes);
        event.origin = origin;
        return event;
    }

  private:
    std::uint64_t global_ = 0;
    std::array<std::uint64_t, kEventClasses> classes_{};
};

inline Group group_of(std::vector<StoredEvent> events) {
    Group group;
    group.events = std::move(events);
    return group;
}

inline ::testing::AssertionResult succeeded(const Status& status) {
    if (status) return ::testing::AssertionSuccess();
    return ::testing::AssertionFailure() << status.error().text();
}

/// The sequences of every event of the prefix, read page by page as a consumer does.
inline std::vector<std::uint64_t> read_sequences(Store& store, std::string_view prefix,
                                                 std::size_t limit = 256, std::size_t max_bytes = 48 * 1024) {
    std::vector<std::uint64_t> sequences;
    for (std::uint64_t after = 0;;) {
        const auto page = store.read(after, prefix, limit, max_bytes);
        if (!page) throw std::runtime_error(page.error().text());
        for (const EventRow& row : page->rows) sequences.push_back(row.seq);
        if (page->next >= page->head) return sequences;
        if (page->next <= after) throw std::runtime_error("a page that leads nowhere");
        after = page->next;
    }
}

}  // namespace pncp::journal
