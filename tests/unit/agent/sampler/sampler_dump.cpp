// Samples of the live machine as JSON lines, for tests in other languages: one sample for each line on
// standard input, each point on a line of its own, an empty line after each sample.
#include <cstdio>

#include "agent/sampler/json_text.hpp"
#include "agent/sampler/sampler.hpp"

namespace {

struct Write {
    pncp::JsonText& json;
    void operator()(std::int64_t value) const { json.integer(value); }
    void operator()(double value) const { json.decimal(value, 6); }
    void operator()(bool value) const { json.integer(value ? 1 : 0); }
    void operator()(const std::string& value) const { json.string(value); }
};

void print(const pncp::Point& point) {
    pncp::JsonText json;
    json.begin_object().key("measurement").string(point.measurement).key("tags").begin_object();
    for (const auto& [name, value] : point.tags) json.key(name).string(value);
    json.end_object().key("fields").begin_object();
    for (const auto& [name, value] : point.fields) std::visit(Write{json.key(name)}, value);
    json.end_object().end_object();
    std::printf("%s\n", json.text().c_str());
}

}  // namespace

int main() {
    pncp::SamplerOptions options;
    for (std::size_t i = 0; i < pncp::kMetricGroups; ++i)
        options.intervals.set(static_cast<pncp::MetricGroup>(i), 0);
    pncp::Sampler sampler{std::move(options)};
    std::int64_t now_ms = 0;
    for (int letter = std::getchar(); letter != EOF; letter = std::getchar()) {
        if (letter != '\n') continue;
        for (const auto& point : sampler.take(now_ms += 1'000).points) print(point);
        std::printf("\n");
        std::fflush(stdout);
    }
    return 0;
}
