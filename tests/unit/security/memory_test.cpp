// What a stranger can make the receiving side allocate: counted at malloc, which stands in this program for
// the C library's.
#include <gtest/gtest.h>
#include <malloc.h>

#include "broker/core/session_table.hpp"
#include "schema/codec.hpp"
#include "tests/unit/schema/samples.hpp"
#include "tests/unit/security/msgpack_parts.hpp"
#include "tests/unit/security/raw_payload.hpp"

// Sanitizers bring their own malloc, and can't be asked.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define PNCP_COUNTS_MALLOC 0
#else
#define PNCP_COUNTS_MALLOC 1
#endif

namespace {

struct Count {
    std::size_t calls = 0;
    std::size_t largest = 0;
};
Count counted;
bool counting = false;

[[maybe_unused]] void note(std::size_t size) {
    if (!counting) return;
    ++counted.calls;
    if (size > counted.largest) counted.largest = size;
}

}  // namespace

#if PNCP_COUNTS_MALLOC
extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* at, std::size_t size);
void* malloc(std::size_t size) {
    note(size);
    return __libc_malloc(size);
}
void* calloc(std::size_t count, std::size_t size) {
    note(count * size);
    return __libc_calloc(count, size);
}
void* realloc(void* at, std::size_t size) {
    note(size);
    return __libc_realloc(at, size);
}
}
#endif

namespace pncp::broker {
namespace {

template <typename Work>
Count count(Work&& work) {
    counted = {};
    counting = true;
    work();
    counting = false;
    return counted;
}

Key32 nonce(std::uint64_t number) {
    Key32 bytes{};
    store_be(bytes.data(), number);
    return bytes;
}

class Memory : public testing::Test {
  protected:
    Memory() : directory(MasterSecret{nonce(7)}, peers()), table(directory) {}

    void SetUp() override {
        if (!PNCP_COUNTS_MALLOC) GTEST_SKIP() << "a sanitizer has replaced malloc";
    }

    static PeersFile peers() {
        PeersFile file;
        for (int i = 0; i < 300; ++i)
            file.peers[{Role::agent, "pi-" + std::to_string(i)}] = {1, false, false};
        return file;
    }
    SessionTable::Outcome deliver(const Address& from, const std::string& identity, ByteView frame) {
        auto outcome = table.on_frame(from, identity, frame, nonce(++nonces), now);
        if (const auto* refusal = std::get_if<Refusal>(&outcome)) table.count_refusal(from, *refusal, now);
        return outcome;
    }
    [[nodiscard]] Bytes hello_of(std::size_t agent) const {
        const PeerEntry& entry = *directory.newest(Role::agent, "pi-" + std::to_string(agent));
        return ClientSession(entry.name, entry.key, directory.broker_id()).hello(samples::hello());
    }
    /// pi-1 in session at this address.
    ClientSession establish(const Address& at) {
        const PeerEntry& entry = *directory.newest(Role::agent, "pi-1");
        ClientSession session(entry.name, entry.key, directory.broker_id());
        auto begun = deliver(at, entry.name.text(), session.hello(samples::hello()));
        auto auth = session.on_frame(std::get<Challenged>(begun).frame);
        auto proven = deliver(at, entry.name.text(), std::get<ClientSession::SendAuth>(auth).frame);
        EXPECT_TRUE(std::holds_alternative<Proven>(proven));
        Live* live = std::get<Proven>(proven).live;
        EXPECT_TRUE(std::holds_alternative<ClientSession::Established>(
            session.on_frame(live->session->seal(FrameType::ready, Ready{}))));
        return session;
    }
    /// Five bytes, as libzmq makes them.
    static std::string routing_id(std::size_t number) {
        std::string id(5, '\0');
        store_be(reinterpret_cast<std::uint8_t*>(id.data()) + 1, static_cast<std::uint32_t>(number));
        return id;
    }
    /// What the allocator keeps for this thread counts too, so a first time leaves a few hundred bytes.
    static std::size_t heap_bytes() { return mallinfo2().uordblks + mallinfo2().hblkhd; }

