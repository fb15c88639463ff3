#include "cli/feed_link.hpp"

#include <algorithm>
#include <csignal>
#include <utility>

#include "schema/program/clock.hpp"

namespace pncp::cli {
namespace {

constexpr std::uint64_t kSignalTag = 1;
constexpr std::uint64_t kInputTag = 2;

}  // namespace

FeedLink::FeedLink(Route route, Signals signals)
    : route_(std::move(route)),
      signals_(std::move(signals)),
      questions_(context_, poller_, route_.key, route_.endpoint) {
    poller_.add_fd(signals_.fd(), kSignalTag);
    // Signals::open ignores SIGPIPE, for daemons. `pncp-cli watch status | head` should end quietly.
    std::signal(SIGPIPE, SIG_DFL);
}

FeedLink::~FeedLink() { poller_.remove_fd(signals_.fd()); }

void FeedLink::follow(const Cursor& start) {
    // Never durable: the journal must not wait for somebody who looks.
    SubscriberOptions options;
    options.key = route_.key;
    options.control = route_.endpoint;
    options.feed = route_.key.feed;
    options.start = start;
    subscriber_.emplace(context_, poller_, std::move(options));
}

bool FeedLink::ask(const Request& request) {
    asks_ = true;
    if (questions_.busy()) return false;
    questions_.start(request, boottime_ms());
    return true;
}

std::optional<int> FeedLink::turn(std::int64_t timeout_ms, LiveHandler& handler,
                                  std::span<const int> inputs) {
    wait(timeout_ms, inputs);
    const std::int64_t now_ms = boottime_ms();
    if (subscriber_) subscriber_->step(now_ms, handler);
    if (asks_) questions_.step(now_ms);
    while (auto news = questions_.next_news())
        if (auto* replied = std::get_if<Replied>(&*news)) handler.on_answer(std::move(replied->reply));
    return signals_.next();
}

void FeedLink::wait(std::int64_t timeout_ms, std::span<const int> inputs) {
    const std::int64_t now_ms = boottime_ms();
    std::int64_t until_ms = now_ms + timeout_ms;
    if (subscriber_) until_ms = std::min(until_ms, subscriber_->wake_at_ms());
    if (asks_) until_ms = std::min(until_ms, questions_.wake_at_ms());
    for (const int each : inputs) poller_.add_fd(each, kInputTag);
    static_cast<void>(poller_.wait(std::max<std::int64_t>(until_ms - now_ms, 0)));
    for (const int each : inputs) poller_.remove_fd(each);
}

std::variant<std::unique_ptr<LiveLink>, Failure> follow(const Settings& settings, const Place& place) {
    auto route = choose_route(settings, place);
    if (auto* failure = std::get_if<Failure>(&route)) return std::move(*failure);
    if (std::get<Route>(route).key.feed.empty())
        return Failure{ExitCode::configuration,
                       {"the key file names no feed to follow",
                        "have the key made anew by this broker: pncp-cli key rotate"}};
    auto signals = Signals::open();
    if (!signals) return Failure{ExitCode::internal, signals.error()};
    return std::make_unique<FeedLink>(std::move(std::get<Route>(route)), std::move(*signals));
}

}  // namespace pncp::cli
