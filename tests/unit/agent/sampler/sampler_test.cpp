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

TEST(Sampler, ReadsOnlyTheGroupsThatAreDue) {
    SamplerOptions options{test::tree_path("pi4"), test::recorded_space};
    options.intervals.set(MetricGroup::mem, 30'000);
    options.intervals.set(MetricGroup::temp, -1);
    Sampler sampler{std::move(options)};
    std::string pattern;
    for (std::int64_t now_ms = 0; now_ms < 70'000; now_ms += 10'000) {
        const auto sample = sampler.take(now_ms);
        pattern += std::to_string(named(sample, "mem").size());
        EXPECT_EQ(named(sample, "net").size(), 3U);
        EXPECT_TRUE(named(sample, "temp").empty());
    }
    EXPECT_EQ(pattern, "1001001");
}

TEST(Sampler, TheMetricsJsonShowsEachGroupAsItWasReadLast) {
    const TempTree tree{"pi4"};
    SamplerOptions options{tree.path(), test::recorded_space};
    options.intervals.set(MetricGroup::mem, 60'000);
    Sampler sampler{std::move(options)};
    const auto first = sampler.take(0);
    tree.remove("proc/meminfo");
    const auto second = sampler.take(10'000);
    EXPECT_TRUE(named(second, "mem").empty());
    ASSERT_TRUE(second.summary.memory.memory);
    EXPECT_EQ(second.summary.memory.memory->total, first.summary.memory.memory->total);
    EXPECT_FALSE(sampler.take(60'000).summary.memory.memory) << "read again, and gone";
}

TEST(Sampler, AnIntervalThatIsChangedTakesEffectInTheNextSample) {
    auto sampler = sampler_of(test::tree_path("pi4"));
    (void)sampler.take(0);
    sampler.set_interval(MetricGroup::processes, 0);
    sampler.set_interval(MetricGroup::net, -1);
    const auto sample = sampler.take(1'000);
    EXPECT_EQ(named(sample, "processes").size(), 1U);
    EXPECT_TRUE(named(sample, "net").empty());
}

TEST(Sampler, CpuSharesCoverTheTimeSinceTheirGroupWasReadLast) {
    const TempTree tree{"pi4"};
    SamplerOptions options{tree.path(), test::recorded_space};
    options.intervals.set(MetricGroup::cpu, 20'000);
    Sampler sampler{std::move(options)};
    (void)sampler.take(0);
    tree.pass_ten_seconds();
    EXPECT_TRUE(named(sampler.take(10'000), "cpu").empty());
    const auto cpu = named(sampler.take(20'000), "cpu");
    ASSERT_EQ(cpu.size(), 5U);
    EXPECT_EQ(field(cpu[0], "usage_user"), FieldValue{50.0});
}

TEST(Sampler, ARootThatBecomesReadOnlyIsAnEventAndOneThatIsSoIsNone) {
    auto read_only = sampler_of(test::tree_path("pi-zero-2w"));
    const auto zero = read_only.take(0);
    EXPECT_EQ(field(named(zero, "pi_root").at(0), "read_only"), FieldValue{true});
    for (const auto& edge : zero.edges) EXPECT_NE(edge.name, "root_read_only");

    const TempTree tree{"pi4"};
    auto sampler = sampler_of(tree.path());
    EXPECT_TRUE(sampler.take(0).edges.empty());
    auto text = test::text_of(tree.path() + "/proc/self/mountinfo");
    const auto at = text.find("/dev/mmcblk0p2 rw");
    tree.write("proc/self/mountinfo", text.replace(at, 17, "/dev/mmcblk0p2 ro"));
    const auto sample = sampler.take(61'000);
    ASSERT_EQ(sample.edges.size(), 1U);
    EXPECT_EQ(sample.edges[0].name, "root_read_only");
    EXPECT_EQ(named(sample, "disk").at(0).tags[3].second, "ro");
    EXPECT_TRUE(sampler.take(71'000).edges.empty());
}

TEST(Sampler, EveryRecordedMachineTellsWhatItHasAndNothingElse) {
    const auto counts = [](const char* tree) {
        SamplerOptions options{test::tree_path(tree), test::recorded_space};
        options.firmware = [](const char*) { return std::nullopt; };
        Sampler sampler{std::move(options)};
        const auto sample = sampler.take(0);
        std::string text;
        for (const auto* name :
             {"linux_cpu", "kernel", "pressure", "diskio", "wireless", "processes", "temp", "pi_info",
              "pi_power", "pi_fan", "pi_throttled", "pi_sd", "pi_sd_info", "pi_ext4"})
            text += std::to_string(named(sample, name).size());
        return text;
    };
    EXPECT_EQ(counts("pi3"), "41010111001111");
    EXPECT_EQ(counts("pi4"), "41010111001111");
    EXPECT_EQ(counts("pi5"), "41521131111112");
    EXPECT_EQ(counts("pi-zero-2w"), "41021111001111");
    EXPECT_EQ(counts("pc"), "81520180000001");
}

TEST(Sampler, TheModelIsThatOfTheBoard) {
    EXPECT_EQ(sampler_of(test::tree_path("pi4")).model(), "Raspberry Pi 4 Model B Rev 1.4");
    EXPECT_EQ(sampler_of(test::tree_path("pc")).model(), "");
}

TEST(Sampler, TheSpeedOfALinkIsKeptBetweenTwoLooksAndNotForAnInterfaceOfAnotherName) {
    const TempTree tree{"pi4"};
    auto sampler = sampler_of(tree.path());
    EXPECT_EQ(field(named(sampler.take(0), "net").at(1), "speed"), FieldValue{std::int64_t{1000}});
    const auto sample = sampler.take(10'000);
    EXPECT_EQ(field(named(sample, "net").at(1), "speed"), FieldValue{std::int64_t{1000}});
    EXPECT_TRUE(named(sample, "pi_link").empty());
    auto text = test::text_of(tree.path() + "/proc/net/dev");
    text.replace(text.find("eth0"), 4, "lan0");
    tree.write("proc/net/dev", text);
    EXPECT_FALSE(field(named(sampler.take(20'000), "net").at(1), "speed"));
}

}  // namespace pncp
