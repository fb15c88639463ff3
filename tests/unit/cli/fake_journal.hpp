// A broker's journal for verbs: FETCH is answered from a list of events in small pages, everything else from
// the conversation's list.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "fake_world.hpp"
#include "schema/event_bodies.hpp"

namespace pncp::cli {

inline constexpr std::int64_t kSecond = 1'000'000'000;
/// The fake world's clock stands here.
inline constexpr std::int64_t kNowNs = 1'000'000'000'000'000'000;

struct FakeJournal {
    std::vector<FeedEvent> events;
    std::uint64_t oldest = 1;
    std::size_t page_rows = 4;
    std::size_t fetches = 0;

    template <typename Body>
    void add(EventClass event_class, EventKind kind, const std::string& name, std::int64_t time_ns,
             const Body& body) {
        FeedEvent event;
        event.seq = oldest + events.size();
        event.event.topic = make_topic(event_class, name);
        event.event.class_seq = event.seq;
        event.event.time_ns = time_ns;
        event.event.agent = event_class == EventClass::alert ? "" : name;
        event.event.direction = Direction::agent_to_broker;
        event.event.kind = kind;
        event.event.body = encode(body);
        events.push_back(std::move(event));
    }
    [[nodiscard]] FetchReply fetch(const FetchRequest& request) {
        ++fetches;
        FetchReply reply;
        reply.journal.fill(9);
        reply.oldest = events.empty() ? 0 : oldest;
        reply.head = events.empty() ? 0 : events.back().seq;
        reply.next = reply.head;
        const std::size_t limit = request.limit == 0 ? page_rows : std::min<std::size_t>(request.limit, 256);
        for (const FeedEvent& event : events) {
            if (event.seq <= request.after || !event.event.topic.starts_with(request.prefix)) continue;
            if (reply.rows.size() == limit) {
                reply.next = reply.rows.back().seq;
                break;
            }
            reply.rows.push_back({event.seq, encode(event.event)});
        }
        return reply;
    }
};

class FakeJournalLink final : public BrokerLink {
  public:
    FakeJournalLink(FakeJournal& journal, Conversation& conversation)
        : journal_(journal), others_(conversation) {}
    Answer call(const Request& request, std::int64_t timeout_ms) override {
        if (const auto* fetch = std::get_if<FetchRequest>(&request)) return Reply(journal_.fetch(*fetch));
        return others_.call(request, timeout_ms);
    }

  private:
    FakeJournal& journal_;
    FakeLink others_;
};

struct FakeJournalWorld : FakeWorld {
    FakeJournalWorld() {
        world.connect = [this](const Settings&) -> std::variant<std::unique_ptr<BrokerLink>, Failure> {
            return std::make_unique<FakeJournalLink>(journal, conversation);
        };
    }
    FakeJournal journal;
};

/// A sample with the main numbers.
[[nodiscard]] inline MetricsBody sample_of(double cpu, double temperature, bool under_voltage = false) {
    MetricsBody body;
    body.points.push_back({"cpu", {{"cpu", "cpu0"}}, {{"usage_active", cpu + 1}}});
    body.points.push_back(
        {"cpu", {{"cpu", "cpu-total"}}, {{"usage_active", cpu}, {"usage_idle", 100 - cpu}}});
    body.points.push_back({"mem", {}, {{"used_percent", 40.5}, {"total", std::int64_t{1000}}}});
    body.points.push_back({"disk", {{"path", "/boot"}}, {{"used_percent", 99.0}}});
    body.points.push_back({"disk", {{"path", "/"}}, {{"used_percent", 20.0}}});
    body.points.push_back({"system", {}, {{"load1", 0.31}, {"uptime", std::int64_t{3'600}}}});
    body.points.push_back({"temp", {{"sensor", "nvme"}}, {{"temp", temperature - 5}}});
    body.points.push_back({"temp", {{"sensor", "cpu-thermal"}}, {{"temp", temperature}}});
    body.points.push_back({"pi_throttled",
                           {},
                           {{"under_voltage", under_voltage},
                            {"under_voltage_since_boot", true},
                            {"frequency_capped", under_voltage}}});
    body.points.push_back({"pi_info", {}, {{"model", std::string("Pi 5")}}});
    return body;
}

}  // namespace pncp::cli
