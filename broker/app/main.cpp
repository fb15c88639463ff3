// pncp-broker: start-up in order — settings, secret, journal (whose lock keeps a second broker out), peers,
// sockets, loop.
#include "broker/app/broker_config.hpp"
#include "broker/app/broker_files.hpp"
#include "broker/app/broker_loop.hpp"
#include "broker/journal/sqlite_store.hpp"
#include "schema/codec.hpp"
#include "schema/program/clock.hpp"
#include "schema/program/files.hpp"
#include "schema/program/log.hpp"
#include "schema/program/main_frame.hpp"
#include "schema/program/open_files.hpp"
#include "schema/program/version.hpp"

namespace {

using namespace pncp;
using namespace pncp::broker;

/// Files and connections beside those of listed peers.
constexpr std::uint64_t kOpenFiles = 8'192;

/// Hands the core all events of a class with sequence > `after`.
Status restore_class(BrokerCore& core, journal::Store& store, EventClass event_class, std::uint64_t after) {
    while (true) {
        auto page = store.read(after, make_topic(event_class, ""), limits::kPageRows, limits::kPageBytes);
        if (!page) return page.error();
        for (const EventRow& row : page->rows)
            if (const auto event = decode<Event>(row.event)) core.restore(row.seq, *event);
        if (page->rows.empty() || page->next <= after) return Done{};
        after = page->next;
    }
}

/// What goes on after a restart: alerts, and open jobs: first they, then their commands, then the answers.
Status restore(BrokerCore& core, journal::Store& store, const journal::Recovered& recovered) {
    std::uint64_t first = 0;
    for (const auto& job : recovered.jobs)
        if (!job.ended && (first == 0 || job.first_seq < first)) first = job.first_seq;
    if (const Status alerts = restore_class(core, store, EventClass::alert, 0); !alerts) return alerts;
    if (first == 0) return Done{};
    for (const EventClass event_class : {EventClass::job, EventClass::command, EventClass::result})
        if (const Status read = restore_class(core, store, event_class, first - 1); !read) return read;
    return Done{};
}

int run(const Settings& settings) {
    auto signals = Signals::open();
    if (!signals) return fail(signals.error(), ExitCode::unavailable);
    const auto config = prepare(settings);
    if (!config) return fail(config.error(), ExitCode::configuration);

    journal::SqliteOptions options;
    options.path = config->journal_file();
    options.synchronous =
        config->synchronous_full ? journal::Synchronous::full : journal::Synchronous::normal;
    options.max_bytes = static_cast<std::uint64_t>(config->journal_max_bytes);
    options.reserve_bytes = 2 * journal::SqliteStore::wal_bytes(options.max_bytes);
    random_bytes(options.new_journal_id);
    auto store = journal::SqliteStore::open(options);
    if (!store) return fail(store.error(), ExitCode::unavailable);
    const auto recovered = (*store)->recover();
    if (!recovered) return fail(recovered.error(), ExitCode::unavailable);

    const BrokerFiles files{config->peers_file(), config->rights_file, config->alerts_file};
    auto read = read_again(files);
    if (!read) return fail(read.error(), ExitCode::configuration);
    const PublicKeys known = load_public_keys(config->public_keys_file(), config->secret);
    PeerDirectory peers(config->secret, read->peers, known);
    // Two connections a peer, as many for peers that are still to come, and strangers: each of them may cost
    // 75 KiB for as long as a handshake may last, so without this bound they could fill the memory.
    raise_open_files(4 * peers.list().size() + kOpenFiles);

    transport::Context context({.io_threads = 1, .max_sockets = 1023});
    Endpoints endpoints(context, broker_curve_secret(config->secret));
    if (const Status bound = endpoints.bind(*config); !bound)
        return fail(bound.error(), ExitCode::unavailable);
    if (const Status written = write_local_keys(peers, *config); !written)
        return fail(written.error(), ExitCode::unavailable);
    if (const Status saved = write_atomically(config->peers_file(), view(format_peers(peers.file())), 0600);
        !saved)
        return fail(saved.error(), ExitCode::unavailable);
    // A start that can't write them is slower the next time, and nothing else.
    if (PublicKeys keys = peers.public_keys(); keys != known)
        (void)write_atomically(config->public_keys_file(), view(format_public_keys(config->secret, keys)),
                               0600);

    BrokerCore core({.endpoints = endpoints.published(config->public_host),
                     .rights = Rights(std::move(read->rules)),
                     .alerts = std::move(read->alerts),
                     .rotation_grace_ms = config->rotation_grace_ms,
                     .keep_ms = config->journal_keep_ms,
                     .forget_consumer_ms = config->forget_consumer_ms,
                     .self_metrics_ms = config->self_metrics_ms,
                     .host = config->public_host,
                     .version = std::string(kVersion)},
                    peers, *recovered, {boottime_ms(), wall_us()});
    if (const Status restored = restore(core, **store, *recovered); !restored)
        return fail(restored.error(), ExitCode::unavailable);
    core.on_store_state((*store)->state(), {boottime_ms(), wall_us()});
    journal::JournalThread journal(std::move(*store));
    log::info(log::cat("listening: ", endpoints.published(config->public_host)[0], ", control ",
                       endpoints.control_bound, ", feed ", endpoints.feed_bound,
                       "; local sockets and keys in ", config->run_dir));
    BrokerLoop loop(endpoints, core, journal, *signals, files);
    loop.run();
    log::info("stopped");
    return number(ExitCode::ok);
}

}  // namespace

int main(int argc, char** argv) { return run_program(broker_program(), argc, argv, run); }
