// How many files and sockets this process may have open. Any thread, at start-up.
#pragma once

#include <cstdint>

namespace pncp {

/// Raises the soft limit to `wanted`, or to the hard limit if that is lower, and returns what it is now. A
/// connection is a descriptor: with the usual 1,024 a broker would hold no more agents, and libzmq's accept
/// spins when there are none left.
std::uint64_t raise_open_files(std::uint64_t wanted);

}  // namespace pncp
