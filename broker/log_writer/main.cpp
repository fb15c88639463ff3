// pncp-log-writer: start-up in order — settings, the file (whose lock keeps a second writer out), then the
// loop.
#include <exception>

#include "broker/log_writer/log_config.hpp"
#include "broker/log_writer/log_file.hpp"
#include "broker/log_writer/service.hpp"
#include "schema/program/exit_codes.hpp"
#include "schema/program/log.hpp"
#include "schema/program/settings.hpp"
#include "schema/program/signals.hpp"

namespace {

using namespace pncp;
using namespace pncp::log_writer;

int fail(const Error& error, ExitCode code) {
    log::error(error.text());
    return number(code);
}

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

int main(int argc, char** argv) {
    log::open("pncp-log-writer");
    try {
        const Loaded loaded = load_settings(log_writer_program(), argc, argv);
        if (loaded.finished) return finish(loaded);
        for (const std::string& warning : loaded.warnings) log::warning(warning);
        return run(loaded.settings);
    } catch (const std::exception& error) {
        log::error(log::cat("internal error, please report it: ", error.what()));
        return number(ExitCode::internal);
    }
}
