#include "schema/transport/context.hpp"

#include <sys/random.h>

#include <cstdlib>
#include <mutex>
#include <stdexcept>
#include <string>
#include <zmq.hpp>

namespace pncp::transport {
namespace {

void seed_rand_once() {
    static std::once_flag once;
    std::call_once(once, [] {
        unsigned seed = 0;
        if (getrandom(&seed, sizeof seed, 0) != static_cast<ssize_t>(sizeof seed)) {
            throw std::runtime_error("cannot draw random bytes from the kernel (getrandom)");
        }
        std::srand(seed);
    });
}

}  // namespace

Context::Context(const ContextOptions& options) {
    seed_rand_once();
    try {
        context_ = std::make_unique<zmq::context_t>(options.io_threads, options.max_sockets);
    } catch (const zmq::error_t& error) {
        throw std::runtime_error(std::string("cannot start ZeroMQ: ") + error.what());
    }
}

Context::~Context() = default;

}  // namespace pncp::transport