    PeerDirectory directory;
    SessionTable table;
    Now now{1'000'000, 1'700'000'000'000'000};
    std::uint64_t nonces = 0;
};

TEST_F(Memory, HandshakesOfStrangersAreBoundedInAllAndPerId) {
    std::vector<Bytes> hellos;
    for (std::size_t i = 0; i < 300; ++i) hellos.push_back(hello_of(i));
    std::size_t challenged = 0;
    std::size_t after_first = 0;
    for (std::size_t i = 0; i < 100'000; ++i) {
        const Address from{Port::agents, routing_id(i)};
        challenged += std::holds_alternative<Challenged>(deliver(from, "", hellos[i % 300])) ? 1 : 0;
        ASSERT_LE(table.pending(), limits::kPendingHandshakes);
        if (i == 10'000) after_first = heap_bytes();
    }
    EXPECT_EQ(challenged, limits::kPendingHandshakes);
    EXPECT_EQ(table.refusals()[static_cast<std::size_t>(Refusal::overload)],
              100'000 - limits::kPendingHandshakes);
    EXPECT_LE(heap_bytes(), after_first + 4'096) << "ninety thousand more leave nothing behind";
    now.boot_ms += limits::kHandshakeTimeoutMs + 1;
    table.expire(now);
    EXPECT_EQ(table.pending(), 0U);
}

TEST_F(Memory, OnePeerHasFourHandshakesAtMost) {
    const Bytes hello = hello_of(1);
    std::size_t challenged = 0;
    for (std::size_t i = 0; i < 1'000; ++i)
        challenged +=
            std::holds_alternative<Challenged>(deliver({Port::agents, std::to_string(i)}, "", hello)) ? 1 : 0;
    EXPECT_EQ(challenged, limits::kPendingHandshakesPerId);
    EXPECT_TRUE(std::holds_alternative<Challenged>(deliver({Port::agents, "other"}, "", hello_of(2))))
        << "the others have their own";
}

TEST_F(Memory, JunkOfAHundredThousandConnectionsLeavesAFewHundredKilobytes) {
    const Bytes junk(68, 0x55);
    const std::size_t before = heap_bytes();
    std::size_t after_first = 0;
    for (std::size_t i = 0; i < 100'000; ++i) {
        EXPECT_TRUE(std::holds_alternative<Refusal>(deliver({Port::agents, routing_id(i)}, "", junk)));
        if (i == 10'000) after_first = heap_bytes();
    }
    EXPECT_EQ(table.refusals()[static_cast<std::size_t>(Refusal::magic)], 100'000U);
    EXPECT_LE(heap_bytes(), after_first + 64 * 1024) << "ninety thousand more leave nothing behind";
    // 4,096 watched connections of less than 256 bytes each, and their index.
    EXPECT_LE(after_first, before + limits::kWatchedConnections * 256 + 256 * 1024);
    now.boot_ms += 121'000;
    table.expire(now);
    EXPECT_LE(heap_bytes(), before + 256 * 1024) << "and are forgotten";
}

TEST_F(Memory, NothingIsAllocatedForASessionsFrameBeforeItsTagIsRight) {
    const Address at{Port::agents, "a"};
    const std::string identity = "agent/pi-1/1";
    ClientSession session = establish(at);
    Bytes large(60'000, 0x01);
    std::size_t refused = 0;
    for (const Bytes& good :
         {session.seal(FrameType::heartbeat, samples::heartbeat()),
          session.seal(FrameType::batch, samples::batch()), session.seal(FrameType::batch, Raw{large})}) {
        Bytes bad = good;
        bad.back() ^= 1U;
        const Count used = count([&] {
            const auto outcome = table.on_frame(at, identity, bad, nonce(1), now);
            const auto* refusal = std::get_if<Refusal>(&outcome);
            refused += refusal != nullptr && *refusal == Refusal::tag ? 1 : 0;
        });
        EXPECT_EQ(used.calls, 0U) << good.size() << " bytes";
    }
    EXPECT_EQ(refused, 3U);
    // Neither does taking a right one, nor refusing it the second time.
    const Bytes good = session.seal(FrameType::heartbeat, samples::heartbeat());
    const Count used = count([&] {
        EXPECT_TRUE(std::holds_alternative<Received>(table.on_frame(at, identity, good, nonce(1), now)));
        EXPECT_TRUE(std::holds_alternative<Refusal>(table.on_frame(at, identity, good, nonce(1), now)));
    });
    EXPECT_EQ(used.calls, 0U);
}

TEST_F(Memory, NothingIsAllocatedForAFrameOfNoFormOrOfNobody) {
    const Address at{Port::agents, "stranger"};
    std::vector<Bytes> frames = {{}, Bytes(67, 1), Bytes(68, 1), Bytes(65'536, 1), Bytes(70'000, 1)};
    SigningKey key(samples::key(9));
    // Nobody's handle, and the frames that only the broker sends.
    frames.push_back(
        make_frame({FrameType::hello, Direction::agent_to_broker, 1, {}, 0}, key, samples::hello()));
    frames.push_back(make_frame({FrameType::ack, Direction::broker_to_agent, 1, {}, 1}, key, samples::ack()));
    frames.push_back(
        make_frame({FrameType::request, Direction::operator_to_broker, 1, {}, 1}, key, samples::ack()));
    for (const Bytes& frame : frames) {
        const Count used = count([&] {
            EXPECT_TRUE(std::holds_alternative<Refusal>(table.on_frame(at, "", frame, nonce(1), now)));
        });
        EXPECT_EQ(used.calls, 0U) << frame.size() << " bytes";
    }
}

/// The keys of a HELLO have to be derived before its tag can be checked; that is given back at once, and is
/// small whatever stands in the frame.
TEST_F(Memory, AHelloWithAWrongTagCostsAFewSmallAllocationsAndKeepsNone) {
    const Address at{Port::agents, "a"};
    const PeerEntry& entry = *directory.newest(Role::agent, "pi-1");
    SigningKey wrong(samples::key(9));
    const Header header{FrameType::hello, Direction::agent_to_broker, 1, peer_handle(Role::agent, "pi-1"), 0};
    for (const std::size_t size : {std::size_t{10}, std::size_t{60'000}}) {
        const Bytes frame = make_frame(header, wrong, Raw{Bytes(size, 1)});
        (void)table.on_frame(at, entry.name.text(), frame, nonce(1), now);
        const std::size_t before = heap_bytes();
        const Count used = count([&] {
            const auto outcome = table.on_frame(at, entry.name.text(), frame, nonce(1), now);
            EXPECT_EQ(std::get<Refusal>(outcome), Refusal::tag);
        });
        EXPECT_LE(used.largest, 1'024U);
        EXPECT_LE(used.calls, 32U);
        EXPECT_LE(heap_bytes(), before);
        EXPECT_EQ(table.pending(), 0U);
        RecordProperty("allocations", static_cast<int>(used.calls));
    }
}

TEST_F(Memory, NoLengthInAPayloadMakesTheDecoderAllocateMoreThanTheFrame) {
    std::size_t tried = 0;
    std::size_t largest = 0;
    const auto decode_all = [&]<typename Message>(const Message& good) {
        for (const auto& [form, payload] : security::malformed(encode(good))) {
            const Count used = count([&] { (void)decode<Message>(payload); });
            EXPECT_LE(used.largest, 64U * 1024) << form;
            largest = std::max(largest, used.largest);
            ++tried;
        }
    };
    decode_all(samples::hello());
    decode_all(samples::batch());
    decode_all(samples::catalogue());
    decode_all(samples::event());
    decode_all(samples::request());
    decode_all(samples::reply());
    decode_all(samples::metrics());
    EXPECT_GT(tried, 2'000U);
    RecordProperty("largest", static_cast<int>(largest));
    // The widest that the limits allow: an array of 256 arrays of 256 rows' worth of items, level by level.
    Bytes bomb = {0x81, 0xA6, 'p', 'o', 'i', 'n', 't', 's'};
    for (int level = 0; level < 200; ++level) security::append(bomb, Bytes{0xDC, 0x01, 0x00});
    const Count used = count([&] { EXPECT_FALSE(decode<MetricsBody>(bomb)); });
    EXPECT_LE(used.largest, 64U * 1024);
    EXPECT_LE(used.calls, 64U);
}

}  // namespace
}  // namespace pncp::broker
