#include "schema/transport/zap_request.hpp"

#include <algorithm>

namespace pncp::transport {
namespace {

/// libzmq's routing ids and ZAP's own texts end at 255 bytes.
constexpr std::size_t kPartBytesMax = 255;

}  // namespace

bool is_local_address(std::string_view address) {
    constexpr std::string_view kHost = "localhost:";
    if (!address.starts_with(kHost)) return false;
    const std::string_view numbers = address.substr(kHost.size());
    return std::count(numbers.begin(), numbers.end(), ':') == 2 &&
           numbers.find("::") == std::string_view::npos && numbers.front() != ':' && numbers.back() != ':' &&
           numbers.find_first_not_of("0123456789:") == std::string_view::npos;
}

ZapParse parse_zap_request(std::span<const ByteView> parts) {
    ZapParse parse;
    if (parts.size() >= 2 && parts[1].size() <= kPartBytesMax) parse.request.id = parts[1];
    if (parts.size() < kZapPartsMin || parts.size() > kZapPartsMax) return parse;
    const auto too_long = [](ByteView part) { return part.size() > kPartBytesMax; };
    if (std::any_of(parts.begin(), parts.end(), too_long) || text_view(parts[0]) != "1.0") return parse;
    const std::string_view domain = text_view(parts[2]);
    const std::string_view address = text_view(parts[3]);
    const std::string_view mechanism = text_view(parts[5]);
    if (domain.empty()) return parse;
    if (mechanism == "CURVE") {
        const auto key = parts.size() == kZapPartsMax ? exactly<32>(parts[6]) : std::nullopt;
        if (!key) return parse;
        parse.request.mechanism = ZapMechanism::curve;
        parse.request.client_public = *key;
    } else if (mechanism == "NULL" && parts.size() == kZapPartsMin && is_local_address(address)) {
        parse.request.mechanism = ZapMechanism::local;
    } else {
        parse.fault = ZapFault::plain;
        return parse;
    }
    parse.request.domain = domain;
    parse.request.address = address;
    parse.fault = ZapFault::none;
    return parse;
}

}  // namespace pncp::transport
