#include "agent/sampler/sampler.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/agent/sampler/temp_tree.hpp"

namespace pncp {
namespace {

using test::sampler_of;
using test::TempTree;
using testing::HasSubstr;

std::vector<Point> named(const Sample& sample, std::string_view measurement) {
    std::vector<Point> found;
    std::copy_if(sample.points.begin(), sample.points.end(), std::back_inserter(found),
                 [&](const Point& point) { return point.measurement == measurement; });
    return found;
}

std::optional<FieldValue> field(const Point& point, std::string_view name) {
    for (const auto& [key, value] : point.fields)
        if (key == name) return value;
    return std::nullopt;
}

}  // namespace

TEST(Sampler, TheFirstSampleHasEverythingButDifferences) {
    auto sampler = sampler_of(test::tree_path("pi4"));
    const auto sample = sampler.take(0);
    EXPECT_TRUE(named(sample, "cpu").empty());
    EXPECT_EQ(named(sample, "mem").size(), 1U);
    EXPECT_EQ(named(sample, "swap").size(), 1U);
    EXPECT_EQ(named(sample, "disk").size(), 2U);
    EXPECT_EQ(named(sample, "net").size(), 3U);
    EXPECT_EQ(named(sample, "system").size(), 1U);
    EXPECT_EQ(named(sample, "temp").size(), 1U);
    EXPECT_EQ(sample.summary.cpu_percent.size(), 4U) << "since boot";
}

TEST(Sampler, TheLastPointIsTheMetricsJson) {
    auto sampler = sampler_of(test::tree_path("pi4"));
    const auto sample = sampler.take(0);
    const Point expected{"metrics", {}, {{"output", metrics_json(sample.summary)}}};
    EXPECT_EQ(sample.points.back(), expected);
    EXPECT_EQ(named(sample, "metrics").size(), 1U);
}

TEST(Sampler, TheSecondSampleHasTheSharesOfTheTimeBetween) {
    const TempTree tree{"pi4"};
    auto sampler = sampler_of(tree.path());
    (void)sampler.take(0);
    tree.pass_ten_seconds();
    const auto sample = sampler.take(10'000);
    const auto cpu = named(sample, "cpu");
    ASSERT_EQ(cpu.size(), 5U);
    EXPECT_EQ(field(cpu[0], "usage_user"), FieldValue{50.0});
    EXPECT_EQ(field(cpu[0], "usage_active"), FieldValue{80.0});
    EXPECT_EQ(cpu[4].tags[0].second, "cpu-total");
    EXPECT_EQ(sample.summary.cpu_percent, (std::vector<double>{75.0, 10.0, 0.0, 50.0}));
}

TEST(Sampler, ALookInBetweenDoesNotShortenTheNextSample) {
    const TempTree tree{"pi4"};
    auto sampler = sampler_of(tree.path());
    (void)sampler.take(0);
    tree.pass_ten_seconds();
    EXPECT_EQ(sampler.look(5'000).cpu_percent, (std::vector<double>{75.0, 10.0, 0.0, 50.0}));
    EXPECT_EQ(named(sampler.take(10'000), "cpu").size(), 5U);
}

TEST(Sampler, ALookRightAfterASampleCoversTheIntervalBefore) {
    const TempTree tree{"pi4"};
    auto sampler = sampler_of(tree.path());
    (void)sampler.take(0);
    tree.pass_ten_seconds();
    (void)sampler.take(10'000);
    EXPECT_EQ(sampler.look(10'001).cpu_percent, (std::vector<double>{75.0, 10.0, 0.0, 50.0}));
}

TEST(Sampler, ARootThatIsNotThereGivesOnlyAnEmptySummary) {
    auto sampler = sampler_of("/no/such/tree");
    const auto sample = sampler.take(0);
    ASSERT_EQ(sample.points.size(), 1U);
    EXPECT_EQ(sample.points[0], (Point{"metrics", {}, {{"output", std::string{"{}"}}}}));
}

TEST(Sampler, AFileThatVanishesIsAbsentAndComesBack) {
    const TempTree tree{"pi4"};
    auto sampler = sampler_of(tree.path());
    (void)sampler.take(0);
    tree.remove("proc/meminfo");
    EXPECT_TRUE(named(sampler.take(1), "mem").empty());
    tree.write("proc/meminfo", test::text_of(test::tree_path("pi4/proc/meminfo")));
    EXPECT_EQ(named(sampler.take(2), "mem").size(), 1U);
}

TEST(Sampler, AnInterfaceRenamedInBetweenIsReportedUnderItsNewName) {
    const TempTree tree{"pi4"};
    auto sampler = sampler_of(tree.path());
    (void)sampler.take(0);
    auto text = test::text_of(tree.path() + "/proc/net/dev");
    text.replace(text.find("eth0"), 4, "lan0");
    tree.write("proc/net/dev", text);
    const auto net = named(sampler.take(1), "net");
    ASSERT_EQ(net.size(), 3U);
    EXPECT_EQ(net[1].tags[0].second, "lan0");
    EXPECT_EQ(field(net[1], "bytes_recv"), FieldValue{std::int64_t{912344120}});
}

TEST(Sampler, ACoreThatGoesOfflineTakesOnlyItsOwnPointAway) {
    const TempTree tree{"pi4"};
    auto sampler = sampler_of(tree.path());
    (void)sampler.take(0);
    auto text = test::text_of(tree.path() + "/proc/stat.later");
    const auto line = text.find("cpu2");
    tree.write("proc/stat", text.erase(line, text.find('\n', line) - line + 1));
    const auto sample = sampler.take(10'000);
    EXPECT_EQ(named(sample, "cpu").size(), 4U);
    EXPECT_EQ(field(named(sample, "system").at(0), "n_cpus"), FieldValue{std::int64_t{3}});
}

TEST(Sampler, CountersThatRunBackwardsGiveNoShares) {
    const TempTree tree{"pi4"};
    tree.write("proc/stat", test::text_of(tree.path() + "/proc/stat.later"));
    auto sampler = sampler_of(tree.path());
    (void)sampler.take(0);
    tree.write("proc/stat", test::text_of(test::tree_path("pi4/proc/stat")));
    const auto sample = sampler.take(10'000);
    EXPECT_TRUE(named(sample, "cpu").empty());
    EXPECT_EQ(sample.summary.cpu_percent.size(), 4U);
}

TEST(Sampler, LoggedInUsersAreCountedWhereUtmpIsKept) {
    const TempTree tree{"pi4"};
    auto sampler = sampler_of(tree.path());
    EXPECT_EQ(sampler.take(0).summary.system.users, std::nullopt);
    tree.write("var/run/utmp", test::utmp_record(USER_PROCESS, "ada"));
    const auto sample = sampler.take(1);
    EXPECT_EQ(field(named(sample, "system").at(0), "n_users"), FieldValue{std::int64_t{1}});
    EXPECT_THAT(metrics_json(sample.summary), HasSubstr(R"("users":1)"));
}

TEST(Sampler, TheDiskOfTheSummaryIsTheRoot) {
    std::vector<std::string> asked;
    const auto root = test::tree_path("pc");
    Sampler sampler{{root + "/", [&](const std::string& path) -> std::optional<DiskSpace> {
                         asked.push_back(path);
                         if (path == root + "/media/my disk") return std::nullopt;
                         return DiskSpace{static_cast<std::int64_t>(path.size()), 1, 1, 1, 1};
                     }}};
    const auto sample = sampler.take(0);
    EXPECT_THAT(asked, testing::ElementsAre(root + "/", root + "/boot/efi", root + "/media/my disk"));
    EXPECT_EQ(named(sample, "disk").size(), 2U) << "one did not answer";
    ASSERT_TRUE(sample.summary.root_disk);
    EXPECT_EQ(sample.summary.root_disk->total, static_cast<std::int64_t>(root.size() + 1));
}

}  // namespace pncp
