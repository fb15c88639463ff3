// Logs for tests, made without a broker.
#pragma once

#include <string>
#include <vector>

#include "broker/log_writer/log_record.hpp"
#include "schema/codec.hpp"
#include "schema/keys.hpp"
#include "tests/unit/schema/subscriber/fake_broker.hpp"

namespace pncp::log_writer {

/// Lines as a log writer named "log-writer" writes them, with anchors of the broker of test_master().
class LineMaker {
  public:
    LineMaker() { chain.cursor.journal[0] = 0xab; }

    void header() { lines.push_back(bare(header_line(chain.cursor.journal, "log-writer", 0, chain))); }
    void event(Event event) {
        lines.push_back(bare(event_line({chain.cursor.sequence + 1, std::move(event)}, chain)));
    }
    void events(std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) event(pncp::testing::test_event());
    }
    /// As the broker journals it for where the chain stands now.
    void anchor(const std::string& consumer = "log-writer") {
        anchor_event({consumer, chain.cursor.sequence, chain.hash, {}});
    }
    void anchor_event(AnchorBody body) {
        body.tag = anchor_tag(anchor_key(pncp::testing::test_master()), chain.cursor.journal, body.consumer,
                              body.sequence, body.hash);
        Event made;
        made.topic = make_topic(EventClass::audit, body.consumer);
        made.kind = EventKind::anchor;
        made.direction = Direction::subscriber_to_broker;
        made.body = encode(body);
        event(std::move(made));
    }

    static std::string bare(std::string line) {
        line.pop_back();
        return line;
    }

    ChainState chain;
    std::vector<std::string> lines;
};

/// The chain computed anew over lines that were changed: what somebody without the broker's key can do.
inline std::vector<std::string> chained_anew(std::vector<std::string> lines) {
    std::string before;
    for (std::string& line : lines) {
        const std::string key = line.starts_with("{\"pncp_log\"") ? "\"previous_hash\":\"" : ",\"prev\":\"";
        if (const std::size_t at = line.rfind(key); at != std::string::npos && !before.empty())
            line.replace(at + key.size(), 64, before);
        const std::size_t hash = line.rfind(",\"hash\":\"");
        if (hash == std::string::npos) continue;
        const std::string text = line.substr(0, hash) + "}";
        before = to_hex(sha256(view(text)));
        line = line.substr(0, hash) + ",\"hash\":\"" + before + "\"}";
    }
    return lines;
}

}  // namespace pncp::log_writer
