// pncp-broker: start-up in order — settings, secret, journal (whose lock keeps a second broker out), peers,
// sockets, loop.
#include <exception>

#include "broker/app/broker_config.hpp"
#include "broker/app/broker_loop.hpp"
#include "broker/journal/sqlite_store.hpp"
#include "schema/codec.hpp"
#include "schema/program/clock.hpp"
#include "schema/program/files.hpp"
#include "schema/program/log.hpp"

namespace {

using namespace pncp;
using namespace pncp::broker;

int fail(const Error& error, ExitCode code) {
    log::error(error.text());
    return number(code);
}

/// Hands the events of open jobs to the core, class by class: jobs first, then commands, then answers.
Status restore_jobs(BrokerCore& core, journal::Store& store, const journal::Recovered& recovered) {
    std::uint64_t first = 0;
    for (const auto& job : recovered.jobs)
        if (!job.ended && (first == 0 || job.first_seq < first)) first = job.first_seq;
    if (first == 0) return Done{};
    for (const EventClass event_class : {EventClass::job, EventClass::command, EventClass::result}) {
        std::uint64_t after = first - 1;
        while (true) {
            auto page = store.read(after, make_topic(event_class, ""), limits::kPageRows, limits::kPageBytes);
            if (!page) return page.error();
            for (const EventRow& row : page->rows)
                if (const auto event = decode<Event>(row.event)) core.restore(row.seq, *event);
            if (page->rows.empty() || page->next <= after) break;
            after = page->next;
        }
    }
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
    random_bytes(options.new_journal_id);
    auto store = journal::SqliteStore::open(options);
    if (!store) return fail(store.error(), ExitCode::unavailable);
    const auto recovered = (*store)->recover();
    if (!recovered) return fail(recovered.error(), ExitCode::unavailable);

    auto list = load_peers(config->peers_file());
    if (!list) return fail(list.error(), ExitCode::configuration);
    PeerDirectory peers(config->secret, *list);

    transport::Context context({.io_threads = 1, .max_sockets = 1023});
    Endpoints endpoints(context, broker_curve_secret(config->secret));
    if (const Status bound = endpoints.bind(*config); !bound)
        return fail(bound.error(), ExitCode::unavailable);
    if (const Status written = write_local_keys(peers, *config); !written)
        return fail(written.error(), ExitCode::unavailable);
    if (const Status saved = write_atomically(config->peers_file(), view(format_peers(peers.list())), 0600);
        !saved)
        return fail(saved.error(), ExitCode::unavailable);

    BrokerCore core({.feed_epoch = 1, .endpoints = endpoints.published(config->public_host)}, peers,
                    *recovered, {boottime_ms(), wall_us()});
    if (const Status restored = restore_jobs(core, **store, *recovered); !restored)
        return fail(restored.error(), ExitCode::unavailable);
    journal::JournalThread journal(std::move(*store));
    log::info(log::cat("listening: ", endpoints.published(config->public_host)[0], ", control ",
                       endpoints.control_bound, ", feed ", endpoints.feed_bound,
                       "; local sockets and keys in ", config->run_dir));
    BrokerLoop loop(endpoints, core, peers, journal, *signals, config->peers_file());
    loop.run();
    log::info("stopped");
    return number(ExitCode::ok);
}

}  // namespace

int main(int argc, char** argv) {
    log::open("pncp-broker");
    try {
        const Loaded loaded = load_settings(broker_program(), argc, argv);
        if (loaded.finished) return finish(loaded);
        for (const std::string& warning : loaded.warnings) log::warning(warning);
        return run(loaded.settings);
    } catch (const std::exception& error) {
        log::error(log::cat("internal error, please report it: ", error.what()));
        return number(ExitCode::internal);
    }
}
