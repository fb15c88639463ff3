// bench-post HOST:PORT DATABASE FILE: the limit of the bridge. Bodies in line protocol, each with its length
// in a line before it, posted one after the other over one kept connection by libcurl; nothing is read from a
// feed, formatted or looked at. Says the nanoseconds it took.
#include <curl/curl.h>

#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

namespace {

std::int64_t now_ns() {
    timespec time{};
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1'000'000'000LL + time.tv_nsec;
}

std::vector<std::string> read_bodies(const char* path) {
    std::vector<std::string> bodies;
    std::FILE* file = std::fopen(path, "rb");
    if (file == nullptr) return bodies;
    char line[64];
    while (std::fgets(line, sizeof line, file) != nullptr) {
        std::string body(std::strtoul(line, nullptr, 10), '\0');
        if (std::fread(body.data(), 1, body.size(), file) != body.size()) break;
        bodies.push_back(std::move(body));
    }
    std::fclose(file);
    return bodies;
}

std::size_t ignore(char*, std::size_t size, std::size_t count, void*) { return size * count; }

}  // namespace

int main(int argc, char** argv) {
    if (argc < 4) return 2;
    const std::vector<std::string> bodies = read_bodies(argv[3]);
    CURL* curl = curl_easy_init();
    const std::string url = std::string("http://") + argv[1] + "/write?db=" + argv[2];
    curl_slist* headers = curl_slist_append(nullptr, "Expect:");
    curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, ignore);
    curl_easy_setopt(curl, CURLOPT_TCP_NODELAY, 1L);
    const std::int64_t begun = now_ns();
    for (const std::string& body : bodies) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body.data());
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
        const CURLcode done = curl_easy_perform(curl);
        long status = 0;
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
        if (done != CURLE_OK || status != 204) {
            std::fprintf(stderr, "%s: HTTP %ld\n", curl_easy_strerror(done), status);
            return 1;
        }
    }
    std::printf("%" PRId64 "\n", now_ns() - begun);
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
}
