#include "broker/influx_bridge/tags_file.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "schema/program/files.hpp"

namespace pncp::influx {
namespace {

const std::vector<TagEntry> kEntries = {
    {1, "pi-1", {"site=lab", "room=a b"}}, {5, "pi-2", {"x=y"}}, {9, "pi-1", {}}};

struct TagsFileTest : testing::Test {
    std::string folder = testing::TempDir() + "pncp-tags-XXXXXX";
    std::string path;
    void SetUp() override {
        ASSERT_NE(mkdtemp(folder.data()), nullptr);
        path = folder + "/tags";
    }
    void tear(std::string_view text) const { std::ofstream(path, std::ios::app) << text; }
    [[nodiscard]] TagsState read() const {
        TagsFile file(path);
        auto state = file.load();
        EXPECT_TRUE(state) << (state ? "" : state.error().text());
        return state ? *state : TagsState{};
    }
};

TEST(TagsText, ComesBackAsItWas) {
    const TagsState state{{7}, kEntries};
    const auto again = parse_tags(format_tags(state));
    ASSERT_TRUE(again);
    EXPECT_EQ(*again, state);
}

TEST(TagsText, WhatIsNotUnderstoodIsAnErrorThatNamesTheLine) {
    for (const std::string text :
         {"x\tpi-1\n", "1\n", "5\ta\n4\tb\n", "journal\t12\n", "journal\n", "1x\ta\n"}) {
        const auto state = parse_tags("# comment\n" + text);
        ASSERT_FALSE(state) << text;
        EXPECT_NE(state.error().message.find("line "), std::string::npos);
    }
}

TEST(TagsText, CompactingKeepsWhatARestartAtTheCursorNeeds) {
    EXPECT_EQ(compact_tags(kEntries, 0), kEntries);
    EXPECT_EQ(compact_tags(kEntries, 8), kEntries) << "pi-1 has its tags until event 9";
    EXPECT_EQ(compact_tags(kEntries, 9), (std::vector<TagEntry>{kEntries[1]}));
}

TEST_F(TagsFileTest, ChangesAreAppendedAcrossRestarts) {
    EXPECT_EQ(read(), TagsState{});
    for (const TagEntry& entry : kEntries) {
        TagsFile file(path);
        ASSERT_TRUE(file.load());
        ASSERT_TRUE(file.write({}));
        ASSERT_TRUE(file.write({false, {7}, {entry}}));
    }
    EXPECT_EQ(read(), (TagsState{{7}, kEntries}));
}

TEST_F(TagsFileTest, AWholeReplacesEverything) {
    TagsFile file(path);
    ASSERT_TRUE(file.write({false, {7}, kEntries}));
    ASSERT_TRUE(file.write({true, {8}, {{0, "pi-9", {"x=y"}}}}));
    ASSERT_TRUE(file.write({false, {8}, {{3, "pi-8", {"x=z"}}}}));
    EXPECT_EQ(read(), (TagsState{{8}, {{0, "pi-9", {"x=y"}}, {3, "pi-8", {"x=z"}}}}));
}

TEST_F(TagsFileTest, ATornLastLineIsCutOff) {
    {
        TagsFile file(path);
        ASSERT_TRUE(file.write({false, {7}, kEntries}));
    }
    tear("12\tpi-3\tsite=la");
    TagsFile file(path);
    const auto state = file.load();
    ASSERT_TRUE(state);
    EXPECT_EQ(state->entries, kEntries);
    ASSERT_TRUE(file.write({false, {7}, {{13, "pi-3", {"site=roof"}}}}));
    EXPECT_EQ(read().entries.back(), (TagEntry{13, "pi-3", {"site=roof"}}));
}

TEST_F(TagsFileTest, AFileThatHasGrownIsTidiedToWhatIsNeeded) {
    TagsFile file(path);
    ASSERT_TRUE(file.load());
    std::vector<TagEntry> many;
    const std::string text = "site=" + std::string(90, 'x');
    for (std::uint64_t seq = 1; seq <= 25'000; ++seq)
        many.push_back({seq, "pi-1", {text + std::to_string(seq)}});
    ASSERT_TRUE(file.write({false, {7}, many}));
    ASSERT_TRUE(file.tidy(24'998));
    EXPECT_EQ(read().entries.size(), 3U);
    ASSERT_TRUE(file.write({false, {7}, {{25'001, "pi-2", {"x=y"}}}}));
    ASSERT_TRUE(file.tidy(25'001));
    EXPECT_EQ(read().entries.size(), 4U) << "small again: left alone";
}

TEST_F(TagsFileTest, AFileThatCannotBeWrittenIsAnError) {
    TagsFile file(folder + "/missing/tags");
    EXPECT_FALSE(file.write({false, {7}, kEntries}));
}

}  // namespace
}  // namespace pncp::influx
