#include "agent/sampler/folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/agent/sampler/temp_tree.hpp"

namespace pncp {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Folder, NumbersAreSortedAsNumbersAndOtherNamesLeftOut) {
    const test::TempTree tree;
    for (const auto* name : {"zone10", "zone9", "zone", "zonex", "zone1x", "other3"}) tree.write(name, "");
    EXPECT_THAT(numbers_in(tree.path(), "zone", 10), ElementsAre(9U, 10U));
    EXPECT_THAT(numbers_in(tree.path(), "zone", 1), ElementsAre(9U));
}

TEST(Folder, NamesAreSortedAndDotsLeftOut) {
    const test::TempTree tree;
    for (const auto* name : {"b", "a", ".hidden"}) tree.write(name, "");
    EXPECT_THAT(names_in(tree.path(), "", 10), ElementsAre(".hidden", "a", "b"));
    EXPECT_THAT(names_in(tree.path(), "b", 10), ElementsAre("b"));
}

TEST(Folder, OneThatIsNotThereIsEmpty) {
    EXPECT_THAT(names_in("/no/such/folder", "", 10), IsEmpty());
    EXPECT_THAT(numbers_in("/no/such/folder", "", 10), IsEmpty());
}

}  // namespace pncp
