#include "broker/influx_bridge/http_post.hpp"

#include <curl/curl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "broker/influx_bridge/gzip.hpp"

namespace pncp::influx {

namespace {

/// What is kept of an answer: a 400 may quote the whole batch, of which a person needs the beginning.
constexpr std::size_t kAnswerBytes = 4'096;

void require(CURLcode code, const char* what) {
    if (code != CURLE_OK) throw std::runtime_error(std::string(what) + ": " + curl_easy_strerror(code));
}

std::size_t keep_beginning(char* data, std::size_t size, std::size_t count, void* user) {
    auto& text = *static_cast<std::string*>(user);
    const std::size_t bytes = size * count;
    if (text.size() < kAnswerBytes) text.append(data, std::min(bytes, kAnswerBytes - text.size()));
    return bytes;
}

std::string percent_encoded(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
            c == '_' || c == '.' || c == '~')
            out += c;
        else
            ((out += '%') += digits[byte >> 4U]) += digits[byte & 0xFU];
    }
    return out;
}

/// A database's name as InfluxQL quotes it.
std::string quoted_identifier(std::string_view name) {
    std::string out = "\"";
    for (const char c : name) {
        if (c == '"' || c == '\\') out += '\\';
        if (c == '\n')
            out += "\\n";
        else
            out += c;
    }
    return out + '"';
}

class EventFd {
  public:
    EventFd() : fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
        if (fd_ < 0)
            throw std::runtime_error("no file descriptor for the HTTP thread; raise the limit of open files");
    }
    ~EventFd() { close(fd_); }
    EventFd(const EventFd&) = delete;
    EventFd& operator=(const EventFd&) = delete;

    void set() const {
        const std::uint64_t one = 1;
        (void)!write(fd_, &one, sizeof one);
    }
    void clear() const {
        std::uint64_t count = 0;
        (void)!read(fd_, &count, sizeof count);
    }
    void wait() const {
        pollfd item{fd_, POLLIN, 0};
        poll(&item, 1, -1);
        clear();
    }
    [[nodiscard]] int get() const { return fd_; }

  private:
    int fd_;
};

/// The kept connection and its two kinds of request. Used by the HTTP thread only, once made.
class Connection {
  public:
    Connection(const HttpOptions& options, const std::atomic<bool>& stop);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    [[nodiscard]] Answer perform(const Request& request);

  private:
    template <typename Value>
    void set(CURLoption option, Value value) {
        require(curl_easy_setopt(curl_, option, value), "libcurl refuses an option");
    }
    void set_credentials(const HttpOptions& options);
    void add_header(const std::string& line);

    CURL* curl_;
    curl_slist* headers_ = nullptr;
    curl_slist* gzip_headers_ = nullptr;
    bool use_gzip_;
    std::string write_url_;
    std::string query_url_;
    std::string create_body_;
    std::string compressed_;
    std::string answer_;
    Gzip gzip_;
    char error_[CURL_ERROR_SIZE] = {};
};

Connection::Connection(const HttpOptions& options, const std::atomic<bool>& stop)
    : curl_(curl_easy_init()), use_gzip_(options.gzip) {
    if (curl_ == nullptr) throw std::runtime_error("libcurl can't start");
    const std::string base = store_address(options);
    // Without `precision` times are nanoseconds; misspelt it would be ignored, so it is left out.
    write_url_ = base + "/write?db=" + percent_encoded(options.database);
    if (!options.retention_policy.empty()) write_url_ += "&rp=" + percent_encoded(options.retention_policy);
    if (!options.path.empty()) write_url_ = base + options.path;
    query_url_ = base + "/query";
    create_body_ = "q=" + percent_encoded("CREATE DATABASE " + quoted_identifier(options.database));

    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_POST, 1L);
    set(CURLOPT_PROTOCOLS_STR, options.tls ? "https" : "http");
    set(CURLOPT_PROXY, "");  // the store is named by the configuration, not by whoever set http_proxy
    set(CURLOPT_TCP_KEEPALIVE, 1L);
    set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.connect_timeout_ms));
    set(CURLOPT_TIMEOUT_MS, static_cast<long>(options.total_timeout_ms));
    set(CURLOPT_USERAGENT, "pncp");
    set(CURLOPT_ERRORBUFFER, error_);
    set(CURLOPT_WRITEFUNCTION, &keep_beginning);
    set(CURLOPT_WRITEDATA, static_cast<void*>(&answer_));
    set(CURLOPT_NOPROGRESS, 0L);
    set(CURLOPT_XFERINFODATA, static_cast<void*>(const_cast<std::atomic<bool>*>(&stop)));
    set(
        CURLOPT_XFERINFOFUNCTION, +[](void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
            return static_cast<const std::atomic<bool>*>(user)->load() ? 1 : 0;
        });
    if (!options.ca_file.empty()) set(CURLOPT_CAINFO, options.ca_file.c_str());
    if (!options.tls_verify) {
        set(CURLOPT_SSL_VERIFYPEER, 0L);
        set(CURLOPT_SSL_VERIFYHOST, 0L);
    }
    set_credentials(options);
    if (!options.content_type.empty()) add_header("Content-Type: " + options.content_type);
    add_header(
        "Expect:");  // waiting for "100 Continue" costs a round trip, or a second where nobody answers it
    for (const curl_slist* each = headers_; each != nullptr; each = each->next)
        gzip_headers_ = curl_slist_append(gzip_headers_, each->data);
    gzip_headers_ = curl_slist_append(gzip_headers_, "Content-Encoding: gzip");
}

