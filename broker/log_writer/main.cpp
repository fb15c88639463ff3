// pncp-log-writer: start-up in order — settings, the file (whose lock keeps a second writer out), then the
// loop.
#include "broker/log_writer/log_config.hpp"
#include "broker/log_writer/log_file.hpp"
#include "broker/log_writer/service.hpp"
#include "schema/program/log.hpp"
#include "schema/program/main_frame.hpp"
#include "schema/program/signals.hpp"

namespace {

using namespace pncp;
using namespace pncp::log_writer;

int run(const Settings& settings) {
    auto signals = Signals::open();
    if (!signals.ok()) return fail(signals.error(), ExitCode::unavailable);
    auto config = prepare(settings);
    if (!config.ok()) return fail(config.error(), ExitCode::configuration);
    auto file = LogFile::open(config->log_file);
    if (!file.ok()) return fail(file.error(), ExitCode::unavailable);
    if (!file->healed().empty()) log::warning(file->healed());
    log::info(
        log::cat("writing to ", file->path(), " from event ", file->chain().cursor.sequence + 1, " on"));

    Service service(*config, std::move(*file), *signals);
    service.run();
    log::info("stopped");
    return number(ExitCode::ok);
}

}  // namespace

int main(int argc, char** argv) { return run_program(log_writer_program(), argc, argv, run); }
