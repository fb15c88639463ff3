// pncp-swarm: settings, keys, threads, and a line now and then. Threads: this one waits for signals; each of
// --threads runs its share of the devices; libzmq has one for I/O per thread.
#include <poll.h>

#include <csignal>
#include <thread>

#include "agent/swarm/swarm_keys.hpp"
#include "agent/swarm/swarm_thread.hpp"
#include "schema/program/clock.hpp"
#include "schema/program/files.hpp"
#include "schema/program/main_frame.hpp"
#include "schema/program/open_files.hpp"
#include "schema/program/signals.hpp"

namespace {

using namespace pncp;
using namespace pncp::swarm;

Program swarm_program() {
    return {
        .name = "pncp-swarm",
        .purpose =
            "Simulates a fleet: many real agents with made-up readings in one process, to fill dashboards or "
            "to "
            "try a broker without a single Pi.",
        .file = "swarm",
        .settings =
            {
                {.key = "count",
                 .kind = Kind::integer,
                 .default_text = "10",
                 .help = "How many devices.",
                 .group = "Fleet",
                 .min = 1,
                 .max = 20'000,
                 .letter = 'n'},
                {.key = "prefix",
                 .default_text = "swarm-",
                 .help = "Devices are called PREFIX1, PREFIX2 ...",
                 .group = "Fleet"},
                {.key = "first",
                 .kind = Kind::integer,
                 .default_text = "1",
                 .help = "The first one's number.",
                 .group = "Fleet",
                 .min = 0,
                 .max = 1'000'000},
                {.key = "threads",
                 .kind = Kind::integer,
                 .default_text = "1",
                 .help = "Threads that share the devices.",
                 .group = "Fleet",
                 .min = 1,
                 .max = 64},
                {.key = "start_over",
                 .kind = Kind::duration,
                 .default_text = "0s",
                 .help = "Switch the devices on one after the other, over this time.",
                 .group = "Fleet",
                 .min = 0},
                {.key = "duration",
                 .kind = Kind::duration,
                 .default_text = "0s",
                 .help = "Stop after this time; 0 runs until it is stopped.",
                 .group = "Fleet",
                 .min = 0},
                {.key = "broker.agents",
                 .help = "Where the broker listens for agents. By default what the keys say.",
                 .value_name = "ENDPOINT",
                 .group = "Broker"},
                {.key = "run_dir",
                 .help = "Run folder of a broker on this machine, which issues keys that are missing.",
                 .value_name = "FOLDER",
                 .group = "Broker"},
                {.key = "keys_dir",
                 .default_text = "swarm-keys",
                 .help = "Where the devices' keys are kept.",
                 .value_name = "FOLDER",
                 .group = "Broker"},
                {.key = "secret_file",
                 .help = "Derive the keys from the broker's master secret instead; the list of peers must "
                         "have the "
                         "devices. For benchmarks.",
                 .value_name = "FILE",
                 .group = "Broker"},
                {.key = "interval",
                 .kind = Kind::duration,
                 .default_text = "10s",
                 .help = "Time between two samples.",
                 .group = "Behaviour",
                 .min = 10},
                {.key = "result_bytes",
                 .kind = Kind::size,
                 .default_text = "300B",
                 .help = "Output of every command.",
                 .group = "Behaviour",
                 .min = 0,
                 .max = 65'536},
                {.key = "loss",
                 .kind = Kind::number,
                 .default_text = "0",
                 .help = "Percentage of frames that vanish, each way.",
                 .group = "Behaviour",
                 .min = 0,
                 .max = 100},
                {.key = "restart_every",
                 .kind = Kind::duration,
                 .default_text = "0s",
                 .help = "Mean time until a device loses its power and comes back empty; 0 never.",
                 .group = "Behaviour",
                 .min = 0},
                {.key = "unset_clock",
                 .kind = Kind::flag,
                 .help = "The devices believe that it is 1970.",
                 .group = "Behaviour"},
                {.key = "readings",
                 .default_text = "full",
                 .help = "full: what a Pi 4 tells, for dashboards. short: a quarter of it, for benchmarks.",
                 .group = "Behaviour",
                 .choices = {"full", "short"}},
                {.key = "spool.bytes",
                 .kind = Kind::size,
                 .default_text = "512KiB",
                 .help = "Each device's memory for what was not acknowledged.",
                 .group = "Behaviour",
                 .min = 128 * 1024,
                 .max = 64 * 1024 * 1024},
                {.key = "spool.path",
                 .help = "Folder in which each device has one for what waited longer than spool.spill_after. "
                         "By default nothing is kept on the disk.",
                 .value_name = "FOLDER",
                 .group = "Behaviour"},
                {.key = "spool.max",
                 .kind = Kind::size,
                 .default_text = "64MiB",
                 .help = "Room on the disk for each device's spool.",
                 .group = "Behaviour",
                 .min = 1024 * 1024},
                {.key = "spool.spill_after",
                 .kind = Kind::duration,
                 .default_text = "1m",
                 .help = "What was not acknowledged for so long is written to spool.path.",
                 .group = "Behaviour",
                 .min = 100},
                {.key = "ledger",
                 .help = "Write down every sample before it is sent.",
                 .value_name = "FILE",
                 .group = "Behaviour"},
            },
        .more = "pncp(7), pncp-broker(8)",
        .section = 1,
    };
}

Behaviour behaviour_of(const Settings& settings) {
    Behaviour behaviour;
    behaviour.sample_interval_ms = settings.duration_ms("interval");
    behaviour.result_bytes = static_cast<std::size_t>(settings.size_bytes("result_bytes"));
    behaviour.loss = settings.number("loss") / 100;
    behaviour.restart_every_ms = settings.duration_ms("restart_every");
    behaviour.unset_clock = settings.flag("unset_clock");
    behaviour.spool_bytes = static_cast<std::size_t>(settings.size_bytes("spool.bytes"));
    behaviour.spool_path = settings.text("spool.path");
    behaviour.spool_max = static_cast<std::uint64_t>(settings.size_bytes("spool.max"));
    behaviour.spill_after_ms = settings.duration_ms("spool.spill_after");
    behaviour.short_readings = settings.text("readings") == "short";
    return behaviour;
}

KeyWish wish_of(const Settings& settings) {
    KeyWish wish;
    wish.prefix = settings.text("prefix");
    wish.first = static_cast<std::size_t>(settings.integer("first"));
    wish.count = static_cast<std::size_t>(settings.integer("count"));
    wish.endpoint = settings.text("broker.agents");
    wish.secret_file = settings.text("secret_file");
    wish.keys_dir = settings.text("keys_dir");
    wish.run_dir = settings.text("run_dir");
    return wish;
}

/// The devices on their threads, until `stop` or the end of `duration_ms` (0 = none).
class Fleet {
  public:
    Fleet(std::vector<KeyFile> keys, const Behaviour& behaviour, Ledger& ledger, std::size_t threads) {
        const int per_thread = static_cast<int>(keys.size() / threads + 1);
        ByteArray<8> seed;
        for (std::size_t i = 0; i < threads; ++i) {
            contexts_.push_back(std::make_unique<transport::Context>(
                transport::ContextOptions{.io_threads = 1, .max_sockets = 4 * per_thread + 16}));
            parts_.push_back(std::make_unique<SwarmThread>());
        }
        for (std::size_t i = 0; i < keys.size(); ++i) {
            random_bytes(seed);
            parts_[i % threads]->add(std::make_unique<Device>(std::move(keys[i]), behaviour,
                                                              load_be<std::uint64_t>(seed.data()),
                                                              *contexts_[i % threads], ledger));
        }
    }

    void start(std::int64_t start_over_ms) {
        for (auto& part : parts_) running_.emplace_back([&part, start_over_ms] { part->run(start_over_ms); });
    }
    void stop() {
        for (auto& part : parts_) part->stop();
        for (auto& thread : running_) thread.join();
        running_.clear();
    }
    [[nodiscard]] std::string text() const {
        std::size_t in_session = 0;
        Counters all;
        for (const auto& part : parts_) {
            in_session += part->in_session();
            const Counters one = part->counters();
            all.samples += one.samples;
            all.commands += one.commands;
            all.restarts += one.restarts;
        }
        return log::cat(in_session, " in session, ", all.samples, " samples, ", all.commands, " commands, ",
                        all.restarts, " restarts");
    }

  private:
    std::vector<std::unique_ptr<transport::Context>> contexts_;
    std::vector<std::unique_ptr<SwarmThread>> parts_;
    std::vector<std::thread> running_;
};

int run(const Settings& settings) {
    const KeyWish wish = wish_of(settings);
    // Twice as many, because those that were given up are closed later than others are opened.
    const std::uint64_t files = raise_open_files(4 * wish.count + 64);
    if (2 * wish.count + 64 > files)
        return fail({log::cat(wish.count, " devices need ", 2 * wish.count + 64, " open files, and ", files,
                              " are allowed"),
                     "raise the limit (ulimit -Hn), or start several swarms with --first"},
                    ExitCode::unavailable);
    auto signals = Signals::open();
    if (!signals) return fail(signals.error(), ExitCode::unavailable);
    auto keys = swarm_keys(wish);
    if (!keys) return fail(keys.error(), ExitCode::configuration);
    auto ledger = Ledger::open(settings.text("ledger"));
    if (!ledger) return fail(ledger.error(), ExitCode::configuration);
    const Behaviour behaviour = behaviour_of(settings);
    if (!behaviour.spool_path.empty())
        if (const Status made = make_private_folder(behaviour.spool_path); !made)
            return fail(made.error(), ExitCode::configuration);

    Fleet fleet(std::move(*keys), behaviour, *ledger, static_cast<std::size_t>(settings.integer("threads")));
    fleet.start(settings.duration_ms("start_over"));
    log::info(log::cat(wish.count, " devices, samples every ", behaviour.sample_interval_ms, " ms"));
    const std::int64_t duration_ms = settings.duration_ms("duration");
    const std::int64_t end_ms = duration_ms > 0 ? boottime_ms() + duration_ms : INT64_MAX;
    constexpr std::int64_t kTellMs = 10'000;
    bool stopping = false;
    while (!stopping && boottime_ms() < end_ms) {
        pollfd waiting{signals->fd(), POLLIN, 0};
        (void)poll(&waiting, 1, static_cast<int>(std::min(kTellMs, end_ms - boottime_ms())));
        while (const auto signal = signals->next()) stopping = stopping || *signal != SIGHUP;
        if (!stopping) log::info(fleet.text());
    }
    fleet.stop();
    log::info(log::cat("stopped; ", fleet.text()));
    return number(ExitCode::ok);
}

}  // namespace

int main(int argc, char** argv) { return run_program(swarm_program(), argc, argv, run); }
