#include "agent/sampler/users.hpp"

#include <gtest/gtest.h>

#include "tests/unit/agent/sampler/temp_tree.hpp"

namespace pncp {

using test::utmp_record;

TEST(Users, OnlyLoggedInSessionsCount) {
    EXPECT_EQ(count_logged_in(utmp_record(BOOT_TIME, "reboot") + utmp_record(USER_PROCESS, "ada") +
                              utmp_record(DEAD_PROCESS, "ada") + utmp_record(USER_PROCESS, "bob") +
                              utmp_record(USER_PROCESS, "") + utmp_record(LOGIN_PROCESS, "LOGIN")),
              2);
}

TEST(Users, ARecordThatWasCutDoesNotCount) {
    const auto record = utmp_record(USER_PROCESS, "ada");
    EXPECT_EQ(count_logged_in(""), 0);
    EXPECT_EQ(count_logged_in(record + record.substr(0, record.size() - 1)), 1);
}

}  // namespace pncp
