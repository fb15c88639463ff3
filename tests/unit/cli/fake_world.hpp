// A world for verbs without a broker, a clock or a terminal: answers come from a list, words go into strings.
#pragma once

#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "cli/program.hpp"
#include "schema/codec.hpp"

namespace pncp::cli {

class FakeConsole final : public Console {
  public:
    void out(std::string_view text) override { out_text += text; }
    void err(std::string_view text) override { err_text += text; }
    [[nodiscard]] bool out_is_terminal() const override { return terminal; }
    [[nodiscard]] bool err_is_terminal() const override { return err_terminal; }
    [[nodiscard]] std::size_t err_columns() const override { return err_width; }
    [[nodiscard]] bool failed() const override { return broken; }

    std::string out_text;
    std::string err_text;
    bool terminal = false;
    bool err_terminal = false;
    std::size_t err_width = 80;
    bool broken = false;
};

using Answer = std::variant<Reply, Failure>;

struct Conversation {
    std::deque<Answer> answers;
    std::vector<Request> asked;
    std::optional<Failure> no_link;
};

class FakeLink final : public BrokerLink {
  public:
    explicit FakeLink(Conversation& conversation) : conversation_(conversation) {}
    Answer call(const Request& request, std::int64_t /*timeout_ms*/) override {
        conversation_.asked.push_back(request);
        if (conversation_.answers.empty())
            return Failure{ExitCode::internal, {"the test has no more answers", {}}};
        Answer next = std::move(conversation_.answers.front());
        conversation_.answers.pop_front();
        return next;
    }

  private:
    Conversation& conversation_;
};

/// Random bytes are all 7, so a job's id is known.
inline constexpr std::string_view kFakeJobText = "07070707070707070707070707070707";
[[nodiscard]] inline Id16 fake_job() {
    Id16 job;
    job.fill(7);
    return job;
}

struct FakeWorld {
    FakeConsole console;
    Conversation conversation;
    std::int64_t now_ms = 0;
    World world{
        .console = console,
        .connect = [this](const Settings&) -> std::variant<std::unique_ptr<BrokerLink>, Failure> {
            if (conversation.no_link) return *conversation.no_link;
            return std::make_unique<FakeLink>(conversation);
        },
        .random_bytes = [](std::span<std::uint8_t> bytes) { std::fill(bytes.begin(), bytes.end(), 7); },
        .wall_us = [] { return std::int64_t{1'000'000'000'000'000}; },
        .boottime_ms = [this] { return now_ms += 1'000; },
        .place = {},
        .user = "anna",
        .no_color = false};

    ExitCode run(std::vector<const char*> arguments) {
        arguments.insert(arguments.begin(), "pncp-cli");
        const Surroundings nowhere{.environment = {}, .config_dir = "/nonexistent"};
        return cli::run(static_cast<int>(arguments.size()), arguments.data(), world, nowhere);
    }
};

// --- events of a job
// --------------------------------------------------------------------------------------------------

template <typename Body>
[[nodiscard]] EventRow event_row(EventKind kind, const std::string& agent, const Body& body) {
    Event event;
    event.topic = make_topic(EventClass::result, agent);
    event.class_seq = 1;
    event.time_ns = 1'000'000'000'123'000'000;
    event.agent = agent;
    event.direction = Direction::agent_to_broker;
    event.kind = kind;
    event.body = encode(body);
    return {1, encode(event)};
}

[[nodiscard]] inline EventRow command_row(const std::string& agent, const Id16& job = fake_job()) {
    CommandBody body;
    body.job = job;
    body.name = "lslogs";
    body.arguments = {"-l"};
    return event_row(EventKind::command, agent, body);
}

[[nodiscard]] inline EventRow output_row(const std::string& agent, std::uint64_t offset,
                                         std::string_view bytes, OutputStream stream = OutputStream::out) {
    OutputBody body;
    body.stream = stream;
    body.offset = offset;
    body.bytes = to_bytes(view(bytes));
    return event_row(EventKind::output, agent, body);
}

[[nodiscard]] inline ResultBody result_body(Outcome outcome, std::string_view out = {}) {
    ResultBody body;
    body.name = "lslogs";
    body.outcome = outcome;
    body.duration_ms = 12;
    body.out = to_bytes(view(out));
    body.out_bytes = out.size();
    return body;
}

[[nodiscard]] inline EventRow result_row(const std::string& agent, const ResultBody& body) {
    return event_row(EventKind::result, agent, body);
}

[[nodiscard]] inline JobReply page(std::uint64_t targets, std::vector<EventRow> rows, bool ended = false) {
    JobReply reply;
    reply.job = fake_job();
    reply.targets = targets;
    reply.ended = ended;
    reply.next = 99;
    reply.rows = std::move(rows);
    return reply;
}

}  // namespace pncp::cli
