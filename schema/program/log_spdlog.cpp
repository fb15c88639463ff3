// log.hpp by spdlog: the only file that sees its headers.
#include "schema/program/log.hpp"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>

namespace pncp::log {
namespace {

spdlog::level::level_enum to_spdlog(Level wanted) {
    switch (wanted) {
        case Level::debug:
            return spdlog::level::debug;
        case Level::info:
            return spdlog::level::info;
        case Level::warning:
            return spdlog::level::warn;
        case Level::error:
            return spdlog::level::err;
    }
    return spdlog::level::info;
}

bool for_journal = false;

std::shared_ptr<spdlog::logger> make_logger(std::string_view name) {
    auto logger = std::make_shared<spdlog::logger>(std::string(name),
                                                   std::make_shared<spdlog::sinks::stderr_sink_mt>());
    // Our own level decides; spdlog's must not hold anything back.
    logger->set_level(spdlog::level::trace);
    logger->flush_on(spdlog::level::trace);
    logger->set_error_handler([](const std::string&) {});
    logger->set_pattern(for_journal ? "%v" : "%Y-%m-%dT%H:%M:%S.%eZ %l %n: %v",
                        spdlog::pattern_time_type::utc);
    return logger;
}

std::shared_ptr<spdlog::logger>& logger() {
    static std::shared_ptr<spdlog::logger> only = make_logger("pncp");
    return only;
}

}  // namespace

void open(std::string_view name) {
    for_journal = detail::stderr_is_journal();
    logger() = make_logger(name);
}

void write(Level wanted, std::string_view text) noexcept try {
    if (wanted < level()) return;
    const std::string line = detail::one_line(text);
    if (for_journal) {
        logger()->log(to_spdlog(wanted), "{}{}: {}", detail::syslog_prefix(wanted), logger()->name(), line);
    } else {
        logger()->log(to_spdlog(wanted), "{}", line);
    }
} catch (...) {
    // A log line that can't be written has nowhere to be reported.
}

}  // namespace pncp::log
