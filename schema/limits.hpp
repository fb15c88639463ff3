// Every maximum of the protocol, each with the reason for its number. Hostile input meets one of these, not
// the heap.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pncp::limits {

// --- frames
// -------------------------------------------------------------------------------------------------------
/// A whole frame. Two of a command's output rows and their overhead fit five times over; a peer costs at most
/// this per read.
inline constexpr std::size_t kFrameBytes = 65'536;
inline constexpr std::size_t kHeaderBytes = 36;
inline constexpr std::size_t kTagBytes = 32;
inline constexpr std::size_t kPayloadBytes = kFrameBytes - kHeaderBytes - kTagBytes;
/// Agents' ROUTER hands over (routing id, frame); control (routing id, empty, frame), which is what plain REQ
/// sends.
inline constexpr std::size_t kAgentParts = 2;
inline constexpr std::size_t kControlParts = 3;

// --- msgpack
// ------------------------------------------------------------------------------------------------------
/// Rows in a BATCH or a page; also fields of a point. 256 rows of 190 bytes fill a page of 48 KiB.
inline constexpr std::size_t kArrayItems = 256;
inline constexpr std::size_t kMapItems = 256;
inline constexpr std::size_t kStringBytes = 16 * 1024;
inline constexpr std::size_t kBinaryBytes = 16 * 1024;
inline constexpr std::size_t kExtensionBytes = 0;
/// Deepest legal value: body map, points, point, fields.
inline constexpr std::size_t kDepth = 6;

// --- rows and pages
// -----------------------------------------------------------------------------------------------
/// A row's body: one metrics sample of a 64-core machine with 20 interfaces is 9 KiB.
inline constexpr std::size_t kRowBodyBytes = 15 * 1024;
/// Bytes of a command's output in one row; with its keys it stays under kRowBodyBytes.
inline constexpr std::size_t kOutputRowBytes = 12 * 1024;
inline constexpr std::size_t kBatchRows = 256;
inline constexpr std::size_t kPageRows = 256;
/// Payload that a BATCH or a page is filled to; one more row of the largest size still fits in the frame.
inline constexpr std::size_t kPageBytes = 48 * 1024;
/// Unacknowledged BATCH frames an agent keeps on the way: 8 x 48 KiB bounds what a reconnect sends again.
inline constexpr std::size_t kBatchesInFlight = 8;

// --- handshakes and sessions
// --------------------------------------------------------------------------------------
/// On each of the two ROUTERs, so that agents cannot lock operators out.
inline constexpr std::size_t kPendingHandshakes = 1'024;
inline constexpr std::size_t kPendingHandshakesPerId = 4;
inline constexpr std::int64_t kHandshakeTimeoutMs = 10'000;
/// HELLOs of one peer: a burst, then one every so often; more are refused unread. Each costs a signature and
/// two derivations, and 56,000 a second of one key replayed made every honest answer four times as slow. A
/// script that calls pncp-cli in a loop makes 20.
inline constexpr std::uint32_t kHelloBurst = 64;
inline constexpr std::int64_t kHelloEveryMs = 20;
inline constexpr std::size_t kSessionsPerOperator = 16;
/// Of an agent, as HELLO carries them: name=value, each at most so long.
inline constexpr std::size_t kTags = 16;
inline constexpr std::size_t kTagTextBytes = 96;
/// Control sessions hold no file descriptor of their own, so idle ones are ended by time.
inline constexpr std::int64_t kControlIdleMs = 300'000;
/// A connection with this many bad frames in a minute is ignored for a minute.
inline constexpr std::uint32_t kBadFramesPerMinute = 20;
inline constexpr std::int64_t kIgnoreMs = 60'000;
/// Connections whose bad frames are remembered; past that the oldest is forgotten.
inline constexpr std::size_t kWatchedConnections = 4'096;

/// New connections of one key: a burst, then one every so often. An agent in trouble opens one in 30 s, a CLI
/// four a second at most; more is put off by ZAP (status 300), and libzmq tries again by itself.
inline constexpr std::uint32_t kConnectionBurst = 64;
inline constexpr std::int64_t kConnectionEveryMs = 250;
/// A generation of a key that was rotated stays good for so long, unless its peer comes over first.
inline constexpr std::int64_t kRotationGraceMs = 7LL * 24 * 3'600'000;
/// Anchors that one request may ask about.
inline constexpr std::size_t kAnchorsChecked = 64;

