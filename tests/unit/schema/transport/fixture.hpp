// What the transport tests share: keys, private folders, and a loop that answers ZAP until something comes
// true.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "schema/transport/curve.hpp"
#include "schema/transport/monitor.hpp"
#include "schema/transport/poller.hpp"
#include "schema/transport/socket.hpp"
#include "schema/transport/zap.hpp"

namespace pncp::transport {

inline constexpr std::chrono::seconds kDeadline{10};

/// A folder that only this test sees, with a path short enough for Unix sockets.
class PrivateFolder {
  public:
    PrivateFolder() {
        std::string name = "/tmp/pncp-XXXXXX";
        path_ = mkdtemp(name.data()) == nullptr ? std::string() : name;
    }
    ~PrivateFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    PrivateFolder(const PrivateFolder&) = delete;
    PrivateFolder& operator=(const PrivateFolder&) = delete;
    [[nodiscard]] std::string path(const std::string& name) const { return path_ + "/" + name; }
    [[nodiscard]] std::string ipc(const std::string& name) const { return "ipc://" + path(name); }

  private:
    std::string path_;
};

/// A key pair that depends on nothing but `seed`.
struct KeyPair {
    explicit KeyPair(std::uint8_t seed) {
        secret.fill(seed);
        own_public = curve_public(secret);
    }
    Key32 secret{};
    Key32 own_public{};
};

inline const KeyPair& broker_key() {
    static const KeyPair key(1);
    return key;
}

inline SocketOptions server_options(const std::string& domain = "agents") {
    SocketOptions options;
    options.curve = CurveServer{broker_key().secret};
    options.zap_domain = domain;
    return options;
}

inline SocketOptions client_options(const KeyPair& key, const Key32& server = broker_key().own_public) {
    SocketOptions options;
    options.curve = CurveClient{key.secret, key.own_public, server};
    options.reconnect_ivl_ms = 5;
    options.reconnect_ivl_max_ms = 20;
    return options;
}

/// Calls `step` and then `met` until it is true or ten seconds have passed.
template <typename Step, typename Met>
[[nodiscard]] bool eventually(Step step, Met met) {
    const auto end = std::chrono::steady_clock::now() + kDeadline;
    while (std::chrono::steady_clock::now() < end) {
        step();
        if (met()) return true;
    }
    return false;
}

/// A context with its ZAP handler, a list of keys, and the loop's turn.
struct Site {
    Context context;
    ZapHandler zap{context};
    Poller poller;
    std::map<Key32, std::string> known;

    Site() { poller.add(zap.socket(), 0); }

    void turn() {
        static_cast<void>(poller.wait(2));
        zap.answer_pending([&](std::string_view, const Key32& key, std::string_view) {
            const auto found = known.find(key);
            return found == known.end() ? std::optional<std::string>() : found->second;
        });
    }
    template <typename Met>
    [[nodiscard]] bool until(Met met) {
        return eventually([&] { turn(); }, met);
    }
    /// Sends as soon as there is a connection.
    [[nodiscard]] bool send(Socket& socket, const std::string& text) {
        return until([&] { return socket.send(Message::copy_of(view(text))) == Sent::ok; });
    }
    /// Waits for any message, good or refused.
    [[nodiscard]] ReceiveResult receive(Socket& socket, std::span<Message> parts) {
        ReceiveResult result;
        static_cast<void>(until([&] { return (result = socket.receive(parts)).status != Received::none; }));
        return result;
    }
    [[nodiscard]] bool sees(Monitor& monitor, MonitorEvent wanted) {
        return until([&] {
            while (const auto seen = monitor.next()) {
                if (seen->event == wanted) return true;
            }
            return false;
        });
    }
};

inline std::string text(const Message& message) { return std::string(text_view(message.bytes())); }

}  // namespace pncp::transport
