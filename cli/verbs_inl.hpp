// The templates of verbs.hpp; included by it alone.
#pragma once

#include <algorithm>
#include <utility>

#include "cli/render_error.hpp"

namespace pncp::cli {

template <typename Wanted>
std::variant<Wanted, ExitCode> expect(const Call& call, std::variant<Reply, Failure> answer) {
    if (const auto* failure = std::get_if<Failure>(&answer)) return report(call, *failure);
    Reply& reply = std::get<Reply>(answer);
    if (auto* wanted = std::get_if<Wanted>(&reply)) return std::move(*wanted);
    if (const auto* error = std::get_if<ErrorReply>(&reply)) {
        call.world.console.err(render_error(*error));
        return error_exit_code(error->code);
    }
    return report(call, ExitCode::internal,
                  {"the broker answered with something else than what was asked for",
                   "check that broker and CLI have the same version"});
}

template <typename Wanted>
std::variant<Wanted, ExitCode> ask(const Call& call, BrokerLink& link, const Request& request) {
    return expect<Wanted>(call, link.call(request, call.settings.duration_ms("broker.timeout")));
}

template <typename PageRequest, typename Page, typename Row>
std::variant<std::vector<Row>, ExitCode> ask_all(const Call& call, PageRequest request) {
    auto link = open_link(call);
    if (const auto* code = std::get_if<ExitCode>(&link)) return *code;
    std::vector<Row> rows;
    do {
        auto page = ask<Page>(call, *std::get<0>(link), request);
        if (const auto* code = std::get_if<ExitCode>(&page)) return *code;
        Page& got = std::get<Page>(page);
        std::move(got.rows.begin(), got.rows.end(), std::back_inserter(rows));
        // Pages ascend by name; one that doesn't would have us ask for ever.
        if (!got.next.empty() && got.next <= request.after) break;
        request.after = std::move(got.next);
    } while (!request.after.empty());
    return rows;
}

}  // namespace pncp::cli
