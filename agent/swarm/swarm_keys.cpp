#include "agent/swarm/swarm_keys.hpp"

#include "schema/crypto.hpp"
#include "schema/keys.hpp"
#include "schema/program/files.hpp"
#include "schema/program/run_dir.hpp"
#include "schema/subscriber/control_client.hpp"

namespace pncp::swarm {

namespace {

constexpr int kIssueTimeoutMs = 10'000;

Result<KeyFile> read_key(const std::string& path, bool group_may_read) {
    auto bytes = read_secret_file(path, {.group_may_read = group_may_read});
    if (!bytes) return bytes.error();
    auto key = parse_key_file(text_view(*bytes));
    wipe(*bytes);
    if (!key) return Error{path + ": " + key.error().message, key.error().next};
    return key;
}

Result<std::vector<KeyFile>> derived(const KeyWish& wish) {
    if (wish.endpoint.empty())
        return Error{"with a master secret the broker's address must be given too",
                     "add --broker-agents tcp://HOST:17471"};
    auto bytes = read_secret_file(wish.secret_file, {});
    if (!bytes) return bytes.error();
    const auto master = parse_master_secret(text_view(*bytes));
    wipe(*bytes);
    if (!master) return Error{wish.secret_file + ": " + master.error().message, master.error().next};
    const Key32 broker = curve_public_key(broker_curve_secret(*master));
    std::vector<KeyFile> keys(wish.count);
    for (std::size_t i = 0; i < wish.count; ++i) {
        keys[i].peer = {Role::agent, wish.prefix + std::to_string(wish.first + i), 1};
        keys[i].key = peer_key(*master, keys[i].peer);
        keys[i].broker = broker;
    }
    return keys;
}

/// Asks the broker on this machine for keys, one connection for all of them.
class Issuer {
  public:
    explicit Issuer(std::string run_dir) : run_dir_(std::move(run_dir)) {}

    Result<KeyFile> issue(const std::string& id) {
        if (!client_) {
            if (run_dir_.empty()) run_dir_ = choose_run_dir(Place::here());
            const auto local = read_key(run_dir_ + "/operator-local.key", true);
            if (!local) return local.error();
            client_.emplace(context_, *local, local->control);
        }
        auto reply = client_->call(KeyIssueRequest{id, Role::agent}, kIssueTimeoutMs);
        if (!reply) return reply.error();
        if (const auto* error = std::get_if<ErrorReply>(&*reply)) return Error{error->message, error->next};
        const auto* issued = std::get_if<KeyIssueReply>(&*reply);
        if (issued == nullptr) return Error{"the broker answered with something else than a key", ""};
        KeyFile file;
        file.peer = {issued->role, issued->id, issued->generation};
        file.key = issued->key;
        file.broker = issued->broker;
        for (const std::string& endpoint : issued->endpoints)
            if (endpoint.starts_with("agents=")) file.agents = endpoint.substr(7);
        return file;
    }

  private:
    std::string run_dir_;
    transport::Context context_;
    std::optional<ControlClient> client_;
};

Result<std::vector<KeyFile>> kept(const KeyWish& wish) {
    if (const Status made = make_folder(wish.keys_dir, 0700); !made) return made.error();
    Issuer issuer(wish.run_dir);
    std::vector<KeyFile> keys;
    for (std::size_t i = 0; i < wish.count; ++i) {
        const std::string id = wish.prefix + std::to_string(wish.first + i);
        const std::string path = wish.keys_dir + "/" + id + ".key";
        if (!path_exists(path)) {
            const auto issued = issuer.issue(id);
            if (!issued) return issued.error();
            const Status written = create_exclusively(path, view(format_key_file(*issued)), 0600);
            if (!written) return written.error();
        }
        auto key = read_key(path, false);
        if (!key) return key.error();
        keys.push_back(std::move(*key));
    }
    return keys;
}

}  // namespace

Result<std::vector<KeyFile>> swarm_keys(const KeyWish& wish) {
    auto keys = wish.secret_file.empty() ? kept(wish) : derived(wish);
    if (!keys) return keys;
    for (KeyFile& key : *keys) {
        if (!wish.endpoint.empty()) key.agents = wish.endpoint;
        if (!valid_id(key.peer.id))
            return Error{"'" + key.peer.id + "' can't be an id", "choose another --prefix"};
    }
    return keys;
}

}  // namespace pncp::swarm
