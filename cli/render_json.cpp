#include "cli/render_json.hpp"

#include <nlohmann/json.hpp>

#include "cli/text.hpp"

namespace pncp::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string dumped(const Json& value, JsonForm form) {
    const int indent = form == JsonForm::document ? 2 : -1;
    return value.dump(indent, ' ', true, Json::error_handler_t::replace) + "\n";
}

/// `rows` as {"name": [rows]} or one a line.
std::string listed(const char* name, const std::vector<Json>& rows, JsonForm form) {
    if (form == JsonForm::document) return dumped(Json{{name, rows}}, form);
    std::string out;
    for (const Json& row : rows) out += dumped(row, form);
    return out;
}

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
    into["targets"] = view.tally().total();
    into["counts"] = std::move(counts);
    into["exit_code"] = number(view.tally().exit_code());
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

std::string json_agents(const std::vector<AgentRow>& rows, JsonForm form) {
    std::vector<Json> out;
    for (const AgentRow& row : rows) {
        const bool seen = row.last_seen_us != 0;
        out.push_back({{"name", row.id},
                       {"state", row.state},
                       {"last_seen", seen ? Json(utc_text(row.last_seen_us)) : Json(nullptr)},
                       {"last_seen_us", seen ? Json(row.last_seen_us) : Json(nullptr)},
                       {"reason", row.reason},
                       {"version", row.version},
                       {"clock_offset_us", row.clock_offset_us},
                       {"clock_synced", row.clock_synced},
                       {"catalogue", row.catalogue},
                       {"model", row.model},
                       {"address", row.address},
                       {"tags", row.tags}});
    }
    return listed("agents", out, form);
}

std::string json_commands(const std::vector<CommandRow>& rows, JsonForm form) {
    std::vector<Json> out;
    for (const CommandRow& row : rows) {
        out.push_back(
            {{"name", row.name}, {"arguments", row.arguments}, {"agents", row.agents}, {"help", row.help}});
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
