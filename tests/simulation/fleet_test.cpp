// The promise, under any weather: every sample is stored exactly once or declared lost, every command runs at
// most once, and every target of a job that was taken ends. Each seed is a run of its own and can be run
// again.
#include "tests/simulation/world.hpp"

namespace pncp::simulation {
namespace {

class Weather : public ::testing::TestWithParam<std::uint32_t> {};

bool declared(const Ledger& ledger, std::uint64_t sample) {
    for (const GapBody& gap : ledger.gaps)
        // An end of 0 is unknown: everything from `first` on.
        if (sample >= gap.first && (gap.last == 0 || sample <= gap.last)) return true;
    return false;
}

std::string texts(const Ledger& ledger) {
    std::string text;
    for (const GapBody& gap : ledger.gaps)
        text += " [" + std::to_string(gap.first) + "," + std::to_string(gap.last) + " " + gap.reason + "]";
    return text;
}

TEST_P(Weather, NoSampleIsLostInSilenceAndNoneIsDoubled) {
    World world(GetParam(), 5);
    world.run(600'000, true);
    world.run(200'000, false);
    std::uint64_t made = 0;
    std::uint64_t lost = 0;
    for (const auto& [spool, ledger] : world.ledgers) {
        made += ledger.made;
        for (std::uint64_t sample = 1; sample <= ledger.made; ++sample) {
            const auto found = ledger.stored.find(sample);
            const int copies = found == ledger.stored.end() ? 0 : found->second;
            EXPECT_LE(copies, 1) << "sample " << sample << " of spool " << to_hex(spool) << ", seed "
                                 << GetParam();
            // A live spool's newest samples may still be on their way.
            if (copies == 1 || (ledger.alive && sample + 20 > ledger.made)) continue;
            ++lost;
            // A spool that never was in session has told the broker nothing, not even that it exists.
            const bool unheard_of = ledger.stored.empty() && ledger.gaps.empty() && !ledger.alive;
            EXPECT_TRUE(declared(ledger, sample) || unheard_of)
                << "sample " << sample << " of " << ledger.made << " of spool " << to_hex(spool)
                << " is neither stored nor declared (" << ledger.stored.size() << " stored, gaps"
                << texts(ledger) << "), seed " << GetParam();
        }
    }
    EXPECT_GT(made, 3'000U);
    EXPECT_LT(lost * 4, made) << "most samples arrive";
    RecordProperty("made", static_cast<int>(made));
    RecordProperty("lost", static_cast<int>(lost));
}

TEST_P(Weather, WithADiskEveryLossOfAKilledDeviceIsDeclared) {
    World world(GetParam() + 2'000, 4, World::Devices::killed);
    world.run(400'000, true);
    for (auto& device : world.devices) {
        device->disk.power_fails_after.reset();
        device->disk.bytes_max = std::numeric_limits<std::size_t>::max();
    }
    world.run(300'000, false);
    std::uint64_t made = 0;
    std::uint64_t lost = 0;
    for (const auto& [spool, ledger] : world.ledgers) {
        made += ledger.made;
        for (std::uint64_t sample = 1; sample <= ledger.made; ++sample) {
            const auto found = ledger.stored.find(sample);
            const int copies = found == ledger.stored.end() ? 0 : found->second;
            EXPECT_LE(copies, 1) << "sample " << sample << " of spool " << to_hex(spool) << ", seed "
                                 << GetParam();
            if (copies == 1 || (ledger.alive && sample + 20 > ledger.made)) continue;
            ++lost;
            EXPECT_TRUE(declared(ledger, sample))
                << "sample " << sample << " of " << ledger.made << " of spool " << to_hex(spool)
                << " is neither stored nor declared (gaps" << texts(ledger) << "), seed " << GetParam();
        }
    }
    EXPECT_GT(made, 1'000U);
    EXPECT_LT(lost * 4, made);
    for (const auto& device : world.devices) EXPECT_EQ(device->core->formers(), 0U) << "seed " << GetParam();
    for (const auto& [command, times] : world.runs) EXPECT_EQ(times, 1) << "seed " << GetParam();
}

TEST_P(Weather, WithADiskAStopInOrderLosesNothingAndDeclaresNothing) {
    World world(GetParam() + 3'000, 4, World::Devices::stopped);
    world.run(400'000, true);
    world.run(300'000, false);
    std::size_t clean = 0;
    for (const auto& [spool, ledger] : world.ledgers) {
        clean += ledger.clean;
        EXPECT_TRUE(ledger.alive || ledger.clean) << "seed " << GetParam();
        // A BYE that was lost here, as none is within a connection, declares the end, behind which nothing
        // is.
        for (const GapBody& gap : ledger.gaps)
            EXPECT_GT(gap.first, ledger.made) << texts(ledger) << ", seed " << GetParam();
        for (std::uint64_t sample = 1; sample <= ledger.made; ++sample) {
            if (ledger.alive && sample + 20 > ledger.made) continue;
            const auto found = ledger.stored.find(sample);
            EXPECT_EQ(found == ledger.stored.end() ? 0 : found->second, 1)
                << "sample " << sample << " of " << ledger.made << " of spool " << to_hex(spool) << ", seed "
                << GetParam();
        }
    }
    EXPECT_GT(clean, 3U);
    for (const auto& [command, times] : world.runs) EXPECT_EQ(times, 1) << "seed " << GetParam();
}

TEST_P(Weather, NoCommandRunsTwiceAndEveryTargetEndsOnce) {
    World world(GetParam() + 1'000, 5);
    for (int i = 0; i < 20; ++i) {
        world.run(20'000, true);
        (void)world.send_job();
    }
    world.run(200'000, false);
    for (const auto& [command, times] : world.runs) EXPECT_EQ(times, 1) << "seed " << GetParam();
    EXPECT_GT(world.runs.size(), 20U);
    std::size_t taken = 0;
    for (const Id16& job : world.jobs) {
        const auto ends = world.ends.find(job);
        // A job that the journal could not take was refused as a whole.
        if (ends == world.ends.end()) continue;
        ++taken;
        EXPECT_EQ(ends->second.size(), world.devices.size()) << to_hex(job) << ", seed " << GetParam();
    }
    EXPECT_GT(taken, 10U);
}

INSTANTIATE_TEST_SUITE_P(Seeds, Weather, ::testing::Range(1U, 41U));

}  // namespace
}  // namespace pncp::simulation
