#include "cli/top.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>

#include "cli/journal_reader.hpp"
#include "cli/screen.hpp"
#include "cli/terminal.hpp"
#include "cli/top_model.hpp"
#include "cli/top_screen.hpp"
#include "schema/program/escape.hpp"

namespace pncp::cli {
namespace {

/// News are drawn four times a second at most, keys at once, and the ages every second.
constexpr std::int64_t kDrawMs = 250;
constexpr std::int64_t kKeyDrawMs = 20;
constexpr std::int64_t kIdleDrawMs = 1'000;
/// The list of agents is asked for again; what it says comes by the feed too, but for stale and facts.
constexpr std::int64_t kPollMs = 3'000;
/// Samples of so long ago are read at the start, so that numbers are there at once: agents sample every 10 s.
constexpr std::int64_t kBeforeNs = 15'000'000'000;

class Top final : public LiveHandler {
  public:
    Top(const Call& call, std::unique_ptr<LiveLink> link, Terminal terminal, std::vector<AgentRow> rows)
        : call_(call), link_(std::move(link)), terminal_(std::move(terminal)), style_(style_of(call)) {
        model_.set_agents(std::move(rows));
    }

    ExitCode run() {
        const std::array inputs{STDIN_FILENO, terminal_.signal_fd()};
        for (;;) {
            const std::int64_t now_ms = call_.world.boottime_ms();
            model_.tick(now_ms);
            ask(now_ms);
            if (now_ms >= draw_at_ms_ && !draw(now_ms)) return ExitCode::unavailable;
            if (const auto signal =
                    link_->turn(std::max<std::int64_t>(draw_at_ms_ - now_ms, 0), *this, inputs))
                return *signal == SIGINT ? ExitCode::interrupted : ExitCode::ok;
            if (const auto code = take_terminal()) return *code;
        }
    }

    // --- LiveHandler ---
    bool on_event(const FeedEvent& event) override {
        model_.take(event);
        wish_draw(kDrawMs);
        return true;
    }
    void on_gap(const FeedGap& gap) override { model_.say("events are missing: " + gap.reason); }
    void on_journal(const Id16& /*journal*/) override {}
    void on_state(const std::string& text) override {
        constexpr std::string_view kConnected = "connected to the broker at ";
        model_.set_broker(text.starts_with(kConnected) ? text.substr(kConnected.size()) : text);
        wish_draw(kDrawMs);
    }
    void on_answer(Reply reply) override {
        if (auto* page = std::get_if<AgentsReply>(&reply)) {
            take_page(std::move(*page));
        } else if (const auto* sent = std::get_if<SendReply>(&reply)) {
            // The device may have been faster, and its answer stands there already.
            if (model_.message().starts_with("sending "))
                model_.say("sent; come back to it with: pncp-cli job " + to_hex(sent->job));
        } else if (const auto* error = std::get_if<ErrorReply>(&reply)) {
            model_.say(Error{error->message, error->next}.text());
            poll_.after.clear();
        }
        wish_draw(kKeyDrawMs);
    }

  private:
    void wish_draw(std::int64_t pause_ms) { draw_at_ms_ = std::min(draw_at_ms_, drawn_ms_ + pause_ms); }

    bool draw(std::int64_t now_ms) {
        const Terminal::Size size = terminal_.size();
        if (size != size_) screen_.forget();
        size_ = size;
        const TopLook look{size.columns, size.rows, style_, call_.world.utf8, call_.world.wall_us()};
        const bool written = terminal_.write(screen_.draw(top_lines(model_, look)));
        drawn_ms_ = now_ms;
        draw_at_ms_ = now_ms + kIdleDrawMs;
        return written;
    }

    /// One question at a time; one that was lost with its session is asked again by the next poll.
    void ask(std::int64_t now_ms) {
        if (send_ && link_->ask(*send_)) send_.reset();
        if (now_ms < poll_at_ms_) return;
        if (link_->ask(poll_)) poll_at_ms_ = now_ms + kPollMs;
    }

    void take_page(AgentsReply page) {
        std::move(page.rows.begin(), page.rows.end(), std::back_inserter(rows_));
        const bool more = page.next > poll_.after;
        poll_.after = more ? page.next : "";
        if (more) {
            poll_at_ms_ = 0;
            return;
        }
        model_.set_agents(std::move(rows_));
        rows_.clear();
    }