Connection::~Connection() {
    curl_easy_cleanup(curl_);
    curl_slist_free_all(headers_);
    curl_slist_free_all(gzip_headers_);
}

void Connection::add_header(const std::string& line) { headers_ = curl_slist_append(headers_, line.c_str()); }

void Connection::set_credentials(const HttpOptions& options) {
    if (!options.token.empty()) return add_header("Authorization: Token " + options.token);
    if (!options.bearer.empty()) return add_header("Authorization: Bearer " + options.bearer);
    if (options.user.empty()) return;
    set(CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
    set(CURLOPT_USERNAME, options.user.c_str());
    set(CURLOPT_PASSWORD, options.password.c_str());
}

Answer Connection::perform(const Request& request) {
    std::string_view body = request.body;
    bool gzipped = false;
    const bool write = request.kind == Request::Kind::write;
    if (!write) {
        body = create_body_;
    } else if (use_gzip_ && gzip_.compress(body, compressed_)) {
        body = compressed_;
        gzipped = true;
    }
    answer_.clear();
    error_[0] = '\0';
    curl_easy_setopt(curl_, CURLOPT_URL, (write ? write_url_ : query_url_).c_str());
    curl_easy_setopt(curl_, CURLOPT_HTTPHEADER, gzipped ? gzip_headers_ : headers_);
    curl_easy_setopt(curl_, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
    curl_easy_setopt(curl_, CURLOPT_POSTFIELDS, body.data());
    const CURLcode code = curl_easy_perform(curl_);
    if (code != CURLE_OK) return {0, error_[0] != '\0' ? error_ : curl_easy_strerror(code), 0};
    long status = 0;
    curl_easy_getinfo(curl_, CURLINFO_RESPONSE_CODE, &status);
    curl_off_t retry_after_s = 0;
    curl_easy_getinfo(curl_, CURLINFO_RETRY_AFTER, &retry_after_s);
    constexpr curl_off_t longest_s = 86'400;
    return {static_cast<int>(status), answer_,
            static_cast<std::int64_t>(std::clamp<curl_off_t>(retry_after_s, 0, longest_s)) * 1000};
}

}  // namespace

Status set_url(HttpOptions& options, const std::string& url) {
    const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> parsed(curl_url(), curl_url_cleanup);
    const auto wrong = [](const std::string& what) {
        return Error{"the URL " + what, "write it as https://host[:port]/path"};
    };
    if (!parsed || curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK)
        return wrong("is none");
    const auto part = [&](CURLUPart which, unsigned flags) {
        char* text = nullptr;
        if (curl_url_get(parsed.get(), which, &text, flags) != CURLUE_OK) return std::string();
        const std::unique_ptr<char, decltype(&curl_free)> owned(text, curl_free);
        return std::string(text);
    };
    const std::string scheme = part(CURLUPART_SCHEME, 0);
    if (scheme != "http" && scheme != "https") return wrong("is neither http:// nor https://");
    if (!part(CURLUPART_USER, 0).empty() || !part(CURLUPART_PASSWORD, 0).empty())
        return wrong("holds a user or password, which have no place in it");
    options.tls = scheme == "https";
    options.host = part(CURLUPART_HOST, 0);
    options.port = static_cast<std::uint16_t>(std::stoi(part(CURLUPART_PORT, CURLU_DEFAULT_PORT)));
    options.path = part(CURLUPART_PATH, 0);
    if (const std::string query = part(CURLUPART_QUERY, 0); !query.empty()) options.path += "?" + query;
    return Done{};
}

std::string store_address(const HttpOptions& options) {
    const bool bare_ipv6 = options.host.find(':') != std::string::npos && !options.host.starts_with('[');
    return (options.tls ? "https://" : "http://") + (bare_ipv6 ? "[" + options.host + "]" : options.host) +
           ":" + std::to_string(options.port);
}

struct HttpPost::State {
    explicit State(const HttpOptions& options) : connection(options, stop) {}

    void run() {
        while (true) {
            asked.wait();
            if (stop) return;
            std::optional<Request> next;
            {
                const std::lock_guard lock(mutex);
                next = std::exchange(request, std::nullopt);
            }
            if (!next) continue;
            Answer result = connection.perform(*next);
            {
                const std::lock_guard lock(mutex);
                answer = std::move(result);
            }
            answered.set();
        }
    }

    EventFd asked;
    EventFd answered;
    std::atomic<bool> stop = false;
    std::mutex mutex;  // guards the two slots
    std::optional<Request> request;
    std::optional<Answer> answer;
    bool busy = false;  // the owner's: asked and not yet taken
    Connection connection;
    std::thread thread;
};

HttpPost::HttpPost(HttpOptions options) {
    static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
    require(started, "libcurl can't start");
    state_ = std::make_unique<State>(options);
    state_->thread = std::thread([state = state_.get()] {
        pthread_setname_np(pthread_self(), "pncp-http");
        state->run();
    });
}

HttpPost::~HttpPost() {
    state_->stop = true;
    state_->asked.set();
    state_->thread.join();
}

bool HttpPost::post(const Request& request) {
    if (std::exchange(state_->busy, true)) return false;
    {
        const std::lock_guard lock(state_->mutex);
        state_->request = request;
    }
    state_->asked.set();
    return true;
}

std::optional<Answer> HttpPost::take() {
    const std::lock_guard lock(state_->mutex);
    if (!state_->answer) return std::nullopt;
    state_->answered.clear();
    state_->busy = false;
    return std::exchange(state_->answer, std::nullopt);
}

int HttpPost::fd() const { return state_->answered.get(); }

}  // namespace pncp::influx
