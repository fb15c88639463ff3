#include "broker/influx_bridge/agent_tags.hpp"

#include <gtest/gtest.h>

#include "schema/codec.hpp"

namespace pncp::influx {
namespace {

using Texts = std::vector<std::string>;

Event hello(std::string agent, Texts tags) {
    Hello body;
    body.tags = std::move(tags);
    Event event;
    event.agent = std::move(agent);
    event.kind = EventKind::hello;
    event.body = encode(body);
    return event;
}
Event other() {
    Event event;
    event.agent = "pi-1";
    return event;
}
AgentTags::Tags one(std::string name, std::string value) { return {{std::move(name), std::move(value)}}; }

TEST(AgentTags, AreWhatTheLastHelloSaid) {
    AgentTags tags;
    EXPECT_TRUE(tags.of("pi-1").empty());
    tags.on_event(1, hello("pi-1", {"site=lab"}));
    EXPECT_EQ(tags.of("pi-1"), one("site", "lab"));
    EXPECT_TRUE(tags.of("pi-2").empty());
    tags.on_event(2, hello("pi-1", {"site=roof"}));
    EXPECT_EQ(tags.of("pi-1"), one("site", "roof"));
    tags.on_event(3, hello("pi-1", {}));
    EXPECT_TRUE(tags.of("pi-1").empty());
}

TEST(AgentTags, OfOperatorsAreNone) {
    AgentTags tags;
    tags.on_event(1, hello("", {"site=lab"}));
    EXPECT_TRUE(tags.of("").empty());
    EXPECT_TRUE(tags.take_changes().empty());
}

TEST(AgentTags, OnlyChangesAreForTheFile) {
    AgentTags tags;
    tags.on_event(1, hello("pi-1", {"site=lab"}));
    tags.on_event(2, hello("pi-1", {"site=lab"}));
    tags.on_event(3, hello("pi-2", {}));
    const TagChanges changes = tags.take_changes();
    EXPECT_FALSE(changes.whole);
    EXPECT_EQ(changes.entries, (std::vector<TagEntry>{{1, "pi-1", {"site=lab"}}}));
    EXPECT_TRUE(tags.take_changes().empty());
}

TEST(AgentTags, WhatTheFileSaysOfLaterEventsHoldsFromThemOn) {
    AgentTags tags;
    tags.restore({7}, {{1, "pi-1", {"site=lab"}}, {5, "pi-1", {"site=roof"}}, {9, "pi-1", {}}});
    tags.on_journal({7});
    tags.on_event(4, other());
    EXPECT_EQ(tags.of("pi-1"), one("site", "lab"));
    tags.on_event(5, hello("pi-1", {"site=roof"}));
    EXPECT_EQ(tags.of("pi-1"), one("site", "roof"));
    EXPECT_TRUE(tags.take_changes().empty()) << "it stands in the file already";
    tags.on_event(9, other());
    EXPECT_TRUE(tags.of("pi-1").empty());
}

TEST(AgentTags, ANewJournalBeginsWithAllThatIsKnown) {
    AgentTags tags;
    tags.restore({7}, {{1, "pi-1", {"site=lab"}}, {5, "pi-2", {"site=roof"}}});
    tags.on_journal({7});
    tags.on_event(2, other());
    tags.on_journal({8});
    EXPECT_EQ(tags.of("pi-2"), one("site", "roof"));
    const TagChanges changes = tags.take_changes();
    EXPECT_TRUE(changes.whole);
    EXPECT_EQ(changes.journal, Id16{8});
    ASSERT_EQ(changes.entries.size(), 2U);
    for (const TagEntry& entry : changes.entries) EXPECT_EQ(entry.seq, 0U);
}

TEST(AgentTags, ALostTailDoesNotLoseThemAndTheFirstJournalIsNoNews) {
    AgentTags tags;
    tags.on_journal({7});
    EXPECT_TRUE(tags.take_changes().empty());
    tags.on_event(9, hello("pi-1", {"site=lab"}));
    tags.on_lost_tail();
    tags.on_event(3, other());
    EXPECT_EQ(tags.of("pi-1"), one("site", "lab"));
    EXPECT_TRUE(tags.take_changes().whole);
}

TEST(AgentTags, ThatCannotBeTagsAreLeftOut) {
    EXPECT_EQ(usable_tags({"site=lab", "site=roof", "=x", "x=", "x", "agent=other", "time=1", "a\nb=c",
                           "a=b\tc", "\xff=1",
                           "ort=K\xc3\xbc"
                           "che",
                           "eq=a=b"}),
              (Texts{"site=lab",
                     "ort=K\xc3\xbc"
                     "che",
                     "eq=a=b"}));
}

TEST(AgentTags, ChangesNotYetWrittenAreReplacedByAWholeAndAddedToByTheRest) {
    TagChanges changes{false, {7}, {{1, "a", {}}}};
    changes.add({});
    changes.add({false, {7}, {{2, "b", {}}}});
    EXPECT_EQ(changes.entries.size(), 2U);
    changes.add({true, {8}, {{0, "c", {}}}});
    changes.add({false, {8}, {{1, "d", {}}}});
    EXPECT_TRUE(changes.whole);
    EXPECT_EQ(changes.journal, Id16{8});
    EXPECT_EQ(changes.entries.size(), 2U);
}

}  // namespace
}  // namespace pncp::influx
