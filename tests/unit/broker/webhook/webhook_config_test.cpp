#include "broker/webhook/webhook_config.hpp"

#include <gtest/gtest.h>

namespace pncp::webhook {
namespace {

using influx::HttpOptions;

TEST(WebhookUrl, IsTakenApart) {
    HttpOptions http;
    ASSERT_TRUE(influx::set_url(http, "https://chat.example:8443/hooks/abc?x=1").ok());
    EXPECT_TRUE(http.tls);
    EXPECT_EQ(http.host, "chat.example");
    EXPECT_EQ(http.port, 8443);
    EXPECT_EQ(http.path, "/hooks/abc?x=1");
    ASSERT_TRUE(influx::set_url(http, "http://[::1]").ok());
    EXPECT_FALSE(http.tls);
    EXPECT_EQ(http.port, 80);
    EXPECT_EQ(http.path, "/");
}

TEST(WebhookUrl, AMistakeIsNamedWithoutShowingTheUrl) {
    HttpOptions http;
    for (const char* url : {"", "hooks", "ftp://host/secret", "https://ann:secret@host/", "https://"}) {
        const Status set = influx::set_url(http, url);
        ASSERT_FALSE(set.ok()) << url;
        EXPECT_EQ(set.error().text().find("secret"), std::string::npos);
    }
}

}  // namespace
}  // namespace pncp::webhook