// --- liveness
// -----------------------------------------------------------------------------------------------------
/// An agent that has nothing else to send speaks this often. Wi-Fi power save delays by 2 to 3 s, so seconds
/// are no signal.
inline constexpr std::int64_t kHeartbeatMs = 20'000;
/// An agent's heartbeats are answered at most this often.
inline constexpr std::int64_t kHeartbeatAnswerMs = 1'000;
/// Silence after which the broker calls an agent stale, then disconnected.
inline constexpr std::int64_t kStaleMs = 45'000;
inline constexpr std::int64_t kOfflineMs = 90'000;
/// Silence after which an agent opens a fresh socket.
inline constexpr std::int64_t kBrokerSilentMs = 60'000;
/// An agent resends what was not acknowledged for this long (then twice as long, up to a minute).
inline constexpr std::int64_t kAckTimeoutMs = 10'000;

// --- commands
// -----------------------------------------------------------------------------------------------------
inline constexpr std::size_t kCommandArguments = 32;
inline constexpr std::size_t kArgumentBytes = 1'024;
/// All arguments and the target together: they stand in one event's body.
inline constexpr std::size_t kRequestTextBytes = 8 * 1024;
/// Both streams together are cut here, and said to be.
inline constexpr std::size_t kCommandOutputBytes = 64 * 1024;
inline constexpr std::size_t kCommandsQueued = 16;
/// Finished commands an agent remembers, so that an id seen again returns the stored outcome.
inline constexpr std::size_t kCommandsRemembered = 256;
inline constexpr std::size_t kCatalogueEntries = 256;
/// Long polls that wait at once; one more is answered at once.
inline constexpr std::size_t kLongPolls = 4'096;
inline constexpr std::int64_t kCommandTimeoutMs = 30'000;
inline constexpr std::int64_t kCommandTimeoutMaxMs = 24 * 3'600'000;
/// Ended jobs whose rows are kept at hand; older ones are in the journal.
inline constexpr std::size_t kJobsRemembered = 1'000;
/// Targets of those jobs together, some 300 bytes each; the newest job is kept whatever its size.
inline constexpr std::size_t kTargetsRemembered = 100'000;
inline constexpr std::int64_t kLongPollMs = 10'000;
/// Jobs that have not ended, all operators together, and their targets: 150 MB.
inline constexpr std::size_t kJobsOpen = 1'000;
inline constexpr std::size_t kTargetsOpen = 500'000;
/// The longest time that a job waits for devices that are offline, and pauses between two batches.
inline constexpr std::int64_t kDeliverByMaxMs = 30LL * 24 * 3'600'000;
inline constexpr std::int64_t kRolloutPauseMaxMs = 24LL * 3'600'000;

// --- feed
// ---------------------------------------------------------------------------------------------------------
inline constexpr std::int64_t kFeedHeartbeatMs = 1'000;
inline constexpr int kFeedSendHwm = 100'000;
/// Live events a subscriber holds while it fetches a hole before them; past that it fetches them too.
inline constexpr std::size_t kSubscriberHeld = 4'096;
inline constexpr std::size_t kDurableConsumers = 256;
/// One subscription: `metrics/` and an id fit twice over. A longer one ends the connection.
inline constexpr std::size_t kSubscriptionBytes = 256;
/// New subscriptions of one peer: a burst, then one a second. A peer beyond it is cut off and kept out for
/// kIgnoreMs.
inline constexpr std::uint32_t kSubscriptionBurst = 1'024;
inline constexpr std::int64_t kSubscriptionEveryMs = 1'000;
/// Subscriptions of all peers together; the publisher holds about 1 KiB for each. Beyond it all start anew.
inline constexpr std::size_t kSubscriptions = 65'536;

// --- agent spool
// --------------------------------------------------------------------------------------------------
/// Default bound of the memory spool: a day of 10 s samples of 900 bytes is 7.7 MB, an hour 0.32 MB.
inline constexpr std::size_t kSpoolBytes = 512 * 1024;

// --- broker queues
// ------------------------------------------------------------------------------------------------
/// Rows that wait for the journal. Past that BATCH frames are dropped unacknowledged, and agents keep them.
inline constexpr std::size_t kJournalQueueRows = 65'536;
/// Metrics alone wait this long for company before a commit; anything else commits at once.
inline constexpr std::int64_t kGroupWaitMs = 100;

}  // namespace pncp::limits
