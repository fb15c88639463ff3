// What the broker knows of each agent: its record, its spools' heads, its catalogue. Pure; one thread.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "broker/core/actions.hpp"
#include "broker/core/catalogues.hpp"
#include "broker/core/event_log.hpp"
#include "broker/core/peer_directory.hpp"
#include "schema/event_bodies.hpp"
#include "schema/metrics_walker.hpp"

namespace pncp::broker {

/// How far a spool has come: rows up to `pending` are accepted, up to `committed` durable and acknowledged.
struct SpoolProgress {
    StreamHeads committed;
    StreamHeads pending;
    StreamHeads told;  ///< the newest ACK, or READY, of the present session
};

struct AgentState {
    journal::AgentRecord record;  ///< without its catalogue, see as_kept()
    std::unordered_map<Id16, SpoolProgress, UniformHash> spools;
    std::shared_ptr<const KnownCatalogue> catalogue;  ///< nullptr = it has told none
    // As it last said of itself; not kept over a restart of the broker.
    std::string model;
    std::vector<std::string> tags;
    std::string address;
    std::int64_t said_boot_ms = 0;         ///< when a STATUS last told whether it is connected
    std::int64_t gone_boot_ms = 0;         ///< when its connection ended; 0 = before the broker began
    std::uint64_t ready_ticket = 0;        ///< of the commit that its READY waits for; 0 = none
    bool ack_waits = false;                ///< BrokerCore has noted when its next ACK goes out
    std::optional<double> temperature;     ///< °C, of its newest sample that had one
    std::optional<std::string> throttled;  ///< likewise: what is so now, joined by "+"

    /// The record as the journal keeps it.
    [[nodiscard]] journal::AgentRecord as_kept() const;
    [[nodiscard]] std::span<const CatalogueEntry> commands() const {
        return catalogue ? std::span<const CatalogueEntry>(catalogue->entries)
                         : std::span<const CatalogueEntry>();
    }
};

class AgentTable {
  public:
    explicit AgentTable(const journal::Recovered& recovered);
    AgentTable(const AgentTable&) = delete;
    AgentTable& operator=(const AgentTable&) = delete;

    /// The agent's state, made when it is new.
    [[nodiscard]] AgentState& of(const std::string& id);
    [[nodiscard]] const AgentState* find(const std::string& id) const;
    /// False when the bytes are no catalogue, or its hash is not that of its entries.
    bool set_catalogue(AgentState& agent, ByteView encoded);

    /// Each different one once.
    template <typename Visitor>
    void for_each_catalogue(Visitor&& visit) const {
        catalogues_.for_each(visit);
    }

    [[nodiscard]] std::map<std::string, AgentState>& all() { return agents_; }
    [[nodiscard]] const std::map<std::string, AgentState>& all() const { return agents_; }

  private:
    std::map<std::string, AgentState> agents_;
    std::unordered_map<std::string_view, AgentState*> by_id_;
    Catalogues catalogues_;
};

/// Turns a batch into events: rows that are new, in order, with a body of their kind. Moves the spool's
/// pending heads, and the bodies out of the batch. An empty result is no error: all of it was known, or it
/// stands behind a batch that is still missing.
[[nodiscard]] std::variant<std::vector<NewEvent>, Refusal> take_batch(Batch& batch, AgentState& agent,
                                                                      MetricsWalker& walker, const Now& now);

/// When a row was made, by the wall clock, in microseconds: its own time when its clock was set; else the
/// broker's receipt minus its age; else the receipt. Never a time in the future, never 1970.
[[nodiscard]] std::int64_t row_time_us(const Row& row, const Batch& batch, const Now& now);

}  // namespace pncp::broker
