#include "broker/influx_bridge/cursor_file.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

#include "schema/program/files.hpp"

namespace pncp::influx {
namespace {

const Mark kMark{{0xAB, 1}, 8'100, 8'123};

TEST(CursorFile, WhatIsFormattedIsParsed) {
    const auto parsed = parse_cursor(format_cursor(kMark));
    ASSERT_TRUE(parsed) << parsed.error().text();
    EXPECT_EQ(*parsed, kMark);
}

TEST(CursorFile, AnythingElseIsRefused) {
    const std::string good = format_cursor(kMark);
    for (const std::string& bad : {std::string(), good.substr(0, good.size() / 2), good + "stored = 9000\n",
                                   good + "more = 1\n", std::string("journal = ab\nresume = 1\nstored = 1\n"),
                                   "journal = " + std::string(32, '0') + "\nresume = 2\nstored = 1\n",
                                   "journal = " + std::string(32, '0') + "\nresume = -1\nstored = 1\n",
                                   "journal = " + std::string(32, '0') + "\nresume = 1 \nstored = 1\n"})
        EXPECT_FALSE(parse_cursor(bad)) << bad;
}

TEST(CursorFile, AMissingFileIsANewBridgeAndABrokenOneIsAnError) {
    std::string folder = testing::TempDir() + "pncp-cursor-XXXXXX";
    ASSERT_NE(mkdtemp(folder.data()), nullptr);
    const std::string path = folder + "/cursor";
    ASSERT_TRUE(load_cursor(path));
    EXPECT_EQ(*load_cursor(path), Mark{});
    ASSERT_TRUE(save_cursor(path, kMark));
    EXPECT_EQ(*load_cursor(path), kMark);
    ASSERT_TRUE(write_atomically(path, view("rubbish"), 0640));
    EXPECT_FALSE(load_cursor(path));
}

}  // namespace
}  // namespace pncp::influx
