#include "agent/sampler/users.hpp"

#include <utmp.h>

#include <cstring>

namespace pncp {

std::int64_t count_logged_in(std::string_view records) {
    std::int64_t sessions = 0;
    for (; records.size() >= sizeof(utmp); records.remove_prefix(sizeof(utmp))) {
        utmp record;
        std::memcpy(&record, records.data(), sizeof record);
        if (record.ut_type == USER_PROCESS && record.ut_user[0] != '\0') ++sessions;
    }
    return sessions;
}

}  // namespace pncp
