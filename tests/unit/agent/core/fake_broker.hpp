// A broker in memory, as small as the protocol allows: the server's side of the session, and the rule by
// which rows are taken. It commits at once. For tests of the agent's core.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "schema/codec.hpp"
#include "schema/session.hpp"

namespace pncp::agent::testing {

struct FakeBroker {
    PeerName peer{Role::agent, "pi-1", 1};
    Key32 peer_key{};
    Key32 broker_id{};

    // What the journal would hold.
    std::map<Id16, StreamHeads> heads;
    std::vector<Row> rows;  ///< committed, in order
    std::vector<GapBody> gaps;
    std::vector<ResultBody> results;
    std::map<Id16, std::string> outputs;  ///< bytes of OUTPUT rows of stdout, per command
    std::vector<Catalogue> catalogues;
    Key32 catalogue{};

    // What only the running process holds.
    std::unique_ptr<ServerSession> pending;
    std::unique_ptr<ServerSession> session;
    std::vector<Hello> hellos;
    std::vector<CommandAck> command_acks;
    std::vector<Bye> byes;
    std::size_t heartbeats = 0;
    std::size_t batches = 0;
    std::size_t refused = 0;
    std::int64_t now_us = 1'700'000'000'000'000;

    // How it is to misbehave.
    bool mute = false;         ///< says nothing at all
    bool acknowledge = true;   ///< false: takes rows, and loses every ACK
    bool take_metrics = true;  ///< false: as with a full journal

    FakeBroker() {
        peer_key.fill(7);
        broker_id.fill(9);
    }

    void restart() {
        pending.reset();
        session.reset();
    }

    /// The answers to one frame.
    std::vector<Bytes> on_frame(ByteView bytes) {
        if (mute) return {};
        const auto parsed = parse_frame(bytes);
        if (!std::holds_alternative<UnverifiedFrame>(parsed)) {
            ++refused;
            return {};
        }
        const auto& frame = std::get<UnverifiedFrame>(parsed);
        if (frame.header.type == FrameType::hello) return on_hello(frame);
        if (pending && frame.header.session == pending->id()) return on_auth(frame);
        if (!session || frame.header.session != session->id())
            return {make_no_session(peer, peer_key, frame.header.session, "unknown session")};
        const auto input = session->on_frame(frame);
        if (!std::holds_alternative<Verified>(input)) {
            ++refused;
            return {};
        }
        return on_message(std::get<Verified>(input));
    }

    Bytes command(const Id16& id, const Id16& spool, const std::string& name,
                  std::vector<std::string> arguments = {}) {
        return session->seal(FrameType::command, Command{id, spool, name, std::move(arguments), 1'000});
    }

    [[nodiscard]] bool committed(Stream stream, std::uint64_t seq) const { return count(stream, seq) > 0; }
    [[nodiscard]] std::size_t count(Stream stream, std::uint64_t seq) const {
        std::size_t found = 0;
        for (const auto& row : rows) found += row.stream == stream && row.seq == seq;
        return found;
    }
    [[nodiscard]] bool declared(Stream stream, std::uint64_t seq) const {
        for (const auto& gap : gaps)
            if (gap.stream == stream && gap.first <= seq && seq <= gap.last) return true;
        return false;
    }

  private:
    std::vector<Bytes> on_hello(const UnverifiedFrame& frame) {
        Key32 nb{};
        store_be(nb.data(), ++nonces_);
        auto begun = ServerSession::begin(frame, peer, peer_key, broker_id, nb, now_us);
        if (!std::holds_alternative<ServerSession::Begun>(begun)) {
            ++refused;
            return {};
        }
        auto& good = std::get<ServerSession::Begun>(begun);
        hellos.push_back(good.hello);
        pending = std::move(good.session);
        return {good.challenge};
    }

    std::vector<Bytes> on_auth(const UnverifiedFrame& frame) {
        if (!std::holds_alternative<Verified>(pending->on_frame(frame))) {
            ++refused;
            return {};
        }
        session = std::move(pending);
        Ready ready;
        ready.acknowledged = heads[hellos.back().spool];
        ready.now_us = now_us;
        ready.catalogue = catalogue;
        return {session->seal(FrameType::ready, ready)};
    }

    std::vector<Bytes> on_message(const Verified& frame) {
        if (frame.type == FrameType::batch) return on_batch(*decode<Batch>(frame.payload));
        if (frame.type == FrameType::heartbeat) {
            ++heartbeats;
            return {session->seal(FrameType::heartbeat, Heartbeat{now_us, true})};
        }
        if (frame.type == FrameType::command_ack) command_acks.push_back(*decode<CommandAck>(frame.payload));
        if (frame.type == FrameType::bye) byes.push_back(*decode<Bye>(frame.payload));
        if (frame.type == FrameType::catalogue) {
            catalogues.push_back(*decode<Catalogue>(frame.payload));
            catalogue = catalogues.back().hash;
        }
        return {};
    }

    std::vector<Bytes> on_batch(const Batch& batch) {
        ++batches;
        StreamHeads& head = heads[batch.spool];
        if (!take_metrics && batch.rows.front().stream == Stream::metrics) return {};
        for (const Stream stream : {Stream::metrics, Stream::results})
            if (batch.after.of(stream) > head.of(stream)) return {};
        for (const auto& row : batch.rows) {
            if (row.seq <= head.of(row.stream)) continue;
            head.of(row.stream) = row.seq;
            commit(row);
        }
        if (!acknowledge) return {};
        return {session->seal(FrameType::ack, Ack{batch.spool, head})};
    }

    void commit(const Row& row) {
        rows.push_back(row);
        if (row.kind == RowKind::gap) gaps.push_back(*decode<GapBody>(row.body));
        if (row.kind == RowKind::result) results.push_back(*decode<ResultBody>(row.body));
        if (row.kind == RowKind::output) {
            const auto body = *decode<OutputBody>(row.body);
            if (body.stream == OutputStream::out) outputs[body.command] += text_view(body.bytes);
        }
    }

    std::uint64_t nonces_ = 0;
};

}  // namespace pncp::agent::testing
