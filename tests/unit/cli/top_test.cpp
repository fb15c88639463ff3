// pncp-cli top without a terminal: keys, model, lines, and what is written of them.
#include <gtest/gtest.h>

#include "cli/screen.hpp"
#include "cli/top_screen.hpp"
#include "fake_journal.hpp"

namespace pncp::cli {
namespace {

TEST(CliTopKeys, SequencesAndLettersAreTakenApart) {
    const auto keys = keys_of("a\x1B[A\x1BOB\x1B[5~é\r\x7F\x03\x1B[1;5Cq\x1B");
    std::vector<KeyKind> kinds;
    for (const Key& key : keys) kinds.push_back(key.kind);
    EXPECT_EQ(kinds, (std::vector{KeyKind::text, KeyKind::up, KeyKind::down, KeyKind::page_up, KeyKind::text,
                                  KeyKind::enter, KeyKind::backspace, KeyKind::interrupt, KeyKind::text,
                                  KeyKind::escape}));
    EXPECT_EQ(keys[4].text, "é");
    EXPECT_TRUE(keys_of("\x01\x80\xFF").empty());
    EXPECT_EQ(keys_of("\x1B[").size(), 0U);
}

TEST(CliScreen, OnlyLinesThatChangedAreWritten) {
    Screen screen;
    EXPECT_EQ(screen.draw({"a", "b"}), "\033[2J\033[1;1H\033[2Ka\033[0m\033[2;1H\033[2Kb\033[0m");
    EXPECT_EQ(screen.draw({"a", "b"}), "");
    EXPECT_EQ(screen.draw({"a", "c"}), "\033[2;1H\033[2Kc\033[0m");
    EXPECT_EQ(screen.draw({"a"}), "\033[2;1H\033[2K\033[0m");
    screen.forget();
    EXPECT_NE(screen.draw({"a"}).find("\033[2J"), std::string::npos);
}

std::size_t visible_width(const std::string& line) {
    std::string plain;
    for (std::size_t i = 0; i < line.size(); ++i) {
        if (line[i] == '\033') {
            while (i < line.size() && line[i] != 'm') ++i;
            continue;
        }
        plain += line[i];
    }
    return width_of(plain);
}

struct TopTest : ::testing::Test {
    TopModel model;
    FakeJournal feed;
    TopLook look{80, 24, {.colour = true, .neutralise = true}, true, kNowNs / 1000};

