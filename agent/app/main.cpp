// pncp-agent: settings, key, signals, then the loop. Threads: this one, and libzmq's two.
#include <malloc.h>

#include <exception>

#include "agent/app/agent_loop.hpp"
#include "agent/app/agent_setup.hpp"
#include "schema/program/log.hpp"

namespace {

int run(int argc, const char* const* argv) {
    using namespace pncp;
    std::optional<agent::AgentSetup> setup;
    {
        // The settings are let go before the loop begins: they are not needed on the way.
        const Loaded loaded = load_settings(agent::agent_program(), argc, argv);
        if (loaded.finished) return finish(loaded);
        for (const auto& warning : loaded.warnings) log::warning(warning);
        auto prepared = agent::prepare_agent(loaded.settings);
        if (!prepared) {
            log::error(prepared.error().text());
            return number(ExitCode::configuration);
        }
        setup = std::move(*prepared);
    }
    auto signals = Signals::open();
    if (!signals) {
        log::error(signals.error().text());
        return number(ExitCode::unavailable);
    }
    Notifier notifier = Notifier::from_environment();
    agent::AgentLoop loop(std::move(*setup), *signals, notifier);
    malloc_trim(0);
    return number(loop.run());
}

}  // namespace

int main(int argc, char** argv) {
    // One arena: libzmq's threads would otherwise each reserve one of their own.
    mallopt(M_ARENA_MAX, 1);
    pncp::log::open("pncp-agent");
    try {
        return run(argc, argv);
    } catch (const std::exception& error) {
        pncp::log::error(pncp::log::cat("cannot go on: ", error.what()));
        return number(pncp::ExitCode::unavailable);
    }
}
