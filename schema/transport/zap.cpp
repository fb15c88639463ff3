#include "schema/transport/zap.hpp"

#include <stdexcept>

namespace pncp::transport {

ZapHandler::ZapHandler(Context& context) : socket_(Socket::router(context, {})) {
    if (const Status bound = socket_.bind("inproc://zeromq.zap.01"); !bound) {
        throw std::runtime_error("a second ZAP handler in one context: " + bound.error().text());
    }
}

void ZapHandler::answer_pending(const Lookup& lookup) {
    for (std::size_t answered = 0; answered < kAnswersPerCall; ++answered) {
        const ReceiveResult received = socket_.receive(parts_, 2 + kZapPartsMin);
        if (received.status == Received::none || received.status == Received::failed) return;
        if (received.status == Received::refused) {
            ++counters_.refused_malformed;  // its routing id is gone: the handshake times out
            continue;
        }
        std::array<ByteView, kZapPartsMax> request;
        const std::size_t count = received.parts - 2;
        for (std::size_t i = 0; i < count; ++i) request[i] = parts_[2 + i].bytes();
        const ZapParse parse = parse_zap_request(std::span(request).first(count));
        reply(parse, decide(parse, lookup));
    }
}

ZapVerdict ZapHandler::decide(const ZapParse& parse, const Lookup& lookup) {
    switch (parse.fault) {
        case ZapFault::malformed:
            ++counters_.refused_malformed;
            return std::nullopt;
        case ZapFault::plain:
            ++counters_.refused_plain;
            return std::nullopt;
        case ZapFault::none:
            break;
    }
    const ZapRequest& request = parse.request;
    if (request.mechanism == ZapMechanism::local) {
        ++counters_.accepted_local;
        return std::string();
    }
    ZapVerdict verdict = lookup(request.domain, request.client_public, request.address);
    if (verdict.put_off)
        ++counters_.put_off;
    else
        ++(verdict.user_id ? counters_.accepted_key : counters_.refused_unknown_key);
    return verdict;
}

void ZapHandler::reply(const ZapParse& parse, const ZapVerdict& verdict) {
    // RFC 27: routing id, empty, version, request id, status code, status text, user id, metadata (none of
    // ours).
    std::array<Message, 8> parts;
    parts[0] = std::move(parts_[0]);
    parts[2] = Message::copy_of(view("1.0"));
    parts[3] = Message::copy_of(parse.request.id);
    const bool in = verdict.user_id.has_value();
    parts[4] = Message::copy_of(view(in ? "200" : verdict.put_off ? "300" : "400"));
    parts[5] = Message::copy_of(view(in ? "OK" : verdict.put_off ? "not now" : "key not accepted"));
    if (in) parts[6] = Message::copy_of(view(*verdict.user_id));
    // The asking connection may be gone by now; then nobody waits for the answer.
    static_cast<void>(socket_.send(parts));
}

}  // namespace pncp::transport
