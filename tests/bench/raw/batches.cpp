// bench-batches ENDPOINT SECRET_FILE PREFIX SENDERS COUNT [ROWS]: a saturated fleet. SENDERS agents come into
// session, and COUNT samples in BATCH frames of ROWS (1) each are encoded and signed beforehand. At a line of
// standard input they are sent as an agent would, no more than kBatchesInFlight unacknowledged each; when all
// are acknowledged, when it began and ended is said, on CLOCK_MONOTONIC. Agents are PREFIX1 … of a broker
// whose list of peers has them.
#include <sys/epoll.h>

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "agent/core/rows.hpp"
#include "agent/swarm/script.hpp"
#include "agent/swarm/swarm_keys.hpp"
#include "schema/crypto.hpp"
#include "schema/program/clock.hpp"
#include "schema/program/open_files.hpp"
#include "schema/session.hpp"
#include "schema/transport/socket.hpp"

namespace {

using namespace pncp;

std::int64_t monotonic_ns() {
    timespec time{};
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1'000'000'000LL + time.tv_nsec;
}

transport::SocketOptions options_of(const KeyFile& key) {
    const Key32 secret = peer_curve_secret(key.key);
    transport::SocketOptions options;
    options.curve = transport::CurveClient{secret, curve_public_key(secret), key.broker};
    return options;
}

class Sender {
  public:
    Sender(const KeyFile& key, transport::Context& context, std::uint64_t seed)
        : socket_(transport::Socket::dealer(context, options_of(key))),
          session_(key.peer, key.key, key.broker),
          readings_(seed) {
        random_bytes(spool_);
        (void)socket_.connect(key.agents);
    }

    /// Encodes and signs `count` more batches of `rows` samples; only in session, with all earlier ones
    /// acknowledged.
    void prepare(std::size_t count, std::size_t rows) {
        frames_.clear();
        next_ = 0;
        heads_.clear();
        going_ = false;
        for (std::size_t i = 0; i < count; ++i) {
            Batch batch;
            batch.spool = spool_;
            batch.boot_id = "bench";
            batch.sent_boot_ms = boottime_ms();
            batch.after.metrics = made_;
            for (std::size_t k = 0; k < rows; ++k) batch.rows.push_back(next_row(batch.sent_boot_ms));
            heads_.push_back(made_);
            frames_.push_back(session_.seal(FrameType::batch, batch));
        }
    }

    /// Takes what came, and sends what may go.
    void turn() {
        do {
            while (socket_.receive({&message_, 1}).status == transport::Received::message)
                take(message_.bytes());
            if (session_.state() == ClientSession::State::idle && socket_.readiness().writable) greet();
            while (going_ && next_ < frames_.size() &&
                   (next_ < limits::kBatchesInFlight ||
                    acknowledged_ >= heads_[next_ - limits::kBatchesInFlight]) &&
                   send_next()) {
            }
        } while (socket_.readiness().readable);
    }

    void go() { going_ = true; }
    /// The broker answers no more greetings than it has room for; the others come again.
    void greet_again() {
        if (!ready() && socket_.readiness().writable) greet();
    }
    [[nodiscard]] bool ready() const { return session_.ready(); }
    [[nodiscard]] bool done() const { return acknowledged_ == made_; }
    [[nodiscard]] int descriptor() const { return socket_.descriptor(); }
    [[nodiscard]] std::size_t bytes_each() const { return frames_.empty() ? 0 : frames_.front().size(); }

  private:
    void greet() {
        Hello hello;
        random_bytes(hello.na);
        hello.boot_id = "bench";
        hello.spool = spool_;
        hello.version = "bench";
        (void)socket_.send(transport::Message::copy_of(session_.hello(std::move(hello))));
    }

    void take(ByteView frame) {
        auto input = session_.on_frame(frame);
        if (const auto* auth = std::get_if<ClientSession::SendAuth>(&input))
            (void)socket_.send(transport::Message::copy_of(auth->frame));
        const auto* verified = std::get_if<Verified>(&input);
        if (verified == nullptr || verified->type != FrameType::ack) return;
        if (const auto ack = decode<Ack>(verified->payload)) acknowledged_ = ack->heads.metrics;
    }

