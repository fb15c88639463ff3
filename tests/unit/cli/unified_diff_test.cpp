#include "cli/unified_diff.hpp"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace pncp::cli {
namespace {

TEST(CliUnifiedDiff, SameLinesSayNothing) {
    EXPECT_EQ(unified_diff("", ""), "");
    EXPECT_EQ(unified_diff("a\nb\n", "a\nb"), "");
}

TEST(CliUnifiedDiff, ReadsAsDiffU) {
    EXPECT_EQ(unified_diff("a\nb\nc\n", "a\nx\nc\n"), "@@ -1,3 +1,3 @@\n a\n-b\n+x\n c\n");
    EXPECT_EQ(unified_diff("", "a\nb\n"), "@@ -0,0 +1,2 @@\n+a\n+b\n");
    EXPECT_EQ(unified_diff("a\n", ""), "@@ -1 +0,0 @@\n-a\n");
    EXPECT_EQ(unified_diff("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\n5\n6\n7\n8\nnine\n"),
              "@@ -6,4 +6,4 @@\n 6\n 7\n 8\n-9\n+nine\n");
}

TEST(CliUnifiedDiff, ChangesFarApartAreTwoHunks) {
    std::string from;
    std::string to;
    for (int i = 1; i <= 20; ++i) {
        from += std::to_string(i) + "\n";
        to += (i == 2 || i == 19 ? "x" : std::to_string(i)) + "\n";
    }
    EXPECT_EQ(unified_diff(from, to),
              "@@ -1,5 +1,5 @@\n 1\n-2\n+x\n 3\n 4\n 5\n@@ -16,5 +16,5 @@\n 16\n 17\n 18\n-19\n+x\n 20\n");
}

/// Applies hunks, as `patch` would.
std::vector<std::string> patched(const std::vector<std::string>& from, const std::string& diff) {
    std::vector<std::string> out;
    std::size_t at = 0;
    std::size_t begin = 0;
    while (begin < diff.size()) {
        const auto end = diff.find('\n', begin);
        const std::string line = diff.substr(begin, end - begin);
        begin = end + 1;
        if (line.starts_with("@@")) {
            const bool empty = line.find(",0 +") != std::string::npos;
            const std::size_t first = std::stoul(line.substr(4));
            while (at + (empty ? 0 : 1) < first) out.push_back(from.at(at++));
        } else if (line[0] == '+') {
            out.push_back(line.substr(1));
        } else {
            EXPECT_EQ(from.at(at), line.substr(1));
            if (line[0] == ' ') out.push_back(from[at]);
            ++at;
        }
    }
    while (at < from.size()) out.push_back(from[at++]);
    return out;
}

TEST(CliUnifiedDiff, AppliedToTheFirstItGivesTheSecond) {
    const auto text_of = [](const std::vector<std::string>& lines) {
        std::string text;
        for (const std::string& line : lines) text += line + "\n";
        return text;
    };
    for (unsigned seed = 1; seed <= 300; ++seed) {
        std::mt19937 random(seed);
        std::vector<std::string> from;
        std::vector<std::string> to;
        for (auto i = random() % 40; i > 0; --i) from.push_back(std::to_string(random() % 6));
        for (const std::string& line : from) {
            if (random() % 8 == 0) to.push_back("new" + std::to_string(random() % 3));
            if (random() % 6 != 0) to.push_back(line);
        }
        EXPECT_EQ(patched(from, unified_diff(text_of(from), text_of(to))), to) << "seed " << seed;
    }
}

TEST(CliUnifiedDiff, TextsWithoutALineInCommonEndQuickly) {
    std::string from;
    std::string to;
    for (int i = 0; i < 50'000; ++i) {
        from += "a" + std::to_string(i) + "\n";
        to += "b" + std::to_string(i) + "\n";
    }
    EXPECT_TRUE(unified_diff(from, to).starts_with("@@ -1,50000 +1,50000 @@\n-a0\n"));
}

}  // namespace
}  // namespace pncp::cli
