// What the agent decides: when to sample, what to send, which command to run. (event, now) -> actions. Pure:
// no socket, clock, thread, file or random source; the loop in agent/app reads the clock, draws nonces and
// performs the actions. One thread. Actions are performed in order; those that an answer to one of them
// brings (on_sample, on_command_finished) come after all that wait already, because frames bear numbers from
// the moment they are made.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "agent/core/actions.hpp"
#include "agent/core/command_memory.hpp"
#include "agent/core/link.hpp"
#include "agent/core/sample_grid.hpp"
#include "agent/core/spool.hpp"
#include "schema/keys.hpp"
#include "schema/limits.hpp"
#include "schema/result.hpp"

namespace pncp::agent {

/// Where there is a disk for the spool.
struct DiskSpool {
    std::uint64_t max_bytes = 0;           ///< of all files together, former spools included
    std::int64_t spill_after_ms = 60'000;  ///< what waited so long unacknowledged is written
};

struct AgentConfig {
    PeerName self;
    Key32 key{};           ///< K_peer
    Key32 broker{};        ///< broker_id
    std::string endpoint;  ///< for messages to people
    std::string boot_id;   ///< names this boot of the device
    Id16 spool{};          ///< 16 random bytes, drawn anew with every start
    std::string version;
    std::string model;                      ///< of the machine; "" unknown
    std::vector<std::string> tags;          ///< "name=value"
    std::vector<CatalogueEntry> catalogue;  ///< the commands this device runs
    std::vector<std::string> at_once;  ///< those of them that the loop answers on the spot: they never wait
    std::int64_t sample_interval_ms = 10'000;
    std::size_t spool_bytes = limits::kSpoolBytes;
    std::optional<DiskSpool> disk;     ///< nullopt = memory only, and nothing is written
    std::vector<FormerSpool> formers;  ///< of earlier runs, oldest first: handed over before anything else
    std::uint64_t seed = 0;            ///< of the jitter of pauses
};

class AgentCore {
  public:
    /// How long a stop waits for acknowledgements before it says BYE.
    static constexpr std::int64_t kStopMs = 1'000;

    explicit AgentCore(AgentConfig config);

    /// Opens the way to the broker and takes a first sample, from which later ones measure differences.
    [[nodiscard]] Actions start(const Clock& now);
    /// `nonce`: 32 fresh random bytes, also in on_timer().
    [[nodiscard]] Actions on_connection(ConnectionEvent event, const Clock& now, const Key32& nonce);
    /// One frame from the socket. Anything but a right one is counted, and changes nothing.
    [[nodiscard]] Actions on_frame(ByteView frame, const Clock& now);
    /// Something else than one frame came out of the socket.
    [[nodiscard]] Actions on_refused(Refusal refusal, const Clock& now);
    /// The answer to TakeSample; `now` is when it was taken.
    [[nodiscard]] Actions on_sample(const std::vector<Point>& points, const Clock& now);
    /// From now on samples are taken so often (> 0), on a grid of their own.
    void set_sample_interval(std::int64_t interval_ms, const Clock& now);
    /// Something began, ended or happened on the device.
    [[nodiscard]] Actions on_device_event(DeviceEventBody event, const Clock& now);
    /// The answer to RunCommand. Ids that were never handed out are ignored.
    [[nodiscard]] Actions on_command_finished(CommandFinished finished, const Clock& now);
    /// The answers to SpoolAppend and SpoolRead.
    [[nodiscard]] Actions on_spool_appended(Stream stream, const Status& status, const Clock& now);
    [[nodiscard]] Actions on_spool_read(const SpoolRead& read, const Result<Bytes>& bytes, const Clock& now);
    /// The answer to SaveKey.
    [[nodiscard]] Actions on_key_saved(const SaveKey& saved, const Status& status, const Clock& now);
    /// To be called when wake_at_ms() has come; earlier does no harm.
    [[nodiscard]] Actions on_timer(const Clock& now, const Key32& nonce);
    /// Begins to stop: what waits is sent, then BYE; stopped() soon turns true. `reason` goes to the broker.
    [[nodiscard]] Actions stop(const Clock& now, std::string reason);

    /// Boot time at which on_timer() has something to do.
    [[nodiscard]] std::int64_t wake_at_ms() const;
    [[nodiscard]] bool stopped() const { return stop_ == Stop::done; }
    [[nodiscard]] bool in_session() const { return link_.ready(); }
    [[nodiscard]] const Spool& spool() const { return spool_; }
    /// Spools of earlier runs that are not yet handed over.
    [[nodiscard]] std::size_t formers() const { return formers_.size(); }
    [[nodiscard]] std::uint64_t refused(Refusal refusal) const { return link_.refused(refusal); }

  private:
    enum class Stop : std::uint8_t { no, flushing, done };

    [[nodiscard]] Hello make_hello(const Clock& now, const Key32& nonce) const;
    void on_ready(const Ready& ready, const Clock& now, Actions& actions);
    void on_message(const Verified& frame, const Clock& now, Actions& actions);
    void on_ack(const Ack& ack, const Clock& now, Actions& actions);
    void settle_commands(const StreamHeads& heads);

    void on_rekey(const Rekey& rekey, const Clock& now, Actions& actions);
    void on_cancel(const Cancel& cancel, const Clock& now, Actions& actions);
    void on_command(Command command, const Clock& now, Actions& actions);
    void answer(const Id16& command, CommandState state, std::string reason, const Clock& now,
                Actions& actions);
    /// Why this command may not run here; empty when it may.
    [[nodiscard]] std::string objection(const Command& command) const;
    void run(CommandMemory::Entry& entry, Actions& actions);
    void run_queued(Actions& actions);
    void end_command(CommandMemory::Entry& entry, CommandFinished finished, const Clock& now);

    // --- spools (agent_spools.cpp)
    /// The spool of the present or next session: the oldest one that is not handed over.
    [[nodiscard]] Spool& active() { return formers_.empty() ? spool_ : formers_.front(); }
    [[nodiscard]] const Spool& active() const { return formers_.empty() ? spool_ : formers_.front(); }
    /// When the broker has all of a former spool: goes on with the next one.
    void leave_former(const Clock& now, Actions& actions);
    void disk_work(const Clock& now, Actions& actions);
    [[nodiscard]] bool make_disk_room(std::uint64_t bytes);
    void forget_handed_over(Actions& actions);

    /// What every event ends with: sends what may be sent, and notices that a session or the agent has ended.
    [[nodiscard]] Actions settle(const Clock& now, Actions actions);
    void finish_stop(const Clock& now, Actions& actions);

    AgentConfig config_;
    Key32 catalogue_hash_;
    Link link_;
    Spool spool_;
    std::deque<Spool> formers_;      ///< oldest first
    std::vector<Id16> handed_over_;  ///< former spools that the broker has yet to see the end of
    bool disk_trouble_told_ = false;
    bool spool_closed_ = false;
    CommandMemory commands_;
    SampleGrid grid_;
    std::int64_t next_sample_ms_ = 0;
    log::Every unfit_logged_;
    log::Every drops_logged_;
    std::uint64_t drops_told_ = 0;
    std::uint16_t rekey_failed_ = 0;  ///< the generation whose failure the broker was told
    Stop stop_ = Stop::no;
    std::int64_t stop_by_ms_ = 0;
    std::string stop_reason_;
};

}  // namespace pncp::agent
