#include "cli/name_folder.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

#include "broker/core/name_ranges.hpp"
#include "broker/core/target_expression.hpp"

namespace pncp::cli {
namespace {

TEST(CliNameFolder, FoldsAsPeopleWouldWriteIt) {
    const std::vector<std::pair<std::vector<std::string>, std::string>> table{
        {{}, ""},
        {{"pi-1"}, "pi-1"},
        {{"pi-2", "pi-1"}, "pi-[1-2]"},
        {{"pi-15", "pi-1", "pi-2", "pi-3"}, "pi-[1-3,15]"},
        {{"pi-9", "pi-10", "pi-11"}, "pi-[9-11]"},
        {{"pi-08", "pi-09", "pi-10"}, "pi-[08-10]"},
        {{"pi-1", "pi-01", "pi-2", "pi-02"}, "pi-[01-02,1-2]"},
        {{"pi-0", "pi-00", "pi-000"}, "pi-[000,00,0]"},
        {{"pi-99", "pi-100"}, "pi-[99-100]"},
        {{"pi-099", "pi-100"}, "pi-[099-100]"},
        {{"kitchen", "cam-1", "pi-3", "pi-4"}, "cam-1,kitchen,pi-[3-4]"},
        {{"rack1-pi", "rack2-pi"}, "rack[1-2]-pi"},
        {{"n1-eth0", "n2-eth0", "n3-eth0"}, "n[1-3]-eth0"},
        {{"n1-p1", "n1-p2", "n2-p1", "n2-p2"}, "n1-p[1-2],n2-p[1-2]"},
        {{"x1234567890", "x1234567891"}, "x1234567890,x1234567891"},
        {{"pi-1", "pi-1"}, "pi-1"},
    };
    for (const auto& [names, folded] : table) EXPECT_EQ(fold_names(names), folded);
}

/// Commas outside of brackets separate.
std::set<std::string> expanded(const std::string& folded) {
    std::set<std::string> names;
    std::string part;
    bool brackets = false;
    for (const char letter : folded + ",") {
        if (letter == '[' || letter == ']') brackets = letter == '[';
        if (letter != ',' || brackets) {
            part += letter;
            continue;
        }
        const auto all = broker::expand_names(part, 20'000);
        EXPECT_TRUE(all) << part;
        if (all) names.insert(all->begin(), all->end());
        part.clear();
    }
    return names;
}

TEST(CliNameFolder, ExpandedByTheBrokerItIsTheSameNamesAgain) {
    const std::vector<std::string> stems{"pi-", "cam", "r1-n", "a.b-", "7x", "0"};
    for (unsigned seed = 1; seed <= 300; ++seed) {
        std::mt19937 random(seed);
        const auto below = [&](unsigned n) { return static_cast<std::size_t>(random() % n); };
        std::set<std::string> names;
        for (std::size_t count = 1 + below(60); count > 0; --count) {
            std::string name = stems[below(6)];
            std::string digits = std::to_string(below(seed % 3 == 0 ? 200 : 25));
            if (below(3) == 0) digits.insert(0, below(3), '0');
            name += digits;
            if (below(4) == 0) name += "-" + std::to_string(below(3));
            if (below(6) == 0) name += ".local";
            names.insert(name);
        }
        const std::string folded = fold_names({names.begin(), names.end()});
        EXPECT_EQ(expanded(folded), names) << "seed " << seed << ": " << folded;
        const auto expression = broker::TargetExpression::parse(folded);
        ASSERT_TRUE(expression) << folded;
        std::set<std::string> meant(expression->names().begin(), expression->names().end());
        EXPECT_EQ(meant, names) << "seed " << seed;
    }
}

TEST(CliNameFolder, TenThousandNamesInAnyOrderAreOneRange) {
    std::vector<std::string> names;
    for (int i = 1; i <= 10'000; ++i) names.push_back("pi-" + std::to_string(i));
    std::shuffle(names.begin(), names.end(), std::mt19937(7));
    EXPECT_EQ(fold_names(names), "pi-[1-10000]");
}

}  // namespace
}  // namespace pncp::cli
