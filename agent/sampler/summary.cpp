#include "agent/sampler/summary.hpp"

#include "agent/sampler/json_text.hpp"
#include "agent/sampler/text.hpp"

namespace pncp {
namespace {

constexpr int kPercentDigits = 1;
constexpr int kLoadDigits = 2;

void write_memory(const MemInfo& info, JsonText& json) {
    json.key("memory").begin_object();
    if (info.memory) {
        json.key("total").integer(info.memory->total);
        json.key("used").integer(info.memory->used());
        json.key("free").integer(info.memory->free);
        json.key("percent").decimal(info.memory->used_percent(), kPercentDigits);
    }
    if (info.swap) {
        json.key("swap_total").integer(info.swap->total);
        json.key("swap_used").integer(info.swap->used());
        json.key("swap_free").integer(info.swap->free);
        json.key("swap_percent").decimal(info.swap->used_percent(), kPercentDigits);
    }
    json.end_object();
}

void write_load(const LoadAverage& load, JsonText& json) {
    json.key("load_avg").begin_object();
    json.key("1min").decimal(load.load1, kLoadDigits);
    json.key("5min").decimal(load.load5, kLoadDigits);
    json.key("15min").decimal(load.load15, kLoadDigits);
    json.end_object();
}

void write_disk(const DiskSpace& space, JsonText& json) {
    json.key("disk").begin_object();
    json.key("total").integer(space.total);
    json.key("used").integer(space.used);
    json.key("free").integer(space.free);
    json.key("percent").decimal(space.used_percent(), kPercentDigits);
    json.end_object();
}

void write_net(const std::vector<NetReading>& interfaces, JsonText& json) {
    json.key("net").begin_object();
    for (const auto& one : interfaces) {
        json.key(proc::visible_text(one.interface)).begin_object();
        json.key("bytes_sent").integer(one.bytes_sent);
        json.key("bytes_recv").integer(one.bytes_recv);
        json.end_object();
    }
    json.end_object();
}

}  // namespace

std::string metrics_json(const MetricsSummary& summary) {
    JsonText json;
    json.begin_object();
    if (!summary.cpu_percent.empty()) {
        json.key("cpu_percent").begin_array();
        for (const double percent : summary.cpu_percent) json.decimal(percent, kPercentDigits);
        json.end_array();
    }
    if (summary.memory.memory || summary.memory.swap) write_memory(summary.memory, json);
    if (summary.system.load) write_load(*summary.system.load, json);
    if (summary.root_disk) write_disk(*summary.root_disk, json);
    if (!summary.net.empty()) write_net(summary.net, json);
    if (summary.system.uptime_s) json.key("uptime").integer(*summary.system.uptime_s);
    if (summary.system.users) json.key("users").integer(*summary.system.users);
    json.end_object();
    return json.text();
}

}  // namespace pncp
