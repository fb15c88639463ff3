#include "schema/subscriber/control_core.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "schema/codec.hpp"
#include "schema/limits.hpp"

namespace pncp {

namespace {

constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
/// A broker that reads 10,000 peers at start is silent for less than a second; a Pi under load for a few.
constexpr std::int64_t kHandshakeStepMs = 3'000;
/// On top of what a long poll waits by itself.
constexpr std::int64_t kReplyMs = 10'000;
/// Pauses double from the first to the last. Locally nobody else is hurt by asking often, and a broker that
/// comes back is found at once.
constexpr std::int64_t kFirstPauseMs = 100;
constexpr std::int64_t kLastPauseMs = 30'000;
constexpr std::int64_t kLastLocalPauseMs = 2'000;

std::int64_t reply_timeout_ms(const Request& request) {
    const auto* poll = std::get_if<JobRequest>(&request);
    return kReplyMs + (poll == nullptr ? 0 : std::clamp<std::int64_t>(poll->wait_ms, 0, limits::kLongPollMs));
}

}  // namespace

ControlCore::ControlCore(const KeyFile& key, std::string endpoint, std::uint64_t seed, OnLoss on_loss)
    : self_(key.peer),
      local_(endpoint.starts_with("ipc://")),
      on_loss_(on_loss),
      endpoint_(std::move(endpoint)),
      session_(key.peer, key.key, key.broker),
      jitter_(static_cast<std::minstd_rand::result_type>(seed | 1U)) {}

void ControlCore::enter(State state, std::int64_t deadline_ms) {
    state_ = state;
    deadline_ms_ = deadline_ms;
}

// --- what the caller wants -----------------------------------------------------------------------------

void ControlCore::start(Request request, std::int64_t now_ms, ControlActions& out) {
    request_ = std::move(request);
    if (state_ == State::idle) send_request(now_ms, out);
}

void ControlCore::cancel(std::int64_t now_ms, ControlActions& out) {
    request_.reset();
    if (state_ == State::busy) close(now_ms, 0, out);
}

void ControlCore::renew(std::int64_t now_ms, ControlActions& out) {
    if (established()) close(now_ms, 0, out);
}

void ControlCore::send_request(std::int64_t now_ms, ControlActions& out) {
    out.emplace_back(SendFrame{session_.seal(FrameType::request, *request_)});
    enter(State::busy, now_ms + reply_timeout_ms(*request_));
}

// --- what happens --------------------------------------------------------------------------------------

void ControlCore::tick(std::int64_t now_ms, ControlActions& out) {
    if (now_ms < deadline_ms_) return;
    if (state_ == State::closed) {
        enter(State::opening, kNever);
        out.emplace_back(OpenSocket{});
    } else {
        fail(problem_now(), now_ms, out);
    }
}

void ControlCore::on_open(Hello hello, std::int64_t now_ms, ControlActions& out) {
    connected_ = false;
    out.emplace_back(SendFrame{session_.hello(std::move(hello))});
    enter(State::hello_sent, now_ms + kHandshakeStepMs);
}

void ControlCore::on_open_failed(Error error, std::int64_t now_ms, ControlActions& out) {
    fail({ControlFailure::unreachable, std::move(error)}, now_ms, out);
}

void ControlCore::on_frame(ByteView bytes, std::int64_t now_ms, ControlActions& out) {
    if (state_ == State::closed || state_ == State::opening) return;
    connected_ = true;
    auto input = session_.on_frame(bytes);
    if (auto* auth = std::get_if<ClientSession::SendAuth>(&input)) {
        out.emplace_back(SendFrame{std::move(auth->frame)});
        enter(State::auth_sent, now_ms + kHandshakeStepMs);
    } else if (auto* established = std::get_if<ClientSession::Established>(&input)) {
        last_.reset();
        enter(State::idle, kNever);
        out.emplace_back(SessionReady{std::move(established->ready)});
        if (request_) send_request(now_ms, out);
    } else if (const auto* frame = std::get_if<Verified>(&input)) {
        on_reply(*frame, now_ms, out);
    } else if (std::holds_alternative<ClientSession::Lost>(input)) {
        // Usual after a restart of the broker or a long silence: no trouble to tell of.
        close(now_ms, next_pause_ms(), out);
    } else {
        // REQ has spent its one receive on a frame that proves nothing.
        const Refusal refusal = std::get<Refusal>(input);
        const bool forged =
            refusal == Refusal::tag || refusal == Refusal::magic || refusal == Refusal::length;
        const bool shaking_hands = state_ == State::hello_sent || state_ == State::auth_sent;
        fail(describe(forged && shaking_hands ? ControlFailure::wrong_broker : ControlFailure::protocol),
             now_ms, out);
    }
}

void ControlCore::on_reply(const Verified& frame, std::int64_t now_ms, ControlActions& out) {
    std::optional<Reply> reply;
    if (frame.type == FrameType::reply && state_ == State::busy) reply = decode<Reply>(frame.payload);
    if (!reply) {
        fail(describe(ControlFailure::protocol), now_ms, out);
        return;
    }
    failures_ = 0;
    request_.reset();
    enter(State::idle, kNever);
    out.emplace_back(Replied{std::move(*reply)});
}

void ControlCore::on_connection_failed(ControlFailure failure, std::int64_t now_ms, ControlActions& out) {
    if (state_ == State::closed || state_ == State::opening) return;
    fail(describe(failure), now_ms, out);
}

// --- failing and coming back ---------------------------------------------------------------------------

void ControlCore::fail(ControlProblem problem, std::int64_t now_ms, ControlActions& out) {
    last_ = problem;
    out.emplace_back(Trouble{std::move(problem)});
    close(now_ms, next_pause_ms(), out);
}

void ControlCore::close(std::int64_t now_ms, std::int64_t pause_ms, ControlActions& out) {
    session_.reset();
    connected_ = false;
    if (on_loss_ == OnLoss::forget) request_.reset();
    out.emplace_back(CloseSocket{});
    enter(State::closed, now_ms + pause_ms);
}

std::int64_t ControlCore::next_pause_ms() {
    const std::int64_t full =
        std::min(local_ ? kLastLocalPauseMs : kLastPauseMs, kFirstPauseMs << std::min(failures_, 16U));
    ++failures_;
    return std::uniform_int_distribution<std::int64_t>(full / 2, full)(jitter_);
}

ControlProblem ControlCore::problem_now() const {
    switch (state_) {
        case State::closed:
        case State::opening:
            return last_ ? *last_ : describe(ControlFailure::unreachable);
        case State::hello_sent:
            if (!connected_) return describe(ControlFailure::unreachable);
            // Over TCP CURVE has proved the key; a local broker passes over a key it does not know in
            // silence.
            return describe(local_ ? ControlFailure::refused : ControlFailure::timeout);
        case State::auth_sent:
        case State::idle:
        case State::busy:
            return describe(ControlFailure::timeout);
    }
    return describe(ControlFailure::timeout);
}

ControlProblem ControlCore::describe(ControlFailure failure) const {
    const std::string who = std::string(role_name(self_.role)) + " " + self_.id;
    switch (failure) {
        case ControlFailure::unreachable:
            return {
                failure,
                {"no broker answers at " + endpoint_, "is pncp-broker running, and is this its endpoint?"}};
        case ControlFailure::refused:
            return {failure,
                    {"the broker at " + endpoint_ + " does not accept the key of " + who + " (generation " +
                         std::to_string(self_.generation) + ")",
                     "it may be revoked or out of date: compare `pncp-cli key list`, or issue it anew"}};
        case ControlFailure::wrong_broker:
            return {failure,
                    {"what answers at " + endpoint_ + " is not the broker that issued the key of " + who +
                         ", or no PNCP broker",
                     "check the endpoint, or issue the key anew"}};
        case ControlFailure::timeout:
            return {failure,
                    {"the broker at " + endpoint_ + " is there but does not answer", "look at its log"}};
        case ControlFailure::protocol:
            return {failure,
                    {"the broker at " + endpoint_ + " answers in a way that this program does not understand",
                     "do both have the same version?"}};
    }
    return {failure, {"no answer from " + endpoint_, ""}};
}

}  // namespace pncp