    void SetUp() override { agents(30); }
    void agents(int count) {
        std::vector<AgentRow> rows;
        for (int i = 1; i <= count; ++i) {
            AgentRow row;
            row.id = "pi-" + std::to_string(i);
            row.state = i == 7 ? "offline" : "online";
            row.last_seen_us = kNowNs / 1000 - 3'000'000;
            if (i == 9) row.tags = {"role=camera"};
            rows.push_back(row);
        }
        model.set_agents(std::move(rows));
    }
    void sample(const std::string& agent, double cpu, double temperature, std::int64_t ago_s = 1) {
        feed.add(EventClass::metrics, EventKind::metrics, agent, kNowNs - ago_s * kSecond,
                 sample_of(cpu, temperature, agent == "pi-4"));
        model.take(feed.events.back());
    }
    std::optional<Wish> press(std::string_view bytes) {
        std::optional<Wish> wish;
        for (const Key& key : keys_of(bytes)) wish = model.key(key);
        return wish;
    }
    std::string text() {
        std::string all;
        for (const std::string& line : top_lines(model, look)) all += line + "\n";
        return all;
    }
    std::string plain() {
        look.style = {};
        return text();
    }
    std::string selected() {
        return model.selected_device() == nullptr ? "" : model.selected_device()->row.id;
    }
};

TEST_F(TopTest, EveryLineFitsWhateverTheTerminal) {
    sample("pi-4", 99.5, 85.2);
    for (const char* keys : {"", "\r", "\x1B", "?", "x", "/camera", "\r", "s", "uptime\r", "yes"}) {
        press(keys);
        for (const std::size_t columns : {1U, 20U, 80U, 81U, 200U}) {
            for (const std::size_t rows : {1U, 3U, 5U, 24U, 60U}) {
                look.columns = columns;
                look.rows = rows;
                const auto lines = top_lines(model, look);
                EXPECT_LE(lines.size(), rows);
                for (const std::string& line : lines) EXPECT_LE(visible_width(line), columns) << line;
            }
        }
    }
}

TEST_F(TopTest, EightyByTwentyFourShowsTheNumbers) {
    sample("pi-4", 12.25, 51.5);
    const std::string screen = plain();
    EXPECT_NE(screen.find("30 agents:  29 online  1 offline  0.0/s"), std::string::npos) << screen;
    EXPECT_NE(screen.find("*NAME"), std::string::npos) << screen;
    EXPECT_NE(screen.find("online   12.2  40.5  51.5   20.0   0.3      1 s UV+cap"), std::string::npos)
        << screen;
    EXPECT_EQ(top_lines(model, look).size(), 24U);
}

TEST_F(TopTest, SelectionMovesScrollsAndSticksToItsAgent) {
    static_cast<void>(text());
    EXPECT_EQ(selected(), "pi-1");
    press("\x1B[B\x1B[B");
    EXPECT_EQ(selected(), "pi-3");
    press("\x1B[F");
    EXPECT_EQ(selected(), "pi-30");
    EXPECT_NE(plain().find("pi-30 "), std::string::npos);
    EXPECT_EQ(plain().find("pi-1 "), std::string::npos);
    press("\x1B[H\x1B[6~");
    EXPECT_EQ(selected(), "pi-20");
    press("r");
    EXPECT_EQ(selected(), "pi-20") << "another order, the same agent";
    agents(10);
    EXPECT_NE(selected(), "pi-20") << "it is gone";
}

TEST_F(TopTest, SortingPutsTheGreatestFirstAndThoseWithoutLast) {
    sample("pi-4", 12, 51);
    sample("pi-9", 99, 85);
    press("\x1B[C\x1B[C");
    EXPECT_EQ(model.sort_column(), TopColumn::cpu);
    EXPECT_EQ(model.shown()[0]->row.id, "pi-9");
    EXPECT_EQ(model.shown()[1]->row.id, "pi-4");
    EXPECT_EQ(model.shown()[2]->row.id, "pi-1");
    press("r");
    EXPECT_EQ(model.shown()[0]->row.id, "pi-4");
    EXPECT_EQ(model.shown()[29]->row.id, "pi-30");
    press("\x1B[D");
    EXPECT_EQ(model.sort_column(), TopColumn::state);
    press("r");
    EXPECT_EQ(model.shown()[0]->row.id, "pi-7") << "what needs a look comes first";
}

TEST_F(TopTest, FilterIsTypedAndTakenBack) {
    press("/camera");
    EXPECT_EQ(model.shown().size(), 1U);
    EXPECT_EQ(selected(), "pi-9");
    EXPECT_NE(plain().find("filter: camera_"), std::string::npos);
    press("\x7F\x7F\x7F\x7F\x7F\x7Foffline");
    EXPECT_EQ(selected(), "pi-7");
    press("\r");
    EXPECT_EQ(model.mode(), TopMode::list);
    press("\x1B");
    EXPECT_EQ(model.shown().size(), 30U);
}

TEST_F(TopTest, DeviceHasItsPageWithCoursesAndEvents) {
    for (int i = 0; i < 20; ++i) sample("pi-1", i, 40 + i, 30 - i);
    feed.add(EventClass::event, EventKind::device_event, "pi-1", kNowNs,
             DeviceEventBody{"under_voltage", "began"});
    model.take(feed.events.back());
    static_cast<void>(text());
    press("\r");
    const std::string screen = plain();
    EXPECT_NE(screen.find("CPU             19.0 %  ▁"), std::string::npos) << screen;
    EXPECT_NE(screen.find("under_voltage: began"), std::string::npos) << screen;
    press("\x1B[B");
    EXPECT_EQ(selected(), "pi-2") << "from page to page";
    EXPECT_FALSE(press("q")) << "back, not out";
    EXPECT_EQ(model.mode(), TopMode::list);
    EXPECT_TRUE(std::holds_alternative<WishQuit>(press("q").value()));
}

TEST_F(TopTest, CommandIsSentOnlyWhenConfirmedInLetters) {
    static_cast<void>(text());
    EXPECT_FALSE(press("slslogs -l 'a b'\r"));
    EXPECT_NE(plain().find("Run lslogs -l 'a b' on pi-1? Type yes: _"), std::string::npos) << plain();
    EXPECT_FALSE(press("y\r"));
    EXPECT_EQ(model.message(), "nothing was sent");
    press("slslogs -l 'a b'\r");
    const auto wish = press("yes\r");
    ASSERT_TRUE(wish);
    const auto& send = std::get<WishSend>(*wish);
    EXPECT_EQ(send.agent, "pi-1");
    EXPECT_EQ(send.name, "lslogs");
    EXPECT_EQ(send.arguments, (std::vector<std::string>{"-l", "a b"}));
    EXPECT_EQ(model.mode(), TopMode::list);
    press("sNot A Name\r");
    EXPECT_EQ(model.mode(), TopMode::command);
    press("\x1B");
    EXPECT_EQ(model.mode(), TopMode::list);
}

TEST_F(TopTest, StatesFollowTheFeedAndPollsForgetWhoIsGone) {
    feed.add(EventClass::status, EventKind::status, "pi-1", kNowNs,
             StatusBody{false, "gone", "", "", 0, false});
    model.take(feed.events.back());
    EXPECT_EQ(model.states().offline, 2U);
    sample("pi-1", 5, 5);
    agents(2);
    EXPECT_EQ(model.states().all, 2U);
    EXPECT_EQ(model.shown()[0]->numbers->cpu_percent, 5) << "numbers outlive a poll";
    sample("unknown", 1, 1);
    EXPECT_EQ(model.states().all, 2U);
}

TEST_F(TopTest, RatesAndAlertsAreCounted) {
    model.tick(1'000);
    for (int i = 0; i < 500; ++i) sample("pi-1", 1, 1);
    model.tick(2'000);
    EXPECT_EQ(model.samples_a_second(), 0) << "what was before the start comes in the first second";
    for (int i = 0; i < 20; ++i) sample("pi-1", 1, 1);
    model.tick(4'000);
    EXPECT_EQ(model.samples_a_second(), 10);
    feed.add(EventClass::alert, EventKind::alert, "hot", kNowNs, AlertBody{"hot", "pi-1", true, "", ""});
    model.take(feed.events.back());
    EXPECT_NE(plain().find("  1 alert\n"), std::string::npos);
    feed.add(EventClass::alert, EventKind::alert, "hot", kNowNs, AlertBody{"hot", "pi-1", false, "", ""});
    model.take(feed.events.back());
    EXPECT_EQ(model.alerts(), 0U);
}

TEST_F(TopTest, ControlKeysAreWishesInEveryMode) {
    for (const char* keys : {"", "/", "s", "?", "\r"}) {
        press(keys);
        EXPECT_TRUE(std::get<WishQuit>(press("\x03").value()).interrupted);
        EXPECT_TRUE(std::holds_alternative<WishSuspend>(press("\x1A").value()));
        EXPECT_TRUE(std::holds_alternative<WishRedraw>(press("\x0C").value()));
    }
}

TEST_F(TopTest, NameOfAnAgentCannotSteerTheTerminal) {
    AgentRow evil;
    evil.id = "pi-\033[2J";
    evil.state = "on\nline";
    evil.model = "\033c";
    model.set_agents({evil});
    look.style = {};
    const auto clean = [&] {
        for (std::string line : top_lines(model, look)) {
            // The mark of the selection is ours.
            for (const char* ours : {"\033[7m", "\033[0m"})
                if (const auto at = line.find(ours); at != std::string::npos) line.erase(at, 4);
            EXPECT_EQ(line.find_first_of("\033\n"), std::string::npos) << line;
        }
    };
    clean();
    press("\r");
    clean();
}

TEST(CliTopWords, QuotesHoldWordsTogether) {
    EXPECT_EQ(words_of("  a 'b c' d\"e f\"g ''"), (std::vector<std::string>{"a", "b c", "de fg", ""}));
    EXPECT_TRUE(words_of("   ").empty());
}

}  // namespace
}  // namespace pncp::cli
