// The disk of a spool in memory: what agent/spool does with files, without them. It may be full, may fail,
// and may lose power in the middle of a write. For tests of the core.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent/core/actions.hpp"
#include "agent/core/spool_format.hpp"

namespace pncp::agent::testing {

struct FakeDisk {
    struct Files {
        Id16 spool{};
        std::string boot_id;
        Bytes mark;
        bool handed_over = false;
        std::map<std::pair<Stream, std::uint32_t>, Bytes> segments;
    };
    std::vector<Files> spools;  ///< oldest first
    std::size_t writes = 0;
    std::size_t bytes_max = std::numeric_limits<std::size_t>::max();  ///< beyond it ENOSPC
    bool readable = true;
    /// The next write gets so far, and then the power fails.
    std::optional<std::size_t> power_fails_after;
    bool powerless = false;

    /// A run begins: what earlier ones left, and this one's mark.
    std::vector<FormerSpool> begin(const Id16& spool, const std::string& boot_id) {
        powerless = false;
        std::vector<FormerSpool> found;
        for (const Files& files : spools) found.push_back(look_at(files));
        spools.push_back({spool,
                          boot_id,
                          encode_spool_header({spool, SpoolFileKind::mark, 0, "pi-1", boot_id}),
                          false,
                          {}});
        return found;
    }

    Status append(const SpoolAppend& write) {
        if (spools.empty() || powerless) return Error{"no disk", ""};
        if (size() + write.bytes.size() > bytes_max) return Error{"can't write: no space left", ""};
        ++writes;
        Files& files = spools.back();
        Bytes& file = files.segments[{write.stream, write.segment}];
        Bytes bytes = write.bytes;
        if (write.offset == kSpoolHeaderBytes) {
            bytes =
                encode_spool_header({files.spool, kind(write.stream), write.segment, "pi-1", files.boot_id});
            bytes.insert(bytes.end(), write.bytes.begin(), write.bytes.end());
        } else if (file.size() != write.offset) {
            return Error{"the core thinks the file is " + std::to_string(write.offset) + " long", ""};
        }
        if (power_fails_after) {
            powerless = true;
            bytes.resize(std::min(bytes.size(), *std::exchange(power_fails_after, std::nullopt)));
        }
        file.insert(file.end(), bytes.begin(), bytes.end());
        if (powerless) return Error{"the power failed", ""};
        return Done{};
    }

    Result<Bytes> read(const SpoolRead& read) const {
        for (const Files& files : spools) {
            const auto at = files.segments.find({read.stream, read.extent.segment});
            if (files.spool != read.spool || at == files.segments.end() || !readable) continue;
            const Bytes& file = at->second;
            if (read.extent.offset + read.extent.bytes > file.size()) break;
            return Bytes(file.begin() + read.extent.offset,
                         file.begin() + read.extent.offset + read.extent.bytes);
        }
        return Error{"can't read", ""};
    }

    void remove(const SpoolDelete& segment) {
        for (Files& files : spools)
            if (files.spool == segment.spool) files.segments.erase({segment.stream, segment.segment});
    }
    void close(const SpoolClose& end) {
        if (spools.empty() || powerless) return;
        const Bytes bytes = encode_spool_end(spools.back().spool, end.heads);
        spools.back().mark.insert(spools.back().mark.end(), bytes.begin(), bytes.end());
    }
    void handed_over(const SpoolHandedOver& spool) {
        for (Files& files : spools)
            if (files.spool == spool.spool) files.handed_over = true;
    }
    void forget(const SpoolForget& spool) {
        std::erase_if(spools, [&](const Files& files) { return files.spool == spool.spool; });
    }

    [[nodiscard]] std::size_t size() const {
        std::size_t sum = 0;
        for (const Files& files : spools)
            for (const auto& [name, bytes] : files.segments) sum += bytes.size();
        return sum;
    }
    [[nodiscard]] std::size_t segments() const {
        std::size_t sum = 0;
        for (const Files& files : spools) sum += files.segments.size();
        return sum;
    }

    [[nodiscard]] static FormerSpool look_at(const Files& files) {
        FormerSpool former;
        former.id = files.spool;
        former.boot_id = files.boot_id;
        former.handed_over = files.handed_over;
        const ByteView mark(files.mark);
        if (const auto end =
                read_spool_end(mark.subspan(std::min(kSpoolHeaderBytes, mark.size())), files.spool)) {
            former.clean = true;
            former.heads = *end;
        }
        for (const auto& [name, bytes] : files.segments) {
            const auto read_at = [&file = bytes](std::uint64_t offset, std::size_t size) {
                if (offset >= file.size()) return Bytes{};
                const auto from = file.begin() + static_cast<std::ptrdiff_t>(offset);
                return Bytes(from, from + static_cast<std::ptrdiff_t>(
                                              std::min<std::uint64_t>(size, file.size() - offset)));
            };
            const bool good = read_spool_header(bytes).has_value();
            add_segment(former, name.first, name.second, bytes.size(),
                        good ? walk_segment(read_at, bytes.size(), files.spool, name.second)
                             : SegmentRows{{}, false});
        }
        return former;
    }

  private:
    static SpoolFileKind kind(Stream stream) {
        return stream == Stream::metrics ? SpoolFileKind::metrics : SpoolFileKind::results;
    }
};

}  // namespace pncp::agent::testing
