#include "agent/builtin/table.hpp"

#include <gtest/gtest.h>

namespace pncp::builtin {

TEST(Table, ColumnsAreAsWideAsTheirWidestCell) {
    EXPECT_EQ(aligned({Align::left, Align::right, Align::left}, {{"a", "size", "b"}, {"longer", "1", "c"}}),
              "a       size  b\n"
              "longer     1  c\n");
    EXPECT_EQ(aligned({Align::left}, {}), "");
}

TEST(Table, WidthsCountCharactersAndNotBytes) {
    EXPECT_EQ(aligned({Align::left, Align::left}, {{"\xC3\xA9", "x"}, {"e", "x"}}), "\xC3\xA9  x\ne  x\n");
}

TEST(HumanBytes, HaveAtMostThreeDigitsAndAUnit) {
    EXPECT_EQ(human_bytes(0), "0B");
    EXPECT_EQ(human_bytes(999), "999B");
    EXPECT_EQ(human_bytes(1'000), "1.0K");
    EXPECT_EQ(human_bytes(1'536), "1.5K");
    EXPECT_EQ(human_bytes(10'240), "10K");
    EXPECT_EQ(human_bytes(31'268'536'320), "29G");
    EXPECT_EQ(human_bytes(9'223'372'036'854'775'807), "8.0E");
}

}  // namespace pncp::builtin
