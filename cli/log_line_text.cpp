#include "cli/log_line_text.hpp"

#include <map>
#include <nlohmann/json.hpp>

#include "schema/program/escape.hpp"

namespace pncp::cli {
namespace {

using Json = nlohmann::ordered_json;

/// Longest text of a content that is shown; the whole is in -o json.
constexpr std::size_t kTextBytes = 160;
constexpr std::size_t kAgentColumn = 12;
constexpr std::size_t kTypeColumn = 12;

std::string text(const Json& content, const char* key) {
    const auto at = content.find(key);
    if (at == content.end()) return "";
    return at->is_string() ? at->get<std::string>()
                           : at->dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// ": detail", or nothing.
std::string detail(const Json& content, const char* key) {
    const std::string said = text(content, key);
    return said.empty() ? "" : ": " + said;
}

std::string words(const Json& content, const char* key) {
    std::string all;
    for (const Json& word : content.value(key, Json::array()))
        all += " " + (word.is_string() ? word.get<std::string>() : word.dump());
    return all;
}

std::string metrics(const Json& content) {
    std::string all;
    std::string last;
    for (const Json& point : content.value("points", Json::array())) {
        const std::string name = text(point, "measurement");
        if (std::exchange(last, name) == name) continue;
        all += (all.empty() ? "" : " ") + name;
    }
    return std::to_string(content.value("points", Json::array()).size()) + " points: " + all;
}

std::string result(const Json& content) {
    const std::string outcome = text(content, "outcome");
    std::string said = text(content, "name") + " " + outcome;
    if (outcome == "finished") said += ", exit code " + text(content, "exit_code");
    if (outcome == "killed") said += " by signal " + text(content, "signal");
    if (content.value("duration_ms", 0) > 0)
        said += " (" + duration_text(content.value("duration_ms", 0)) + ")";
    return said + detail(content, "reason");
}

std::string range(const Json& content) { return text(content, "first") + " to " + text(content, "last"); }

using Sayer = std::string (*)(const Json&);
const std::map<std::string, Sayer, std::less<>>& sayers() {
    static const std::map<std::string, Sayer, std::less<>> table = {
        {"METRICS", metrics},
        {"OUTPUT",
         [](const Json& c) {
             return "std" + text(c, "stream") + " from byte " + text(c, "offset") + detail(c, "text");
         }},
        {"RESULT", result},
        {"GAP",
         [](const Json& c) { return "lost " + text(c, "stream") + " " + range(c) + detail(c, "reason"); }},
        {"FEED_GAP",
         [](const Json& c) { return "events " + range(c) + " are missing" + detail(c, "reason"); }},
        {"DEVICE_EVENT", [](const Json& c) { return text(c, "name") + detail(c, "detail"); }},
        {"STATUS",
         [](const Json& c) {
             return (c.value("connected", false) ? "connected" : "disconnected") + detail(c, "reason");
         }},
        {"COMMAND",
         [](const Json& c) {
             return text(c, "name") + words(c, "arguments") + ", by " + text(c, "operator");
         }},
        {"COMMAND_ACK", [](const Json& c) { return text(c, "state") + detail(c, "reason"); }},
        {"JOB",
         [](const Json& c) {
             return text(c, "name") + words(c, "arguments") + " to " + text(c, "target") + " (" +
                    text(c, "targets") + "), by " + text(c, "operator") +
                    (c.value("ended", false)         ? ": ended"
                     : text(c, "cancelled_by") != "" ? ": cancelled by " + text(c, "cancelled_by")
                                                     : "");
         }},
        {"JOB_TARGETS", [](const Json& c) { return "later:" + words(c, "names"); }},
        {"ALERT",
         [](const Json& c) {
             return text(c, "rule") + (c.value("active", false) ? ": " : " is over: ") + text(c, "text") +
                    detail(c, "value");
         }},
        {"AUDIT",
         [](const Json& c) {
             return text(c, "operator") + (c.value("allowed", false) ? " " : " was denied ") +
                    text(c, "action") + detail(c, "detail");
         }},
        {"SECURITY",
         [](const Json& c) {
             const std::string peer = text(c, "peer");
             return text(c, "count") + " frames refused: " + text(c, "refusal") +
                    (peer.empty() ? "" : ", " + peer);
         }},
        {"HELLO",
         [](const Json& c) { return text(c, "id") + " " + text(c, "version") + " " + text(c, "model"); }},
        {"READY", [](const Json&) { return std::string("session"); }},
        {"BYE",
         [](const Json& c) {
             return (c.value("all_acknowledged", false) ? "nothing left" : "rows left") + detail(c, "reason");
         }},
        {"CATALOGUE",
         [](const Json& c) {
             return std::to_string(c.value("entries", Json::array()).size()) + " commands";
         }},
        {"ANCHOR",
         [](const Json& c) { return text(c, "consumer") + " stands at event " + text(c, "sequence"); }},
    };
    return table;
}

Colour colour_of(const std::string& type, const Json& content) {
    if (type == "GAP" || type == "FEED_GAP" || type == "SECURITY") return Colour::red;
    if (type == "RESULT" && (text(content, "outcome") != "finished" || content.value("exit_code", 0) != 0))
        return Colour::yellow;
    if (type == "STATUS") return content.value("connected", false) ? Colour::green : Colour::yellow;
    return Colour::plain;
}

std::string padded(std::string word, std::size_t width) {
    if (word.size() < width) word.resize(width, ' ');
    return word;
}

}  // namespace

std::string log_line_text(std::string_view line, const Style& style) {
    const Json json = Json::parse(line, nullptr, false);
    if (!json.is_object() || !json.contains("type")) return "";
    try {
        const Json content = json.value("content", Json::object());
        const std::string type = text(json, "type");
        const auto sayer = sayers().find(type);
        std::string said = sayer == sayers().end()
                               ? content.dump(-1, ' ', false, Json::error_handler_t::replace)
                               : sayer->second(content);
        if (said.size() > kTextBytes) {
            std::size_t end = kTextBytes;
            while (end > 0 && (static_cast<unsigned char>(said[end]) & 0xC0U) == 0x80U) --end;
            said = said.substr(0, end) + " …";
        }
        std::string time = text(json, "time");
        // Milliseconds: "2026-01-31T12:00:00.123456789Z".
        if (time.size() == 30) time = time.substr(0, 23) + "Z";
        return coloured(style, Colour::dim, escape_controls(time)) + "  " +
               padded(escape_controls(text(json, "agent")), kAgentColumn) + "  " +
               coloured(style, colour_of(type, content), padded(escape_controls(type), kTypeColumn)) + "  " +
               escape_controls(said) + "\n";
    } catch (const Json::exception&) {
        // A field of another type than its name has: not written by a log writer.
        return "";
    }
}

}  // namespace pncp::cli
