// A recorded log into an InfluxDB, through the same lines, batches and deliveries as the bridge: the points
// are those that the bridge made, so writing them again changes nothing. One thread (the HTTP thread is
// HttpPost's).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "broker/influx_bridge/http_post.hpp"
#include "broker/influx_bridge/pipeline.hpp"
#include "schema/program/signals.hpp"
#include "schema/result.hpp"
#include "schema/transport/poller.hpp"

namespace pncp::influx {

/// Host, port, TLS and database of "http://HOST[:PORT][/DATABASE]". Pure.
[[nodiscard]] Result<HttpOptions> parse_store_url(std::string_view url);

struct ReplayFigures {
    std::uint64_t events = 0;
    std::uint64_t stored = 0;   ///< points
    std::uint64_t refused = 0;  ///< points and outputs that the store or its rules did not take
    std::uint64_t altered = 0;  ///< lines that are not as the log writer wrote them: passed over
    std::uint64_t gaps = 0;     ///< stretches that the log itself declares missing
};

class Replay {
  public:
    /// Throws when sockets or the HTTP thread can't be had. `signals` outlives it.
    Replay(const HttpOptions& http, const PipelineOptions& options, Signals& signals);
    ~Replay();
    Replay(const Replay&) = delete;
    Replay& operator=(const Replay&) = delete;

    /// All files, oldest first; until everything is stored or refused. An error: a file can't be read, the
    /// store takes nothing for kPatienceMs, or a signal came.
    [[nodiscard]] Status run(const std::vector<std::string>& files);
    [[nodiscard]] ReplayFigures figures() const;

    /// A store that is restarted is back by then.
    static constexpr std::int64_t kPatienceMs = 60'000;

  private:
    [[nodiscard]] Status file(const std::string& path);
    [[nodiscard]] Status line(std::string_view line);
    [[nodiscard]] Status turn();

    Signals& signals_;
    Pipeline pipeline_;
    transport::Poller poller_;
    HttpPost http_;  ///< after the pipeline, whose batch it reads: gone first
    ReplayFigures figures_;
    std::int64_t progress_ms_;  ///< when something was stored last, or nothing waited
    std::uint64_t stored_ = 0;
};

}  // namespace pncp::influx
