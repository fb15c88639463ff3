#include "broker/log_writer/log_set.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/unit/broker/log_writer/log_lines.hpp"

namespace pncp::log_writer {
namespace {

using Paths = std::vector<std::string>;

TEST(LogSet, OldFilesComeByNumberAndTheLiveOneLast) {
    EXPECT_EQ(in_order({"d/x", "d/x.000010.gz", "d/x.000009", "d/x.1000000.gz"}),
              (Paths{"d/x.000009", "d/x.000010.gz", "d/x.1000000.gz", "d/x"}));
}

TEST(LogSet, AFileThatIsGivenTwiceOrPlainAndCompressedCountsOnce) {
    EXPECT_EQ(in_order({"x", "x.000001.gz", "x.000001", "x"}), (Paths{"x.000001", "x"}));
}

TEST(LogSet, FilesThatOthersNamedAreOrderedByTheirHeaders) {
    const pncp::testing::TempFolder folder;
    LineMaker log;
    Paths expected;
    for (const char* name : {"x.2", "x.1", "x"}) {
        log.header();
        std::ofstream(folder / name) << log.lines.back() << '\n';
        log.events(3);
        expected.push_back(folder / name);
    }
    EXPECT_EQ(in_order({folder / "x", folder / "x.1", folder / "x.2"}), expected);
}

TEST(LogSet, ALogIsItsFolderWithoutWhatOnlyLooksLikeIt) {
    const pncp::testing::TempFolder folder;
    for (const char* name : {"x", "x.000001.gz", "x.000002.gz.part", "x.next", "x.damaged", "y", "x.1"})
        std::ofstream(folder / name) << "";
    const auto files = files_of_log(folder / "x");
    ASSERT_TRUE(files.ok());
    EXPECT_EQ(*files, (Paths{folder / "x.000001.gz", folder / "x"}));
    EXPECT_FALSE(files_of_log(folder / "z").ok());
}

TEST(LogSet, OldNamesAreTold) {
    EXPECT_TRUE(named_as_old("/d/x.000001.gz"));
    EXPECT_TRUE(named_as_old("x.000001"));
    EXPECT_FALSE(named_as_old("/d.000001/x"));
    EXPECT_FALSE(named_as_old("x.1"));
}

}  // namespace
}  // namespace pncp::log_writer
