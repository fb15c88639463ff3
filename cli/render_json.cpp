#include "cli/render_json.hpp"

#include <algorithm>

#include "cli/json_out.hpp"
#include "cli/text.hpp"

namespace pncp::cli {
namespace {

std::string base64(std::string_view bytes) {
    static constexpr std::string_view kDigits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        std::uint32_t group = 0;
        const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
        for (std::size_t k = 0; k < 3; ++k)
            group = (group << 8U) | (k < count ? static_cast<unsigned char>(bytes[i + k]) : 0U);
        for (std::size_t k = 0; k < 4; ++k)
            out += k <= count ? kDigits[(group >> (18U - 6U * k)) & 63U] : '=';
    }
    return out;
}

/// The library's own check is the one that decides what is replaced when it is printed.
bool is_utf8(const std::string& text) {
    try {
        static_cast<void>(Json(text).dump());
        return true;
    } catch (const Json::type_error&) {
        return false;
    }
}

void add_stream(Json& into, const std::string& name, const std::string& text) {
    into[name] = text;
    if (!is_utf8(text)) into[name + "_base64"] = base64(text);
}

void add_result(Json& into, const Ending& ending) {
    const bool ran = ending.verdict == Verdict::ok || ending.verdict == Verdict::failed;
    into["agent"] = ending.agent;
    into["outcome"] = verdict_name(ending.verdict);
    into["exit_code"] = ran && ending.signal == 0 ? Json(ending.exit_code) : Json(nullptr);
    into["signal"] = ending.signal == 0 ? Json(nullptr) : Json(ending.signal);
    into["duration_ms"] = ending.duration_ms;
    into["reason"] = ending.reason;
    add_stream(into, "stdout", ending.out.text);
    add_stream(into, "stderr", ending.err.text);
    into["truncated"] = ending.truncated;
    into["missing_bytes"] = ending.out.missing_bytes() + ending.err.missing_bytes();
    into["time"] = ending.time_ns == 0 ? Json(nullptr) : Json(utc_text(ending.time_ns / 1000));
    into["last_seen"] = json_time(ending.last_seen_us);
}

void add_summary(Json& into, const JobView& view) {
    Json counts = Json::object();
    for (std::size_t i = 0; i < kVerdicts; ++i) {
        const auto verdict = static_cast<Verdict>(i);
        counts[std::string(verdict_name(verdict))] = view.tally().of(verdict);
    }
    into["job"] = to_hex(view.job());
    into["command"] = view.command();
    into["arguments"] = view.arguments();
    into["targets"] = view.tally().total() + view.open();
    into["open"] = view.open();
    into["counts"] = std::move(counts);
    into["exit_code"] = number(view.tally().exit_code(view.open()));
}

}  // namespace

std::string json_result_line(const Ending& ending) {
    Json line{{"type", "result"}};
    add_result(line, ending);
    return dumped(line, JsonForm::lines);
}

std::string json_summary_line(const JobView& view) {
    Json line{{"type", "summary"}};
    add_summary(line, view);
    return dumped(line, JsonForm::lines);
}

std::string json_job(const JobView& view, const std::vector<Ending>& endings) {
    Json whole = Json::object();
    add_summary(whole, view);
    Json results = Json::array();
    for (const Ending& ending : endings) {
        Json result = Json::object();
        add_result(result, ending);
        results.push_back(std::move(result));
    }
    whole["results"] = std::move(results);
    return dumped(whole, JsonForm::document);
}

std::string json_targets(const std::vector<TargetRow>& rows, JsonForm form) {
    std::vector<Json> out;
    for (const TargetRow& row : rows)
        out.push_back({{"agent", row.id}, {"state", row.state}, {"denied", row.denied}});
    if (form == JsonForm::lines) return listed("targets", out, form);
    Json counts = Json::object();
    for (const char* state : {"online", "stale", "offline", "never"})
        counts[state] =
            std::count_if(rows.begin(), rows.end(), [&](const TargetRow& row) { return row.state == state; });
    counts["denied"] =
        std::count_if(rows.begin(), rows.end(), [](const TargetRow& row) { return row.denied; });
    return dumped(Json{{"targets", out}, {"counts", std::move(counts)}}, form);
}

std::string json_sent(const SendReply& reply, JsonForm form) {
    return dumped(Json{{"job", to_hex(reply.job)}, {"targets", reply.targets}, {"attached", reply.attached}},
                  form);
}

std::string json_cancel(const CancelReply& reply, JsonForm form) {
    return dumped(Json{{"job", to_hex(reply.job)},
                       {"withdrawn", reply.withdrawn},
                       {"told", reply.told},
                       {"ended", reply.ended}},
                  form);
}

std::string json_commands(const std::vector<CommandRow>& rows, JsonForm form) {
    std::vector<Json> out;
    for (const CommandRow& row : rows) {
        out.push_back({{"name", row.name},
                       {"arguments", row.arguments},
                       {"agents", row.agents},
                       {"help", row.help},
                       {"tags", row.tags},
                       {"variants", row.variants}});
    }
    return listed("commands", out, form);
}

std::string json_status(const std::vector<StatusRow>& rows, JsonForm form) {
    if (form == JsonForm::document) {
        Json values = Json::object();
        for (const StatusRow& row : rows) values[row.name] = row.value;
        return dumped(Json{{"status", std::move(values)}}, form);
    }
    std::vector<Json> out;
    for (const StatusRow& row : rows) out.push_back({{"name", row.name}, {"value", row.value}});
    return listed("status", out, form);
}

std::string json_keys(const std::vector<KeyRow>& rows, JsonForm form) {
    std::vector<Json> out;
    for (const KeyRow& row : rows) {
        out.push_back({{"id", row.id},
                       {"role", role_name(row.role)},
                       {"generation", row.generation},
                       {"revoked", row.revoked},
                       {"connected", row.connected},
                       {"previous", row.previous},
                       {"used", row.used},
                       {"address", row.address},
                       {"fingerprint", row.fingerprint}});
    }
    return listed("keys", out, form);
}

std::string json_key_file(const KeyFile& file, const std::string& fingerprint, JsonForm form) {
    const Json whole{{"id", file.peer.id},
                     {"role", role_name(file.peer.role)},
                     {"generation", file.peer.generation},
                     {"fingerprint", fingerprint},
                     {"broker", to_hex(file.broker)},
                     {"agents", file.agents},
                     {"control", file.control},
                     {"feed", file.feed}};
    return dumped(whole, form);
}

}  // namespace pncp::cli
