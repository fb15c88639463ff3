#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

#include <array>
#include <map>
#include <memory>

#include "agent/builtin/commands.hpp"
#include "agent/builtin/table.hpp"
#include "agent/sampler/text.hpp"

namespace pncp::builtin {
namespace {

using Addresses = std::map<std::string, std::vector<std::string>>;

/// IPv4 and IPv6 addresses of this machine by interface, in the kernel's order; empty if it will not say.
Addresses live_addresses() {
    struct Free {
        void operator()(ifaddrs* list) const { ::freeifaddrs(list); }
    };
    Addresses addresses;
    ifaddrs* first = nullptr;
    if (::getifaddrs(&first) != 0) return addresses;
    const std::unique_ptr<ifaddrs, Free> list{first};
    for (const ifaddrs* one = first; one != nullptr; one = one->ifa_next) {
        if (one->ifa_addr == nullptr) continue;
        std::array<char, INET6_ADDRSTRLEN> text{};
        const void* address = nullptr;
        if (one->ifa_addr->sa_family == AF_INET)
            address = &reinterpret_cast<const sockaddr_in*>(one->ifa_addr)->sin_addr;
        if (one->ifa_addr->sa_family == AF_INET6)
            address = &reinterpret_cast<const sockaddr_in6*>(one->ifa_addr)->sin6_addr;
        if (address == nullptr) continue;
        if (::inet_ntop(one->ifa_addr->sa_family, address, text.data(), text.size()) != nullptr)
            addresses[one->ifa_name].emplace_back(text.data());
    }
    return addresses;
}

std::string state_of(const std::string& root, const std::string& interface) {
    // The kernel refuses such names; whoever wrote the table otherwise does not get to choose which file is
    // read.
    if (interface.find('/') != std::string::npos || interface.starts_with('.')) return "unknown";
    ReadBuffer buffer;
    KeptFile file{root + "/sys/class/net/" + interface + "/operstate"};
    const auto text = file.read(buffer);
    const auto state = proc::visible_text(proc::trimmed(text.value_or(std::string_view{})));
    return state.empty() ? "unknown" : state;
}

}  // namespace

std::string network_table(const std::vector<NetworkRow>& rows) {
    std::vector<std::vector<std::string>> cells{{"Interface", "State", "Received", "Sent", "Addresses"}};
    for (const auto& row : rows) {
        std::string addresses;
        for (const auto& address : row.addresses) addresses += (addresses.empty() ? "" : ", ") + address;
        cells.push_back({proc::visible_text(row.counters.interface), row.state,
                         std::to_string(row.counters.bytes_recv), std::to_string(row.counters.bytes_sent),
                         addresses.empty() ? "-" : addresses});
    }
    return aligned({Align::left, Align::left, Align::right, Align::right, Align::left}, cells);
}

CommandOutput network(Sampler& sampler, std::int64_t now_ms) {
    const auto summary = sampler.look(now_ms);
    if (summary.net.empty())
        return {kExitFailed, "", "network: " + sampler.root() + "/proc/net/dev lists no interface\n"};
    // A recorded tree has no addresses; those of this machine would be somebody else's.
    const auto addresses = sampler.root().empty() ? live_addresses() : Addresses{};
    std::vector<NetworkRow> rows;
    for (const auto& counters : summary.net) {
        const auto found = addresses.find(counters.interface);
        rows.push_back({counters, state_of(sampler.root(), counters.interface),
                        found != addresses.end() ? found->second : std::vector<std::string>{}});
    }
    return {0, network_table(rows), ""};
}

}  // namespace pncp::builtin