    Row next_row(std::int64_t boot_ms) {
        Row row;
        row.seq = ++made_;
        row.boot_ms = boot_ms;
        row.wall_us = wall_us();
        row.clock_synced = true;
        row.body = agent::sample_rows(readings_.sample(spool_, made_, boot_ms)).bodies.at(0);
        return row;
    }

    bool send_next() {
        if (socket_.send(transport::Message::copy_of(frames_[next_])) != transport::Sent::ok) return false;
        ++next_;
        return true;
    }

    transport::Socket socket_;
    transport::Message message_;
    ClientSession session_;
    swarm::Readings readings_;
    Id16 spool_{};
    std::vector<Bytes> frames_;
    std::vector<std::uint64_t> heads_;  ///< of each frame, its last row
    std::size_t next_ = 0;              ///< frame to send
    std::uint64_t made_ = 0;
    std::uint64_t acknowledged_ = 0;
    bool going_ = false;
};

class Senders {
  public:
    Senders(const std::vector<KeyFile>& keys, transport::Context& context) : epoll_(epoll_create1(0)) {
        for (const KeyFile& key : keys) {
            all_.push_back(std::make_unique<Sender>(key, context, all_.size()));
            epoll_event event{.events = EPOLLIN, .data = {.u64 = all_.size() - 1}};
            epoll_ctl(epoll_, EPOLL_CTL_ADD, all_.back()->descriptor(), &event);
        }
    }
    std::vector<std::unique_ptr<Sender>>& all() { return all_; }

    /// Turns whoever has something to do until `done` holds for all.
    template <typename Condition>
    void until(Condition done) {
        std::size_t finished = 0;
        std::vector<bool> counted(all_.size(), false);
        const auto turn = [&](std::size_t index) {
            all_[index]->turn();
            if (counted[index] || !done(*all_[index])) return;
            counted[index] = true;
            ++finished;
        };
        for (std::size_t i = 0; i < all_.size(); ++i) turn(i);
        std::vector<epoll_event> events(1024);
        while (finished < all_.size()) {
            constexpr int kQuietMs = 500;
            const int ready = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), kQuietMs);
            if (ready == 0)
                for (auto& one : all_) one->greet_again();
            for (int i = 0; i < ready; ++i)
                turn(static_cast<std::size_t>(events[static_cast<std::size_t>(i)].data.u64));
        }
    }

  private:
    int epoll_;
    std::vector<std::unique_ptr<Sender>> all_;
};

}  // namespace

int main(int argc, char** argv) {
    if (argc < 6) return 2;
    const std::size_t count = std::strtoul(argv[5], nullptr, 10);
    const std::size_t rows = argc > 6 ? std::strtoul(argv[6], nullptr, 10) : 1;
    swarm::KeyWish wish;
    wish.endpoint = argv[1];
    wish.secret_file = argv[2];
    wish.prefix = argv[3];
    wish.count = std::strtoul(argv[4], nullptr, 10);
    raise_open_files(2 * wish.count + 64);
    const auto keys = swarm::swarm_keys(wish);
    if (!keys) {
        std::fprintf(stderr, "%s\n", keys.error().text().c_str());
        return 1;
    }
    transport::Context context({.io_threads = 1, .max_sockets = static_cast<int>(wish.count) + 64});
    Senders senders(*keys, context);
    senders.until([](const Sender& one) { return one.ready(); });
    char line[64];
    do {
        for (auto& one : senders.all()) one->prepare(count / wish.count / rows, rows);
        std::printf("ready %zu\n", senders.all().front()->bytes_each());
        std::fflush(stdout);
        if (std::fgets(line, sizeof line, stdin) == nullptr) return 0;
        const std::int64_t begun = monotonic_ns();
        for (auto& one : senders.all()) one->go();
        senders.until([](const Sender& one) { return one.done(); });
        std::printf("%lld %lld\n", static_cast<long long>(begun), static_cast<long long>(monotonic_ns()));
        std::fflush(stdout);
    } while (true);
}
