#include "broker/log_writer/verifier.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "tests/unit/broker/log_writer/log_lines.hpp"

namespace pncp::log_writer {
namespace {

Verifier verified(const std::vector<std::string>& lines) {
    Verifier verifier;
    verifier.begin_file("log");
    for (const std::string& line : lines) verifier.line(line);
    verifier.end_file(0, true);
    return verifier;
}
std::string said(const Verifier& verifier) {
    std::string all;
    for (const Finding& each : verifier.findings())
        all += each.file + ":" + std::to_string(each.line) + ": " + each.what + "\n";
    return all;
}

class VerifierTest : public ::testing::Test {
  protected:
    VerifierTest() {
        log.header();
        log.events(20);
        log.anchor();
        log.events(20);
        log.anchor();
        log.events(3);
    }
    /// The only finding is at `line` (from 1) and says `what`.
    static void expect_one(const std::vector<std::string>& lines, std::uint64_t line,
                           const std::string& what) {
        const Verifier verifier = verified(lines);
        ASSERT_EQ(verifier.findings().size(), 1U) << said(verifier);
        EXPECT_EQ(verifier.findings()[0].line, line) << said(verifier);
        EXPECT_NE(verifier.findings()[0].what.find(what), std::string::npos) << said(verifier);
    }
    LineMaker log;
};

TEST_F(VerifierTest, AGoodLogIsGoodAndSaysWhatItsAnchorsCover) {
    const Verifier verifier = verified(log.lines);
    EXPECT_EQ(said(verifier), "");
    EXPECT_EQ(verifier.anchors().size(), 2U);
    EXPECT_EQ(verifier.anchors()[1].body.sequence, 41U);
    EXPECT_EQ(verifier.figures().events, 45U);
    EXPECT_EQ(verifier.figures().after_anchor, 4U) << "the anchor's own line and three more";
    EXPECT_EQ(verifier.figures().last.sequence, 45U);
    EXPECT_EQ(verifier.consumer(), "log-writer");
}

TEST_F(VerifierTest, AnEditIsNamedWithItsLineAndBlamesNoOther) {
    log.lines[5].replace(log.lines[5].find("started"), 7, "stopped");
    expect_one(log.lines, 6, "edited");
}

TEST_F(VerifierTest, AnEditWithItsOwnHashMadeAnewShowsInTheLineBehind) {
    std::string& line = log.lines[5];
    line.replace(line.find("started"), 7, "stopped");
    line = chained_anew({line}).front();
    expect_one(log.lines, 7, "replaced");
}

TEST_F(VerifierTest, EvenTheCaseOfAHashsDigitsIsAnEdit) {
    std::string& line = log.lines[5];
    const std::size_t letter = line.find_first_of("abcdef", line.rfind("\"hash\":\"") + 8);
    line[letter] = static_cast<char>(line[letter] - 'a' + 'A');
    EXPECT_EQ(verified(log.lines).findings().front().line, 6U);
}

TEST_F(VerifierTest, RemovedLinesAreNamedByTheirEvents) {
    log.lines.erase(log.lines.begin() + 4, log.lines.begin() + 7);
    expect_one(log.lines, 5, "events 4 to 6 are missing");
}

TEST_F(VerifierTest, ARepeatedLineAndAStrangersLineAreFound) {
    auto repeated = log.lines;
    repeated.insert(repeated.begin() + 10, repeated[5]);
    EXPECT_EQ(verified(repeated).findings().front().line, 11U);
    auto strange = log.lines;
    strange.insert(strange.begin() + 10, "hello");
    EXPECT_EQ(verified(strange).findings().front().line, 11U);
}

TEST_F(VerifierTest, SwappedLinesAreFound) {
    std::swap(log.lines[8], log.lines[9]);
    EXPECT_EQ(verified(log.lines).findings().front().line, 9U);
}

TEST_F(VerifierTest, ALogWithoutItsBeginningIsFound) {
    log.lines.erase(log.lines.begin(), log.lines.begin() + 3);
    EXPECT_EQ(verified(log.lines).findings().front().line, 1U);
}

TEST_F(VerifierTest, AChainComputedAnewAfterAnEditDoesNotFitItsAnchors) {
    log.lines[5].replace(log.lines[5].find("started"), 7, "stopped");
    const Verifier verifier = verified(chained_anew(log.lines));
    ASSERT_EQ(verifier.findings().size(), 2U) << said(verifier);
    EXPECT_EQ(verifier.findings()[0].line, 22U) << "the first anchor";
    EXPECT_TRUE(verifier.anchors().empty());
}

TEST_F(VerifierTest, AChainComputedAnewWithALineLessIsNotDenseAnyMore) {
    log.lines.erase(log.lines.begin() + 5);
    const Verifier verifier = verified(chained_anew(log.lines));
    EXPECT_EQ(verifier.findings().front().line, 6U) << said(verifier);
}

TEST_F(VerifierTest, AnchorsOfOthersAreNotCompared) {
    log.anchor_event({"another", 3, Key32{9}, {}});
    const Verifier verifier = verified(log.lines);
    EXPECT_EQ(said(verifier), "");
    EXPECT_EQ(verifier.figures().foreign_anchors, 1U);
}

TEST_F(VerifierTest, FilesAreJoinedByTheirHeaders) {
    LineMaker next;
    next.chain = log.chain;
    next.header();
    next.events(5);
    next.anchor();
    Verifier whole;
    whole.begin_file("old");
    for (const std::string& line : log.lines) whole.line(line);
    whole.end_file(0, false);
    whole.begin_file("live");
    for (const std::string& line : next.lines) whole.line(line);
    whole.end_file(7, true);
    EXPECT_EQ(said(whole), "") << "an unfinished last line of the newest file is just being written";
    EXPECT_EQ(whole.anchors().size(), 3U);

    Verifier cut;
    cut.begin_file("old");
    for (std::size_t i = 0; i + 1 < log.lines.size(); ++i) cut.line(log.lines[i]);
    cut.end_file(0, false);
    cut.begin_file("live");
    for (const std::string& line : next.lines) cut.line(line);
    ASSERT_EQ(cut.findings().size(), 1U) << said(cut);
    EXPECT_EQ(cut.findings()[0].file, "live");
    EXPECT_NE(cut.findings()[0].what.find("event 45 is missing"), std::string::npos) << said(cut);
}

TEST_F(VerifierTest, AnAnchorJustAfterANewHeaderFitsTheHeader) {
    LineMaker next;
    next.chain = log.chain;
    next.header();
    next.anchor();
    Verifier whole;
    whole.begin_file("old");
    for (const std::string& line : log.lines) whole.line(line);
    whole.begin_file("live");
    for (const std::string& line : next.lines) whole.line(line);
    EXPECT_EQ(said(whole), "");
    EXPECT_EQ(whole.anchors().size(), 3U);
}

TEST_F(VerifierTest, AFileAloneKnowsTheHashThatItGoesOnFrom) {
    LineMaker next;
    next.chain = log.chain;
    AnchorBody end{"log-writer", log.chain.cursor.sequence, log.chain.hash, {}};
    next.header();
    next.anchor_event(end);
    EXPECT_EQ(said(verified(next.lines)), "") << "the end of the file before, anchored when it was stopped";
    const Verifier header_only = verified({next.lines[0]});
    EXPECT_TRUE(header_only.stood_at(log.chain.cursor, log.chain.hash));
    EXPECT_FALSE(header_only.stood_at(log.chain.cursor, Key32{}));
    end.hash[0] ^= 1U;
    LineMaker forged;
    forged.chain = log.chain;
    forged.header();
    forged.anchor_event(end);
    EXPECT_NE(said(verified(forged.lines)), "");
}

TEST(Verifier, ALogThatBeginsLateBeginsWhereTheBrokerStillHadEvents) {
    LineMaker log;
    log.header();
    log.chain.cursor.sequence = 499;
    log.events(3);
    EXPECT_EQ(said(verified(log.lines)), "");
}

TEST(Verifier, DeclaredGapsAndANewJournalAreNoFindings) {
    LineMaker log;
    log.header();
    log.events(3);
    const auto gap = [&](FeedGap declared) {
        log.lines.push_back(LineMaker::bare(gap_line(declared, 0, log.chain)));
    };
    gap({4, 9, "past its retention", {log.chain.cursor.journal, 9}});
    log.events(2);
    gap({12, 0, "another journal", {Id16{7}, 0}});
    log.events(2);
    log.anchor();
    const Verifier verifier = verified(log.lines);
    EXPECT_EQ(said(verifier), "");
    EXPECT_EQ(verifier.figures().gaps, 2U);
    EXPECT_EQ(verifier.anchors().size(), 1U);
}

/// Whatever is done to lines before the last anchor is found, whether the chain is left broken or computed
/// anew.
class RandomDamage : public VerifierTest, public ::testing::WithParamInterface<int> {};

TEST_P(RandomDamage, IsAlwaysFound) {
    std::mt19937 random(static_cast<unsigned>(GetParam()));
    const auto below = [&](std::size_t n) {
        return std::uniform_int_distribution<std::size_t>(0, n - 1)(random);
    };
    const std::size_t last_anchor = log.lines.size() - 4;
    for (int round = 0; round < 60; ++round) {
        auto lines = log.lines;
        const std::size_t at = below(last_anchor);
        std::string done;
        switch (below(5)) {
            case 0: {
                done = "flip";
                const std::size_t byte = below(lines[at].size());
                lines[at][byte] = static_cast<char>(lines[at][byte] ^ (1 << below(7)));
                break;
            }
            case 1:
                done = "remove";
                lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(at),
                            lines.begin() + static_cast<std::ptrdiff_t>(
                                                at + 1 + below(std::min<std::size_t>(3, last_anchor - at))));
                break;
            case 2:
                done = "insert";
                lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(at), lines[below(lines.size())]);
                break;
            case 3: {
                done = "move";
                const std::string moved = lines[at];
                lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(at));
                const std::size_t to = below(last_anchor);
                lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(to == at ? to + 1 : to), moved);
                break;
            }
            default: {
                done = "edit and compute anew";
                std::string& line = lines[1 + below(20)];
                line.replace(line.find("under_voltage"), 13, "over_voltage_");
                lines = chained_anew(lines);
                break;
            }
        }
        EXPECT_FALSE(verified(lines).findings().empty())
            << done << " at line " << at + 1 << ", seed " << GetParam();
    }
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomDamage, ::testing::Range(1, 21));

}  // namespace
}  // namespace pncp::log_writer
