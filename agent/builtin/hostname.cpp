#include <sys/utsname.h>

#include <cerrno>
#include <system_error>

#include "agent/builtin/commands.hpp"
#include "agent/sampler/text.hpp"

namespace pncp::builtin {

CommandOutput hostname(Sampler& /*sampler*/, std::int64_t /*now_ms*/) {
    utsname names{};
    if (::uname(&names) != 0)
        return {kExitFailed, "", "hostname: uname failed: " + std::generic_category().message(errno) + "\n"};
    return {0, proc::visible_text(names.nodename) + "\n", ""};
}

}  // namespace pncp::builtin