    /// Keys and the terminal's own signals.
    std::optional<ExitCode> take_terminal() {
        while (const auto signal = terminal_.next_signal()) {
            if (*signal == SIGQUIT) return ExitCode::interrupted;
            if (*signal == SIGTSTP) suspend();
            if (*signal == SIGCONT) terminal_.resume();
            screen_.forget();
            wish_draw(0);
        }
        const auto typed = terminal_.read();
        if (!typed) return ExitCode::unavailable;
        for (const Key& key : keys_of(*typed)) {
            if (const auto wish = model_.key(key))
                if (const auto code = fulfil(*wish)) return code;
            wish_draw(kKeyDrawMs);
        }
        return std::nullopt;
    }

    void suspend() {
        terminal_.suspend();
        screen_.forget();
        wish_draw(0);
    }

    std::optional<ExitCode> fulfil(const Wish& wish) {
        if (const auto* quit = std::get_if<WishQuit>(&wish))
            return quit->interrupted ? ExitCode::interrupted : ExitCode::ok;
        if (std::holds_alternative<WishSuspend>(wish)) suspend();
        if (std::holds_alternative<WishRedraw>(wish)) screen_.forget();
        if (const auto* send = std::get_if<WishSend>(&wish)) {
            SendRequest request;
            call_.world.random_bytes(request.job);
            request.target = send->agent;
            request.name = send->name;
            request.arguments = send->arguments;
            request.claims = call_.world.user;
            send_ = std::move(request);
            model_.say("sending " + send->name + " to " + send->agent);
        }
        return std::nullopt;
    }

    const Call& call_;
    std::unique_ptr<LiveLink> link_;
    Terminal terminal_;
    Style style_;
    TopModel model_;
    Screen screen_;
    Terminal::Size size_{};
    std::int64_t drawn_ms_ = 0;
    std::int64_t draw_at_ms_ = 0;
    AgentsRequest poll_;
    std::int64_t poll_at_ms_ = 0;
    std::vector<AgentRow> rows_;  ///< pages of the poll under way
    std::optional<SendRequest> send_;
};

/// Where to begin to follow: a little before now.
std::variant<Cursor, Failure> place(BrokerLink& link, std::int64_t timeout_ms, std::int64_t now_us) {
    JournalReader journal(link, timeout_ms);
    auto range = journal.range();
    if (auto* failure = std::get_if<Failure>(&range)) return std::move(*failure);
    auto start = journal.start_of(now_us * 1000 - kBeforeNs);
    if (auto* failure = std::get_if<Failure>(&start)) return std::move(*failure);
    return Cursor{std::get<0>(range).journal, std::get<0>(start)};
}

}  // namespace

Verb top_verb() {
    return {.name = "top",
            .purpose = "Watch the fleet on the full screen: sort, filter, drill in, send",
            .max_positionals = 0,
            .details =
                "Keys: q quit, Enter a device's page, / filter, Left and Right sort, r reverse, s send a\n"
                "command to the selected agent (typed, and confirmed by typing yes), ? help.\n"
                "Ctrl-C ends it with exit code 130, q and SIGTERM with 0.\n\n"
                "Example:\n"
                "  pncp-cli top"};
}

ExitCode run_top(const Call& call) {
    auto rows = ask_all<AgentsRequest, AgentsReply, AgentRow>(call);
    if (const auto* code = std::get_if<ExitCode>(&rows)) return *code;
    auto opened = open_link(call);
    if (const auto* code = std::get_if<ExitCode>(&opened)) return *code;
    auto start =
        place(*std::get<0>(opened), call.settings.duration_ms("broker.timeout"), call.world.wall_us());
    if (const auto* failure = std::get_if<Failure>(&start)) return report(call, *failure);
    std::get<0>(opened).reset();
    auto live = call.world.live(call.settings);
    if (const auto* failure = std::get_if<Failure>(&live)) return report(call, *failure);
    std::get<0>(live)->follow(std::get<0>(start));
    auto terminal = Terminal::open();
    if (!terminal) return report(call, ExitCode::usage, terminal.error());
    Top top(call, std::move(std::get<0>(live)), std::move(*terminal), std::move(std::get<0>(rows)));
    return top.run();
}

}  // namespace pncp::cli
