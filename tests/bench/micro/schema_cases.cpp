#include <memory>

#include "schema/codec.hpp"
#include "schema/crypto.hpp"
#include "schema/event_bodies.hpp"
#include "tests/bench/micro/cases.hpp"
#include "tests/bench/micro/samples.hpp"

namespace pncp::bench {

namespace {

Batch batch() {
    swarm::Readings readings(1);
    return sample_batch(readings, 1);
}

std::function<void()> sign(std::size_t size) {
    auto key = std::make_shared<SigningKey>(Key32{1});
    return [key, text = Bytes(size, 'x'), tag = Key32{}]() mutable {
        key->sign(text, tag.data());
        keep(tag);
    };
}

std::function<void()> verify(std::size_t size) {
    auto key = std::make_shared<SigningKey>(Key32{1});
    const Bytes text(size, 'x');
    Key32 tag;
    key->sign(text, tag.data());
    return [key, text, tag] { keep(key->verify(text, tag)); };
}

}  // namespace

std::vector<Case> schema_cases() {
    return {
        {"sign/100", [] { return sign(100); }},
        {"sign/1000", [] { return sign(1000); }},
        {"verify/1000", [] { return verify(1000); }},
        {"encode/batch",
         [] {
             return
                 [made = batch(), out = Bytes()]() mutable { out.clear(), encode_to(out, made), keep(out); };
         }},
        {"decode/batch", [] { return [bytes = encode(batch())] { keep(decode<Batch>(bytes)); }; }},
        {"decode/metrics",
         [] { return [bytes = batch().rows[0].body] { keep(decode<MetricsBody>(bytes)); }; }},
        {"frame/batch",
         [] {
             auto key = std::make_shared<SigningKey>(Key32{1});
             return [key, made = batch()] { keep(make_frame({.type = FrameType::batch}, *key, made)); };
         }},
    };
}

}  // namespace pncp::bench
