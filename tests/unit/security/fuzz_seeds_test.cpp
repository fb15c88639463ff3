// The seeds of frame_fuzz, payload_fuzz and metrics_fuzz are the golden frames, one message of every payload
// type and a metrics body. After a change of the protocol, PNCP_WRITE_VECTORS=1 writes them anew, as it does
// the golden vectors.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/fuzz/payload_types.hpp"
#include "tests/unit/schema/samples.hpp"

namespace pncp {
namespace {

void expect_seed(const std::string& target, const std::string& name, ByteView bytes) {
    const std::string path = std::string(PNCP_SOURCE_DIR) + "/tests/fuzz/corpus/" + target + "/" + name;
    if (std::getenv("PNCP_WRITE_VECTORS") != nullptr) {
        std::filesystem::create_directories(std::filesystem::path(path).parent_path());
        std::ofstream(path, std::ios::binary) << text_view(bytes);
    }
    std::ifstream file(path, std::ios::binary);
    const std::string found{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    EXPECT_EQ(to_hex(view(found)), to_hex(bytes)) << path << " is of another version of the protocol";
}

template <typename Message>
void expect_payload(const std::string& name, const Message& message) {
    Bytes seed = {static_cast<std::uint8_t>(fuzz::PayloadTypes::index_of<Message>())};
    encode_to(seed, message);
    expect_seed("payload", name, seed);
}

TEST(FuzzSeeds, OfTheFrameDecoderAreTheGoldenFrames) {
    for (const auto& [name, frame] : samples::frames()) expect_seed("frame", name, frame);
}

TEST(FuzzSeeds, OfTheMetricsWalkerIsAMetricsBody) {
    expect_seed("metrics", "sample", encode(samples::metrics()));
}

TEST(FuzzSeeds, OfThePayloadDecodersAreOneMessageOfEachType) {
    using namespace samples;
    expect_payload("HELLO", hello());
    expect_payload("CHALLENGE", challenge());
    expect_payload("AUTH", Auth{"pi-1"});
    expect_payload("READY", ready());
    expect_payload("BATCH", batch());
    expect_payload("CATALOGUE", catalogue());
    expect_payload("COMMAND_ACK", command_ack());
    expect_payload("HEARTBEAT", heartbeat());
    expect_payload("BYE", bye());
    expect_payload("ACK", ack());
    expect_payload("COMMAND", command());
    expect_payload("CANCEL", cancel());
    expect_payload("REKEY", rekey());
    expect_payload("NO_SESSION", no_session());
    expect_payload("metrics", metrics());
    expect_payload("output", OutputBody{id(1), OutputStream::err, 12'288, {1, 2, 3}});
    expect_payload("result", result());
    expect_payload("gap", GapBody{id(1), Stream::metrics, 5, 9, "spool full"});
    expect_payload("device-event", DeviceEventBody{"under-voltage", "began"});
    expect_payload("status", StatusBody{true, "", "0.1.0", "boot", -1'500, false});
    expect_payload("command", CommandBody{id(1), id(2), id(3), "local", "disk", {"a"}, 5});
    expect_payload("job", JobBody{id(1), "local", "disk", {}, "*", 3, 5, true});
    expect_payload("command-ack", CommandAckBody{id(1), CommandState::queued, "soon"});
    expect_payload("audit", AuditBody{"local", "send", "disk to *", true});
    expect_payload("job-targets", JobTargetsBody{id(1), {"pi-1", "pi-2"}});
    expect_payload("alert", AlertBody{"hot", "pi-1", true, "temp > 80 for 1m", "temp 83.1"});
    expect_payload("security", SecurityBody{"tag", "agent/pi-1/1", 7});
    expect_payload("anchor", anchor());
    expect_payload("heartbeat-of-the-feed", FeedHeartbeat{id(1), 1, 99, {1, 2, 3, 4, 5, 6, 7, 8, 9}, 4});
    expect_payload("EVENT", event());
    for (const Request& each :
         {request(), Request(JobRequest{id(1), 4, 10'000}), Request(AgentsRequest{"pi-1"}),
          Request(CommandsRequest{}), Request(FetchRequest{41, "metrics/", 256}),
          Request(CursorRequest{id(9), 41}), Request(StatusRequest{}),
          Request(KeyIssueRequest{"pi-9", Role::agent}), Request(KeyRevokeRequest{"pi-9", Role::agent}),
          Request(KeyRotateRequest{"ada", Role::operator_}), Request(KeyListRequest{}),
          Request(ReloadRequest{}), Request(AnchorRequest{id(9), 41, key(3)}),
          Request(AnchorCheckRequest{id(9), {anchor()}}), Request(TargetsRequest{"*", "disk"}),
          Request(CancelRequest{id(9), "ada"})})
        expect_payload("REQUEST-" + std::string(verb_of(each)), each);
    expect_payload("REPLY-job", reply());
    expect_payload("REPLY-error", Reply(ErrorReply{ErrorCode::unknown_command, "no", "try", {"lslogs"}}));
    expect_payload("REPLY-agents", Reply(AgentsReply{{{"pi-1",
                                                       "online",
                                                       5,
                                                       "",
                                                       "0.1.0",
                                                       -7,
                                                       true,
                                                       "0a0b0c0d",
                                                       "Raspberry Pi 5",
                                                       "10.0.0.7",
                                                       {"site=lab"},
                                                       {"temp=51.5"}}},
                                                     ""}));
    expect_payload("REPLY-keys",
                   Reply(KeyListReply{{{"pi-1", Role::agent, 2, false, "0011", true, 1, 2, ""}}, ""}));
    expect_payload("REPLY-targets", Reply(TargetsReply{{{"pi-1", "online", true}}, 1, ""}));
    expect_payload("REPLY-cancel", Reply(CancelReply{id(1), 1, 2, 3}));
    expect_payload("REPLY-anchors", Reply(AnchorCheckReply{{0, 63}}));
}

}  // namespace
}  // namespace pncp
