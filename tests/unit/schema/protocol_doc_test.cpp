// schema/PROTOCOL.md against the code: every message's keys and types, every number, name and limit. A
// document that drifts fails here.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "schema/limits.hpp"
#include "schema/message_fields.hpp"

namespace pncp {
namespace {

using Cells = std::vector<std::string>;

std::string read_source(const std::string& path) {
    const std::ifstream file(std::string(PNCP_SOURCE_DIR) + "/" + path);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

std::string without_ticks(std::string text) {
    std::erase(text, '`');
    const auto first = text.find_first_not_of(' ');
    if (first == std::string::npos) return "";
    return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

/// The document, cut at its headings: the title (without # and `) and the lines below it.
class Document {
  public:
    Document() {
        std::istringstream lines(read_source("schema/PROTOCOL.md"));
        std::string line;
        bool code = false;
        while (std::getline(lines, line)) {
            if (line.starts_with("```")) code = !code;
            const auto text = line.find_first_not_of('#');
            if (!code && text != 0 && text != std::string::npos)
                sections_.emplace_back(without_ticks(line.substr(text)), std::vector<std::string>{});
            else if (!sections_.empty())
                sections_.back().second.push_back(line);
        }
    }

    /// The one section of this title; empty and a failure when there is none or more than one.
    [[nodiscard]] std::vector<std::string> section(const std::string& title) const {
        std::vector<std::string> found;
        int count = 0;
        for (const auto& [name, lines] : sections_)
            if (name == title) {
                found = lines;
                ++count;
            }
        EXPECT_EQ(count, 1) << "PROTOCOL.md needs one section called: " << title;
        return found;
    }

    /// The cells of the section's table, without its head.
    [[nodiscard]] std::vector<Cells> table(const std::string& title) const {
        std::vector<Cells> rows;
        for (const std::string& line : section(title)) {
            if (!line.starts_with("|")) continue;
            Cells cells;
            std::istringstream rest(line.substr(1));
            std::string cell;
            while (std::getline(rest, cell, '|')) cells.push_back(without_ticks(cell));
            rows.push_back(std::move(cells));
        }
        if (rows.size() >= 2) rows.erase(rows.begin(), rows.begin() + 2);
        return rows;
    }

    [[nodiscard]] std::vector<std::string> column(const std::string& title, std::size_t index) const {
        std::vector<std::string> cells;
        for (const Cells& row : table(title)) cells.push_back(index < row.size() ? row[index] : "");
        return cells;
    }

  private:
    std::vector<std::pair<std::string, std::vector<std::string>>> sections_;
};

const Document& document() {
    static const Document loaded;
    return loaded;
}

// --- what a member's type is called in the document --------------------------------------------------

template <typename T>
struct TypeName {
    static std::string text() {
        if constexpr (HasFields<T>)
            return Fields<T>::name;
        else
            return std::string(std::is_signed_v<T> ? "i" : "u") + std::to_string(8 * sizeof(T));
    }
};
#define PNCP_TYPE_NAME(Type, name)                 \
    template <>                                    \
    struct TypeName<Type> {                        \
        static std::string text() { return name; } \
    };
PNCP_TYPE_NAME(bool, "bool")
PNCP_TYPE_NAME(std::string, "str")
PNCP_TYPE_NAME(Bytes, "bin")
PNCP_TYPE_NAME(Id16, "bin 16")
PNCP_TYPE_NAME(Key32, "bin 32")
PNCP_TYPE_NAME(Point, "point")
PNCP_TYPE_NAME(Role, "role")
PNCP_TYPE_NAME(Stream, "stream")
PNCP_TYPE_NAME(RowKind, "row kind")
PNCP_TYPE_NAME(CommandState, "command state")
PNCP_TYPE_NAME(OutputStream, "output stream")
PNCP_TYPE_NAME(Outcome, "outcome")
PNCP_TYPE_NAME(Direction, "direction")
PNCP_TYPE_NAME(EventKind, "event kind")
PNCP_TYPE_NAME(ErrorCode, "error code")
#undef PNCP_TYPE_NAME
template <typename T>
requires(!std::is_same_v<T, std::uint8_t>) struct TypeName<std::vector<T>> {
    static std::string text() { return "array of " + TypeName<T>::text(); }
};
template <typename T>
struct TypeName<std::optional<T>> {
    static std::string text() { return TypeName<T>::text() + ", optional"; }
};

template <typename Message>
std::vector<Cells> keys_and_types() {
    std::vector<Cells> rows;
    std::apply(
        [&](const auto&... each) {
            (rows.push_back(
                 {each.key, TypeName<std::remove_cvref_t<decltype(Message{}.*each.member)>>::text()}),
             ...);
        },
        Fields<Message>::list);
    return rows;
}

/// Requests and replies share names, so their headings say which they are.
template <typename Message>
void expect_documented(const std::string& prefix, std::size_t& messages) {
    ++messages;
    const std::string title = prefix + Fields<Message>::name;
    std::vector<Cells> documented = document().table(title);
    for (Cells& row : documented) row.resize(2);
    EXPECT_EQ(documented, keys_and_types<Message>()) << "the table of: " << title;

    const auto lines = document().section(title);
    const std::string opening = lines.empty() ? "" : lines.front();
    if constexpr (Fields<Message>::as_array) {
        const auto size = std::tuple_size_v<std::remove_cvref_t<decltype(Fields<Message>::list)>>;
        EXPECT_TRUE(opening.starts_with("An array of " + std::to_string(size))) << title << ": " << opening;
    } else {
        EXPECT_TRUE(opening.starts_with("A map")) << title << ": " << opening;
    }
}

template <typename... Messages>
void expect_all(const std::string& prefix, std::size_t& messages) {
    (expect_documented<Messages>(prefix, messages), ...);
}
template <typename... Options>
void expect_verbs(const std::variant<Options...>*, const std::string& prefix, std::size_t& messages) {
    expect_all<Options...>(prefix, messages);
}

std::size_t occurrences(const std::string& text, const std::string& word) {
    std::size_t count = 0;
    for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++count;
    return count;
}

TEST(ProtocolDocument, EveryMessageHasATableOfItsKeysAndTypesInOrder) {
    std::size_t messages = 0;
    expect_all<StreamHeads, Hello, Challenge, Auth, Ready, NoSession, Batch, Row, Catalogue, CatalogueEntry,
               CommandAck, Heartbeat, Bye, Ack, Command, Rekey, Cancel>("", messages);
    expect_all<MetricsBody, OutputBody, ResultBody, GapBody, DeviceEventBody, StatusBody, CommandBody,
               JobBody, JobTargetsBody, Rollout, AlertBody, CommandAckBody, AuditBody, SecurityBody,
               AnchorBody, FeedHeartbeat, Event>("", messages);
    expect_all<EventRow, AgentRow, CommandRow, StatusRow, KeyRow, TargetRow>("", messages);
    expect_verbs(static_cast<const Request*>(nullptr), "REQUEST ", messages);
    expect_verbs(static_cast<const Reply*>(nullptr), "REPLY ", messages);

    // No message escapes the list above: each opens one of these in the table of fields.
    const std::string fields = read_source("schema/message_fields.hpp");
    const std::size_t known = occurrences(fields, "\nPNCP_FIELDS(") + occurrences(fields, "\nPNCP_ROW(") +
                              occurrences(fields, "\nstruct Fields<");
    EXPECT_EQ(messages, known);
}

// --- names and numbers -------------------------------------------------------------------------------

using Names = std::vector<std::string>;

void expect_numbered(const std::string& title, const Names& names) {
    EXPECT_EQ(document().column(title, 1), names) << title;
    Names numbers;
    for (std::size_t i = 1; i <= names.size(); ++i) numbers.push_back(std::to_string(i));
    EXPECT_EQ(document().column(title, 0), numbers) << title;
}

/// The names of an enum's values from `first` on, until one has none.
template <typename Enum>
Names named(std::string_view (*name)(Enum), std::size_t first, std::size_t last) {
    Names names;
    for (std::size_t i = first; i <= last; ++i) names.emplace_back(name(static_cast<Enum>(i)));
    return names;
}
template <typename Enum>
Names named_until(std::string_view (*name)(Enum), std::string_view none) {
    Names names;
    for (std::size_t i = 1; name(static_cast<Enum>(i)) != none; ++i)
        names.emplace_back(name(static_cast<Enum>(i)));
    return names;
}

TEST(ProtocolDocument, EveryFrameTypeAndDirectionHasItsNumber) {
    expect_numbered("Frame types", named(frame_type_name, 1, static_cast<std::size_t>(kLastFrameType)));
    expect_numbered("Directions", named(direction_name, 1, static_cast<std::size_t>(kLastDirection)));
}

TEST(ProtocolDocument, EveryRefusalIsListedInTheOrderOfTheCode) {
    EXPECT_EQ(document().column("Refusals", 0), named(refusal_name, 0, kRefusals - 1));
}

TEST(ProtocolDocument, EveryEventKindAndClassIsListed) {
    expect_numbered("Event kinds", named_until(event_kind_name, "UNKNOWN"));
    EXPECT_EQ(document().column("11. Feed", 0), named(event_class_name, 0, kEventClasses - 1));
}

TEST(ProtocolDocument, EveryEnumerationHasItsNumbers) {
    expect_numbered("Roles", named_until(role_name, "unknown"));
    expect_numbered("Outcomes", named(outcome_name, 1, static_cast<std::size_t>(Outcome::killed)));
    // These have no names in the code; the numbers are held to them here.
    static_assert(Stream::metrics == Stream{1} && Stream::results == Stream{2});
    expect_numbered("Streams", {"metrics", "results"});
    static_assert(RowKind::metrics == RowKind{1} && RowKind::output == RowKind{2} &&
                  RowKind::result == RowKind{3} && RowKind::gap == RowKind{4} &&
                  RowKind::device_event == RowKind{5});
    expect_numbered("Row kinds", {"metrics", "output", "result", "gap", "device_event"});
    static_assert(CommandState::running == CommandState{1} && CommandState::queued == CommandState{2} &&
                  CommandState::refused == CommandState{3} && CommandState::known == CommandState{4});
    expect_numbered("Command states", {"running", "queued", "refused", "known"});
    static_assert(OfflineTargets::include == OfflineTargets{1} && OfflineTargets::skip == OfflineTargets{2} &&
                  OfflineTargets::fail == OfflineTargets{3});
    expect_numbered("Offline targets", {"include", "skip", "fail"});
    static_assert(OutputStream::out == OutputStream{1} && OutputStream::err == OutputStream{2});
    expect_numbered("Output streams", {"out", "err"});
    static_assert(ErrorCode::malformed == ErrorCode{1} && ErrorCode::unknown_command == ErrorCode{2} &&
                  ErrorCode::unknown_agent == ErrorCode{3} && ErrorCode::no_target == ErrorCode{4} &&
                  ErrorCode::denied == ErrorCode{5} && ErrorCode::unknown_job == ErrorCode{6} &&
                  ErrorCode::overload == ErrorCode{7} && ErrorCode::journal == ErrorCode{8} &&
                  ErrorCode::exists == ErrorCode{9} && ErrorCode::unknown_peer == ErrorCode{10});
    expect_numbered("Error codes", {"malformed", "unknown_command", "unknown_agent", "no_target", "denied",
                                    "unknown_job", "overload", "journal", "exists", "unknown_peer"});
}

// --- limits ------------------------------------------------------------------------------------------

/// 65536 → "65,536".
std::string grouped(std::uint64_t value) {
    std::string digits = std::to_string(value);
    for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3)
        digits.insert(static_cast<std::size_t>(at), 1, ',');
    return digits;
}

#define PNCP_LIMIT(name) \
    Cells { #name, grouped(static_cast <std::uint64_t>(limits::name)) }
std::vector<Cells> all_limits() {
    return {PNCP_LIMIT(kFrameBytes),
            PNCP_LIMIT(kHeaderBytes),
            PNCP_LIMIT(kTagBytes),
            PNCP_LIMIT(kPayloadBytes),
            PNCP_LIMIT(kAgentParts),
            PNCP_LIMIT(kControlParts),
            PNCP_LIMIT(kArrayItems),
            PNCP_LIMIT(kMapItems),
            PNCP_LIMIT(kStringBytes),
            PNCP_LIMIT(kBinaryBytes),
            PNCP_LIMIT(kExtensionBytes),
            PNCP_LIMIT(kDepth),
            PNCP_LIMIT(kRowBodyBytes),
            PNCP_LIMIT(kOutputRowBytes),
            PNCP_LIMIT(kBatchRows),
            PNCP_LIMIT(kPageRows),
            PNCP_LIMIT(kPageBytes),
            PNCP_LIMIT(kBatchesInFlight),
            PNCP_LIMIT(kPendingHandshakes),
            PNCP_LIMIT(kPendingHandshakesPerId),
            PNCP_LIMIT(kHandshakeTimeoutMs),
            PNCP_LIMIT(kHelloBurst),
            PNCP_LIMIT(kHelloEveryMs),
            PNCP_LIMIT(kSessionsPerOperator),
            PNCP_LIMIT(kTags),
            PNCP_LIMIT(kTagTextBytes),
            PNCP_LIMIT(kControlIdleMs),
            PNCP_LIMIT(kBadFramesPerMinute),
            PNCP_LIMIT(kIgnoreMs),
            PNCP_LIMIT(kWatchedConnections),
            PNCP_LIMIT(kConnectionBurst),
            PNCP_LIMIT(kConnectionEveryMs),
            PNCP_LIMIT(kRotationGraceMs),
            PNCP_LIMIT(kAnchorsChecked),
            PNCP_LIMIT(kHeartbeatMs),
            PNCP_LIMIT(kHeartbeatAnswerMs),
            PNCP_LIMIT(kStaleMs),
            PNCP_LIMIT(kOfflineMs),
            PNCP_LIMIT(kBrokerSilentMs),
            PNCP_LIMIT(kAckTimeoutMs),
            PNCP_LIMIT(kCommandArguments),
            PNCP_LIMIT(kArgumentBytes),
            PNCP_LIMIT(kRequestTextBytes),
            PNCP_LIMIT(kCommandOutputBytes),
            PNCP_LIMIT(kCommandsQueued),
            PNCP_LIMIT(kCommandsRemembered),
            PNCP_LIMIT(kCatalogueEntries),
            PNCP_LIMIT(kLongPolls),
            PNCP_LIMIT(kCommandTimeoutMs),
            PNCP_LIMIT(kCommandTimeoutMaxMs),
            PNCP_LIMIT(kJobsRemembered),
            PNCP_LIMIT(kTargetsRemembered),
            PNCP_LIMIT(kLongPollMs),
            PNCP_LIMIT(kJobsOpen),
            PNCP_LIMIT(kTargetsOpen),
            PNCP_LIMIT(kDeliverByMaxMs),
            PNCP_LIMIT(kRolloutPauseMaxMs),
            PNCP_LIMIT(kFeedHeartbeatMs),
            PNCP_LIMIT(kFeedSendHwm),
            PNCP_LIMIT(kSubscriberHeld),
            PNCP_LIMIT(kDurableConsumers),
            PNCP_LIMIT(kSubscriptionBytes),
            PNCP_LIMIT(kSubscriptionBurst),
            PNCP_LIMIT(kSubscriptionEveryMs),
            PNCP_LIMIT(kSubscriptions),
            PNCP_LIMIT(kSpoolBytes),
            PNCP_LIMIT(kJournalQueueRows),
            PNCP_LIMIT(kGroupWaitMs)};
}
#undef PNCP_LIMIT

/// The constants that the header declares, in order.
Names declared_limits() {
    Names names;
    std::istringstream lines(read_source("schema/limits.hpp"));
    std::string line;
    while (std::getline(lines, line)) {
        const auto equals = line.find(" = ");
        if (!line.starts_with("inline constexpr ") || equals == std::string::npos) continue;
        const auto space = line.rfind(' ', equals - 1);
        names.push_back(line.substr(space + 1, equals - space - 1));
    }
    return names;
}

TEST(ProtocolDocument, EveryLimitStandsThereWithItsValue) {
    std::vector<Cells> documented = document().table("14. Limits");
    for (Cells& row : documented) {
        EXPECT_FALSE(row.size() < 3 || row[2].empty()) << row.front() << " needs its reason";
        row.resize(2);
    }
    EXPECT_EQ(documented, all_limits());
    EXPECT_EQ(document().column("14. Limits", 0), declared_limits())
        << "limits.hpp has others than this test";
}

// --- bytes -------------------------------------------------------------------------------------------

TEST(ProtocolDocument, TheHeaderTableAddsUpToTheHeaderOfTheCode) {
    std::size_t offset = 0;
    for (const Cells& row : document().table("4. Frame")) {
        if (row[0] != std::to_string(offset) || row[1] == "n") break;
        offset += std::stoul(row[1]);
    }
    EXPECT_EQ(offset, limits::kHeaderBytes);
}

TEST(ProtocolDocument, EveryLabelThatKeysAreDerivedWithStandsThere) {
    const std::string text = read_source("schema/PROTOCOL.md");
    for (const char* label :
         {"\"PNCP/1\"", "\"broker|curve\"", "\"feed|\" epoch:u64", "\"peer|\" role \"|\" generation:u16",
          "\"handshake|up\"", "\"handshake|down\"", "\"curve\"", "\"session|up|\"", "\"session|down|\"",
          "\"session-id\\|\"", "\"command\\|\""})
        EXPECT_NE(text.find(label), std::string::npos) << label;
}

}  // namespace
}  // namespace pncp
