#include "cli/agent.hpp"

#include <algorithm>
#include <array>

#include "cli/agent_report.hpp"
#include "cli/journal_reader.hpp"
#include "schema/codec.hpp"
#include "schema/names.hpp"
#include "schema/program/escape.hpp"

namespace pncp::cli {
namespace {

constexpr std::int64_t kSecondNs = 1'000'000'000;
/// The last sample stands in here, however slowly an agent samples (10 minutes are the longest interval that
/// makes sense), and one that is late by as much.
constexpr std::int64_t kSampleNs = 600 * kSecondNs;

/// Rows of a list that comes in pages, asked for over a link that is there.
template <typename Page, typename PageRequest>
std::variant<decltype(Page::rows), ExitCode> pages(const Call& call, BrokerLink& link, PageRequest request) {
    decltype(Page::rows) rows;
    do {
        auto got = ask<Page>(call, link, request);
        if (const auto* code = std::get_if<ExitCode>(&got)) return *code;
        Page& page = std::get<Page>(got);
        std::move(page.rows.begin(), page.rows.end(), std::back_inserter(rows));
        if (page.next <= request.after) break;
        request.after = std::move(page.next);
    } while (!request.after.empty());
    return rows;
}

/// What the journal tells: samples from shortly before the last signal, everything else from `since_ns`.
std::optional<Failure> read_history(JournalReader& journal, AgentReport& report, std::int64_t since_ns) {
    const std::string& id = report.row.id;
    auto start = journal.start_of(since_ns);
    if (auto* failure = std::get_if<Failure>(&start)) return std::move(*failure);
    const auto take = [&](FeedEvent&& event) {
        if (event.event.agent == id) report.history.take(event);
        return true;
    };
    for (const EventClass each :
         {EventClass::status, EventClass::event, EventClass::command, EventClass::result}) {
        auto end = journal.read(make_topic(each, id), std::get<0>(start), take);
        if (auto* failure = std::get_if<Failure>(&end)) return std::move(*failure);
    }
    const auto alert = [&](FeedEvent&& event) {
        const auto body = decode<AlertBody>(event.event.body);
        if (body && body->agent == id) report.history.take(event);
        return true;
    };
    auto alerts = journal.read("alert/", std::get<0>(start), alert);
    if (auto* failure = std::get_if<Failure>(&alerts)) return std::move(*failure);

    const std::int64_t last_ns = report.row.last_seen_us * 1000;
    auto first = journal.start_of(last_ns - kSampleNs);
    if (auto* failure = std::get_if<Failure>(&first)) return std::move(*failure);
    auto samples_end = journal.start_of(last_ns + kSampleNs);
    if (auto* failure = std::get_if<Failure>(&samples_end)) return std::move(*failure);
    auto end = journal.read(make_topic(EventClass::metrics, id), std::get<0>(first), take,
                            std::max(std::get<0>(samples_end), std::get<0>(first)));
    if (auto* failure = std::get_if<Failure>(&end)) return std::move(*failure);
    return std::nullopt;
}

}  // namespace

std::variant<AgentRow, ExitCode> find_agent(const Call& call, BrokerLink& link, const std::string& id) {
    auto rows = pages<AgentsReply>(call, link, AgentsRequest{.after = {}, .target = id});
    if (const auto* code = std::get_if<ExitCode>(&rows)) return *code;
    for (AgentRow& row : std::get<0>(rows))
        if (row.id == id) return std::move(row);
    return report(call, ExitCode::usage, {"no agent is called " + id, "see: pncp-cli agents"});
}

Verb agent_verb() {
    return {.name = "agent",
            .purpose = "Show everything known of one agent, and why it is offline",
            .usage = "NAME",
            .settings = {{.key = "period",
                          .kind = Kind::duration,
                          .default_text = "1d",
                          .help = "How far before its last signal events are looked for.",
                          .min = 1000},
                         {.key = "events",
                          .kind = Kind::integer,
                          .default_text = "10",
                          .help = "How many of them to show.",
                          .min = 0,
                          .max = 10'000},
                         {.key = "output",
                          .default_text = "text",
                          .help = "For people, or as one JSON document: json over several lines, jsonl in "
                                  "one.",
                          .choices = {"text", "json", "jsonl"},
                          .letter = 'o'}},
            .max_positionals = 1,
            .details =
                "Last signal, clean goodbye or not, temperature, under-voltage and throttling shortly\n"
                "before; the last sample, events, commands that have not ended, what it offers.\n"
                "All of it comes from the broker and its journal.\n\n"
                "Example:\n"
                "  pncp-cli agent pi-1"};
}

ExitCode run_agent(const Call& call) {
    if (call.words.empty()) return usage_error(call, "agent", "say which agent; see: pncp-cli agents");
    const std::string& id = call.words.front();
    if (!valid_id(id))
        return usage_error(
            call, "agent",
            escape_controls(id) + " is no agent's name; for several see: pncp-cli agents --to");
    auto opened = open_link(call);
    if (const auto* code = std::get_if<ExitCode>(&opened)) return *code;
    BrokerLink& link = *std::get<0>(opened);
    auto row = find_agent(call, link, id);
    if (const auto* code = std::get_if<ExitCode>(&row)) return *code;
    AgentReport answer{.row = std::move(std::get<AgentRow>(row)),
                       .commands = {},
                       .history = AgentHistory(static_cast<std::size_t>(call.settings.integer("events"))),
                       .now_us = call.world.wall_us()};
    if (answer.row.state != "never") {
        auto commands = pages<CommandsReply>(call, link, CommandsRequest{.after = {}, .agent = id});
        if (const auto* code = std::get_if<ExitCode>(&commands)) return *code;
        answer.commands = std::move(std::get<0>(commands));
        JournalReader journal(link, call.settings.duration_ms("broker.timeout"));
        const std::int64_t period_ns = call.settings.duration_ms("period") * 1'000'000;
        const auto failure = read_history(journal, answer, answer.row.last_seen_us * 1000 - period_ns);
        if (failure) return report(call, *failure);
    }
    const std::string& form = call.settings.text("output");
    call.world.console.out(form == "json"    ? json_agent_report(answer, JsonForm::document)
                           : form == "jsonl" ? json_agent_report(answer, JsonForm::lines)
                                             : render_agent(answer, style_of(call)));
    return ExitCode::ok;
}

}  // namespace pncp::cli
