// pncp-agent: settings, key, signals, then the loop. Threads: this one, and libzmq's two.
#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <exception>

#include "agent/app/agent_loop.hpp"
#include "agent/app/agent_setup.hpp"
#include "schema/program/log.hpp"

namespace {

/// Unmaps the code and constants that only the start needed (TOML, options, the libraries' own beginnings):
/// what is used again comes back from the page cache. Segments that may be written are left alone.
void release_startup_pages() {
    const auto release = [](dl_phdr_info* object, std::size_t, void*) {
        const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
        for (int i = 0; i < object->dlpi_phnum; ++i) {
            const auto& segment = object->dlpi_phdr[i];
            if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W) != 0) continue;
            const auto begin = (object->dlpi_addr + segment.p_vaddr) / page * page;
            const auto end = object->dlpi_addr + segment.p_vaddr + segment.p_memsz;
            madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
        }
        return 0;
    };
    dl_iterate_phdr(release, nullptr);
}

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
    release_startup_pages();
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
