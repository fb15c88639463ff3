// The probes of pncp-cli doctor: what this machine says by itself.
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <system_error>

#include "cli/doctor.hpp"
#include "cli/route.hpp"
#include "schema/program/clock.hpp"
#include "schema/program/escape.hpp"
#include "schema/program/files.hpp"
#include "schema/transport/endpoint.hpp"

namespace pncp::cli {
namespace {

std::string reason(int error) { return std::system_category().message(error); }

using Addresses = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

std::string address_text(const addrinfo& address) {
    std::array<char, NI_MAXHOST> host{};
    const int failed = getnameinfo(address.ai_addr, address.ai_addrlen, host.data(), host.size(), nullptr, 0,
                                   NI_NUMERICHOST);
    return failed == 0 ? host.data() : "?";
}

/// 0, or the errno with which the connection failed.
int try_connect(const addrinfo& address, std::int64_t timeout_ms) {
    const int connection = socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (connection < 0) return errno;
    int error = connect(connection, address.ai_addr, address.ai_addrlen) == 0 ? 0 : errno;
    if (error == EINPROGRESS) {
        pollfd wait{.fd = connection, .events = POLLOUT, .revents = 0};
        socklen_t size = sizeof error;
        if (poll(&wait, 1, static_cast<int>(timeout_ms)) != 1)
            error = ETIMEDOUT;
        else if (getsockopt(connection, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
            error = errno;
    }
    close(connection);
    return error;
}

std::string fix_of(int error) {
    switch (error) {
        case ECONNREFUSED:
            return "nobody listens there: on that machine see systemctl status pncp-broker, and whether "
                   "listen.control "
                   "has this port";
        case ETIMEDOUT:
            return "the machine is off, or a firewall drops it: open TCP 17471 to 17473 on the controller";
        case EHOSTUNREACH:
        case ENETUNREACH:
            return "there is no way to that network: check this machine's network, and the address";
        default:
            return "check the address, and this machine's network";
    }
}

}  // namespace

bool probe_run_folder(const std::string& folder, Findings& into) {
    struct stat info {};
    if (stat(folder.c_str(), &info) != 0) {
        const int error = errno;
        into.push_back({Health::bad, "run folder", folder + ": " + reason(error),
                        error == EACCES
                            ? no_local_key(folder, true).error.next
                            : "no broker runs on this machine for this user; start it with: systemctl "
                              "start pncp-broker (or pncp-broker), or name a remote one's key with "
                              "--key-file"});
        return false;
    }
    if (access(folder.c_str(), R_OK | X_OK) != 0) {
        into.push_back({Health::bad, "run folder", folder + " is closed to this user",
                        no_local_key(folder, true).error.next});
        return false;
    }
    if ((info.st_mode & 07U) != 0) {
        into.push_back({Health::bad, "run folder", folder + " is open to everybody on this machine",
                        "run: chmod o= " + folder + " (pncp-broker makes it 0750)"});
        return true;
    }
    for (const char* name : {kLocalKeyName, kControlSocketName}) {
        if (path_exists(folder + "/" + name)) continue;
        into.push_back(
            {Health::bad, "run folder", folder + " has no " + name,
             "no broker has made it; start it with: systemctl start pncp-broker (or pncp-broker)"});
        return false;
    }
    into.push_back({Health::good, "run folder", folder + " is there, and closed to others"});
    return true;
}

bool probe_tcp(const std::string& endpoint, std::int64_t timeout_ms, Findings& into) {
    const auto parsed = transport::parse_endpoint(endpoint);
    if (!parsed) {
        into.push_back({Health::bad, "address", parsed.error().message, parsed.error().next});
        return false;
    }
    if (parsed->scheme != transport::Scheme::tcp) return true;
    // The usual 5 s for each of several servers would have a person wait for half a minute.
    setenv("RES_OPTIONS", "timeout:2 attempts:1", 0);
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const std::string host = escape_controls(parsed->host);
    const int failed =
        getaddrinfo(parsed->host.c_str(), std::to_string(parsed->port).c_str(), &hints, &found);
    const Addresses addresses(found, freeaddrinfo);
    if (failed != 0) {
        into.push_back({Health::bad, "name", host + " has no address: " + gai_strerror(failed),
                        "correct the name, add it to /etc/hosts or DNS, or use the address: --broker-control "
                        "tcp://ADDRESS:" +
                            std::to_string(parsed->port)});
        return false;
    }
    std::string names;
    int error = 0;
    bool connected = false;
    for (const addrinfo* each = found; each != nullptr && !connected; each = each->ai_next) {
        names += (names.empty() ? "" : ", ") + address_text(*each);
        error = try_connect(*each, std::min<std::int64_t>(timeout_ms, 3'000));
        connected = error == 0;
    }
    into.push_back({Health::good, "name", host + " is " + names});
    if (connected) {
        into.push_back({Health::good, "TCP", "port " + std::to_string(parsed->port) + " is open"});
    } else {
        into.push_back({Health::bad, "TCP", "port " + std::to_string(parsed->port) + ": " + reason(error),
                        fix_of(error)});
    }
    return connected;
}

void probe_disk(const std::string& folder, Findings& into) {
    struct statvfs info {};
    if (folder.empty() || statvfs(folder.c_str(), &info) != 0 || info.f_blocks == 0) return;
    const std::uint64_t mib = static_cast<std::uint64_t>(info.f_bavail) * info.f_frsize >> 20U;
    const std::uint64_t percent = static_cast<std::uint64_t>(info.f_bavail) * 100 / info.f_blocks;
    const std::string text =
        std::to_string(mib) + " MiB (" + std::to_string(percent) + " %) free for " + folder;
    // A journal of its default size needs twice 1 GiB at most; below 200 MiB its reserve is in danger.
    if (mib < 200) {
        into.push_back({Health::bad, "disk", text, "make room, or lower journal.max_size and log.keep"});
    } else {
        into.push_back({percent < 5 ? Health::note : Health::good, "disk", text});
    }
}

void probe_clock(Findings& into) {
    if (clock_synced()) return;
    into.push_back({Health::note, "clock", "nothing keeps this machine's clock right",
                    "run: sudo timedatectl set-ntp true"});
}

}  // namespace pncp::cli
