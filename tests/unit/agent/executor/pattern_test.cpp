#include "agent/executor/pattern.hpp"

#include <gtest/gtest.h>

#include <chrono>

using namespace pncp::agent;

TEST(Pattern, MatchesOnlyTheWholeValue) {
    EXPECT_TRUE(matches_whole("[a-z]+", "ssh"));
    EXPECT_FALSE(matches_whole("[a-z]+", "ssh; reboot"));
    EXPECT_FALSE(matches_whole("[a-z]+", "7ssh"));
    EXPECT_TRUE(matches_whole("a|ab", "ab"));
    EXPECT_FALSE(matches_whole("a|ab", "abc"));
}

TEST(Pattern, AParenthesisTooManyDoesNotOpenTheEnds) {
    EXPECT_FALSE(matches_whole("a)|(b", "axxx"));
    EXPECT_FALSE(matches_whole("a)|(b", "xxxb"));
}

TEST(Pattern, ANewlineEndsNothing) {
    EXPECT_FALSE(matches_whole("[a-z]+", "ssh\nreboot"));
    EXPECT_FALSE(matches_whole("[a-z]+", "ssh\n"));
    EXPECT_FALSE(matches_whole("^[a-z]+$", "ssh\nreboot"));
}

TEST(Pattern, UsualShapesAreTaken) {
    for (const char* pattern : {"[a-z0-9@._-]{1,64}\\.service", "([0-9]{1,3}\\.){3}[0-9]{1,3}",
                                "[[:alpha:]]+", "[]a-z{99999}]+", "(on|off)", "a\\{5000\\}"})
        EXPECT_TRUE(check_pattern(pattern)) << pattern;
    EXPECT_TRUE(matches_whole("[]a]+", "]a"));
}

TEST(Pattern, WhatIsNoPatternIsRefusedWithTheReason) {
    EXPECT_NE(check_pattern("[a-z").error().text().find("POSIX"), std::string::npos);
    EXPECT_FALSE(check_pattern(""));
    EXPECT_FALSE(check_pattern(std::string("a\0b", 3)));
    EXPECT_FALSE(check_pattern(std::string(257, 'a')));
}

TEST(Pattern, BackReferencesAreRefused) {
    EXPECT_FALSE(check_pattern("(a+)\\1"));
    EXPECT_TRUE(check_pattern("(a+)\\\\1"));  // a backslash, then 1
}

TEST(Pattern, RepetitionsThatWouldUnrollToMuchAreRefused) {
    for (const char* pattern :
         {"a{5000}", "(a{255}){255}", "((a{30}){30}){30}", "a{1,99999999999999999999}", "a{,5000}"})
        EXPECT_FALSE(check_pattern(pattern)) << pattern;
    EXPECT_TRUE(check_pattern("(a{1,64}b){1,64}"));
}

// Exponential for a backtracking matcher. libc builds states as it goes; a value has at most 1,024 bytes.
TEST(Pattern, EvilPatternsEndSoon) {
    const auto began = std::chrono::steady_clock::now();
    for (const char* pattern : {"(a*)*b", "(a|aa)+b", "(a|b)*a(a|b){12}c", "((a{1,15}){1,15}){1,15}b"}) {
        ASSERT_TRUE(check_pattern(pattern)) << pattern;
        EXPECT_FALSE(matches_whole(pattern, std::string(1'024, 'a'))) << pattern;
    }
    EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(20));
}
