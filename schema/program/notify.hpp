// Tells systemd how the service is: READY=1, STATUS=…, WATCHDOG=1, STOPPING=1. The protocol is one datagram
// to the socket that NOTIFY_SOCKET names, written here by hand: libsystemd would bring its pages, liblzma's
// and libgcrypt's into the agent for the sake of one sendmsg. Does nothing when the variable is unset. Thread
// rule: each Notifier belongs to one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pncp {

class Notifier {
  public:
    /// `socket` is the value of NOTIFY_SOCKET: a path, "@name" for an abstract socket, or empty for silence.
    explicit Notifier(std::string socket);
    /// From NOTIFY_SOCKET.
    [[nodiscard]] static Notifier from_environment();

    Notifier(Notifier&& other) noexcept;
    Notifier& operator=(Notifier&&) = delete;
    Notifier(const Notifier&) = delete;
    Notifier& operator=(const Notifier&) = delete;
    ~Notifier();

    /// Each returns false if there is nobody to tell or the datagram was not taken, which no caller needs to
    /// mind.
    bool ready() { return send("READY=1"); }
    bool stopping() { return send("STOPPING=1"); }
    bool watchdog() { return send("WATCHDOG=1"); }
    /// One line that `systemctl status` shows; a line break in it becomes a space, as it would forge another
    /// field.
    bool status(std::string_view text);

  private:
    bool send(std::string_view message);
    std::string socket_;
    int fd_ = -1;
};

/// How often to call watchdog(): half of what systemd allows. nullopt if systemd asks this process for none.
/// Arguments: the values of WATCHDOG_USEC and WATCHDOG_PID (null if unset), and our process id.
[[nodiscard]] std::optional<std::int64_t> watchdog_interval_ms(const char* watchdog_usec,
                                                               const char* watchdog_pid,
                                                               std::int64_t own_pid);
/// The same, read from the environment.
[[nodiscard]] std::optional<std::int64_t> watchdog_interval_ms();

}  // namespace pncp
