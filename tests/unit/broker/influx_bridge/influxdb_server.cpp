#include "influxdb_server.hpp"

#include <curl/curl.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>

namespace pncp::influx {

namespace {

const std::string kScript = PNCP_SOURCE_DIR "/scripts/influxdb";

/// Standard output of a command, and whether it succeeded.
std::pair<std::string, bool> run(const std::string& command) {
    std::string out;
    FILE* pipe = popen((command + " 2>&1").c_str(), "re");
    if (pipe == nullptr) return {"popen failed", false};
    char buffer[1'024];
    while (std::fgets(buffer, sizeof buffer, pipe) != nullptr) out += buffer;
    while (!out.empty() && out.back() == '\n') out.pop_back();
    return {out, pclose(pipe) == 0};
}

std::string in_quotes(const std::string& path) { return "'" + path + "'"; }

std::size_t append(char* data, std::size_t size, std::size_t count, void* user) {
    static_cast<std::string*>(user)->append(data, size * count);
    return size * count;
}

}  // namespace

InfluxDbServer::InfluxDbServer() {
    const auto [path, fetched] = run(in_quotes(kScript) + " fetch " + in_quotes(PNCP_INFLUXDB_CACHE));
    if (!fetched) {
        unavailable_ = path;
        return;
    }
    influxd_ = path;
    folder_ = testing::TempDir() + "pncp-influxdb-XXXXXX";
    if (mkdtemp(folder_.data()) == nullptr)
        unavailable_ = "no temporary folder";
    else
        start();
}

InfluxDbServer::~InfluxDbServer() {
    if (folder_.empty()) return;
    kill();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

void InfluxDbServer::start() {
    const auto [text, started] =
        run("INFLUXD=" + in_quotes(influxd_) + " " + in_quotes(kScript) + " start " + in_quotes(folder_));
    if (!started)
        unavailable_ = text;
    else
        port_ = static_cast<std::uint16_t>(std::atoi(text.c_str()));
}

void InfluxDbServer::kill() { (void)run(in_quotes(kScript) + " kill " + in_quotes(folder_)); }

std::vector<nlohmann::json> InfluxDbServer::query(const std::string& text) const {
    CURL* curl = curl_easy_init();
    char* escaped = curl_easy_escape(curl, text.c_str(), static_cast<int>(text.size()));
    const std::string url =
        "http://127.0.0.1:" + std::to_string(port_) + "/query?db=pncp&epoch=ns&q=" + std::string(escaped);
    std::string answer;
    curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, 30L);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &append);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer);
    const CURLcode code = curl_easy_perform(curl);
    curl_free(escaped);
    curl_easy_cleanup(curl);
    EXPECT_EQ(code, CURLE_OK) << text;
    const auto json = nlohmann::json::parse(answer, nullptr, false);
    EXPECT_FALSE(answer.find("\"error\"") != std::string::npos) << text << "\n" << answer;
    std::vector<nlohmann::json> rows;
    const nlohmann::json::json_pointer all("/results/0/series");
    if (json.is_discarded() || !json.contains(all)) return rows;
    for (const auto& series : json.at(all))
        for (const auto& row : series.at("values")) rows.push_back(row);
    return rows;
}

std::int64_t InfluxDbServer::count(const std::string& text) const {
    std::int64_t sum = 0;
    for (const auto& row : query(text)) sum += row.at(1).get<std::int64_t>();
    return sum;
}

}  // namespace pncp::influx
