#include "schema/transport/zap_request.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace pncp::transport {
namespace {

using Parts = std::vector<std::string>;

Parts good_curve() { return {"1.0", "1", "agents", "192.0.2.7", "", "CURVE", std::string(32, 'k')}; }
Parts good_local() { return {"1.0", "1", "control", "localhost:1000:1000:4711", "", "NULL"}; }

/// The views of ZapParse point into `parts`, so it has to outlive the result.
ZapParse parse(const Parts& parts) {
    std::vector<ByteView> views;
    for (const std::string& part : parts) views.push_back(view(part));
    return parse_zap_request(views);
}

TEST(ZapRequest, CurveRequestsGiveDomainAddressAndKey) {
    const Parts parts = good_curve();
    const ZapParse parsed = parse(parts);
    ASSERT_EQ(parsed.fault, ZapFault::none);
    EXPECT_EQ(parsed.request.mechanism, ZapMechanism::curve);
    EXPECT_EQ(text_view(parsed.request.id), "1");
    EXPECT_EQ(parsed.request.domain, "agents");
    EXPECT_EQ(parsed.request.address, "192.0.2.7");
    EXPECT_EQ(parsed.request.client_public[31], 'k');
}

TEST(ZapRequest, NullIsAcceptedFromUnixSocketsOnly) {
    Parts parts = good_local();
    EXPECT_EQ(parse(parts).fault, ZapFault::none);
    EXPECT_EQ(parse(parts).request.mechanism, ZapMechanism::local);
    for (const char* address :
         {"127.0.0.1", "::1", "::1:2:3", "::ffff:127.0.0.1", "", "localhost", "localhost:1:2",
          "localhost::1:2", "localhost:1:2:", "localhost:1:2:3:4", "localhost:1:2:x"}) {
        parts[3] = address;
        EXPECT_EQ(parse(parts).fault, ZapFault::plain) << address;
    }
}

TEST(ZapRequest, OtherMechanismsAreRefused) {
    for (const char* mechanism : {"PLAIN", "GSSAPI", "curve", "", "NULL "}) {
        Parts parts = good_local();
        parts[5] = mechanism;
        EXPECT_EQ(parse(parts).fault, ZapFault::plain) << mechanism;
    }
}

TEST(ZapRequest, AnotherVersionIsMalformed) {
    for (const char* version : {"", "1", "1.1", "1.0 ", "2.0"}) {
        Parts parts = good_curve();
        parts[0] = version;
        EXPECT_EQ(parse(parts).fault, ZapFault::malformed) << version;
    }
}

TEST(ZapRequest, KeysAreExactly32Bytes) {
    for (const std::size_t size : {0U, 31U, 33U, 40U}) {
        Parts parts = good_curve();
        parts[6] = std::string(size, 'k');
        EXPECT_EQ(parse(parts).fault, ZapFault::malformed) << size;
    }
    Parts parts = good_curve();
    parts.pop_back();
    EXPECT_EQ(parse(parts).fault, ZapFault::malformed);
}

TEST(ZapRequest, EveryOtherNumberOfPartsIsMalformed) {
    for (std::size_t count = 0; count < 12; ++count) {
        Parts parts = good_curve();
        parts.resize(count, "x");
        if (count != 7) {
            EXPECT_NE(parse(parts).fault, ZapFault::none) << count;
        }
    }
}

TEST(ZapRequest, NoDomainOrAnOverlongPartIsMalformed) {
    Parts parts = good_curve();
    parts[2].clear();
    EXPECT_EQ(parse(parts).fault, ZapFault::malformed);
    for (std::size_t at = 0; at < 7; ++at) {
        parts = good_curve();
        parts[at] = std::string(256, 'x');
        EXPECT_EQ(parse(parts).fault, ZapFault::malformed) << at;
    }
}

}  // namespace
}  // namespace pncp::transport
