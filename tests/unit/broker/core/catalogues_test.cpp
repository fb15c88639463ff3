// A fleet's catalogues: one copy of each, and none that is not in use.
#include "broker/core/catalogues.hpp"

#include <gtest/gtest.h>

#include "schema/codec.hpp"

namespace pncp::broker {
namespace {

Bytes encoded(const std::string& name) {
    const std::vector<CatalogueEntry> entries{{name, "help", {}, {}}};
    return encode(Catalogue{catalogue_hash(entries), entries});
}

std::size_t count(const Catalogues& catalogues) {
    std::size_t found = 0;
    catalogues.for_each([&](const KnownCatalogue&) { ++found; });
    return found;
}

TEST(Catalogues, OfEqualBytesAreOne) {
    Catalogues catalogues;
    const auto first = catalogues.take(encoded("disk"));
    ASSERT_NE(first, nullptr);
    EXPECT_EQ(catalogues.take(encoded("disk")), first);
    EXPECT_NE(catalogues.take(encoded("uptime")), first);
    EXPECT_EQ(first->entries.at(0).name, "disk");
    EXPECT_EQ(first->entry_hashes.size(), 1U);
}

TEST(Catalogues, ThatNobodyHasAnyMoreAreForgotten) {
    Catalogues catalogues;
    auto held = catalogues.take(encoded("disk"));
    for (int i = 0; i < 100; ++i) held = catalogues.take(encoded("c" + std::to_string(i)));
    EXPECT_EQ(count(catalogues), 1U);
}

TEST(Catalogues, WithAWrongHashOrAWrongNameAreNone) {
    Catalogues catalogues;
    EXPECT_EQ(catalogues.take(encode(Catalogue{{}, {{"disk", "help", {}, {}}}})), nullptr);
    EXPECT_EQ(catalogues.take(encoded("../disk")), nullptr);
    EXPECT_EQ(catalogues.take(Bytes{0xC1}), nullptr);
    EXPECT_EQ(count(catalogues), 0U);
}

}  // namespace
}  // namespace pncp::broker
