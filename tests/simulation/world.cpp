#include "tests/simulation/world.hpp"

#include "schema/codec.hpp"

namespace pncp::simulation {

namespace {
constexpr std::int64_t kStepMs = 50;
const broker::Address kOperator{broker::Port::control, "operator"};
}  // namespace

World::World(std::uint32_t seed, std::size_t count, Devices kind)
    : random(seed), kind_(kind), directory_(MasterSecret{{1, 7, 3}}, PeersFile{}) {
    recovered_.journal = {9};
    recovered_.class_heads.resize(kEventClasses);
    EXPECT_TRUE(directory_.issue(Role::operator_, "local").ok());
    for (std::size_t i = 0; i < count; ++i) {
        auto device = std::make_unique<Device>();
        device->id = "pi-" + std::to_string(i);
        device->has_disk = kind != Devices::in_memory;
        EXPECT_TRUE(directory_.issue(Role::agent, device->id).ok());
        devices.push_back(std::move(device));
    }
    start_broker();
    for (auto& device : devices) start_device(*device);
}

Key32 World::nonce() {
    Key32 bytes{};
    store_be(bytes.data(), ++counter_);
    store_be(bytes.data() + 8, std::uint64_t{random()});
    return bytes;
}

void World::start_broker() {
    commit_.reset();
    broker_ = std::make_unique<broker::BrokerCore>(broker::BrokerOptions{}, directory_, recovered_, now());
    for (const EventKind kind :
         {EventKind::job, EventKind::job_targets, EventKind::command, EventKind::result})
        for (const Stored& stored : events_)
            if (stored.event.kind == kind) broker_->restore(stored.seq, stored.event);
    connect_operator();
}

void World::start_device(Device& device) {
    const broker::PeerEntry* entry = directory_.newest(Role::agent, device.id);
    agent::AgentConfig config;
    config.self = entry->name;
    config.key = entry->key;
    config.broker = directory_.broker_id();
    config.endpoint = "tcp://broker";
    config.boot_id = "boot";
    const Key32 bytes = nonce();
    std::copy_n(bytes.begin(), config.spool.size(), config.spool.begin());
    config.version = "0.1.0";
    config.catalogue = {{"work", "", {}}};
    config.sample_interval_ms = 1'000;
    config.spool_bytes = 16 * 1024;
    config.seed = random();
    device.spool = config.spool;
    device.stopping = false;
    ledgers[device.spool] = {};
    if (device.has_disk) {
        ledgers[device.spool].on_disk = true;
        config.disk = agent::DiskSpool{8 * 1024 * 1024, 3'000};
        config.formers = device.disk.begin(device.spool, config.boot_id);
    }
    device.core = std::make_unique<agent::AgentCore>(std::move(config));
    perform_device(device, device.core->start(clock()));
}

void World::kill_broker() {
    ++broker_kills;
    for (auto& device : devices) cut(*device);
    start_broker();
    perform_broker();
}

void World::kill_device(Device& device) {
    ++device_kills;
    unplug(device);
    end_run(device);
}

void World::stop_device(Device& device) {
    if (std::exchange(device.stopping, true)) return;
    perform_device(device, device.core->stop(clock(), "stopped by the weather"));
}

// Its core hears nothing of it.
void World::unplug(Device& device) {
    device.up.clear();
    device.down.clear();
    device.routing_id.clear();
    device.opening = false;
}

void World::end_run(Device& device) {
    Ledger& ledger = ledgers[device.spool];
    ledger.alive = false;
    if (device.has_disk && !device.disk.spools.empty())
        ledger.clean = agent::testing::FakeDisk::look_at(device.disk.spools.back()).clean;
    start_device(device);
}

void World::cut(Device& device) {
    device.up.clear();
    device.down.clear();
    if (device.routing_id.empty()) return;
    device.routing_id.clear();
    perform_device(device,
                   device.core->on_connection(agent::ConnectionEvent::disconnected, clock(), nonce()));
}

void World::run(std::int64_t ms, bool weather) {
    for (const std::int64_t end = now_ms_ + ms; now_ms_ < end;) step(weather);
}

void World::step(bool weather) {
    now_ms_ += kStepMs;
    if (weather)
        shake();
    else
        commits_fail_ = false;
    for (auto& device : devices) {
        if (device->opening && now_ms_ >= device->connect_at_ms) {
            device->opening = false;
            device->routing_id = device->id + "#" + std::to_string(++counter_);
            perform_device(*device,
                           device->core->on_connection(agent::ConnectionEvent::connected, clock(), nonce()));
        }
        if (device->core->wake_at_ms() <= now_ms_)
            perform_device(*device, device->core->on_timer(clock(), nonce()));
        move_frames(*device, weather);
        if (device->disk.powerless) {
            ++torn_writes;
            kill_device(*device);
        } else if (device->core->stopped()) {
            unplug(*device);
            end_run(*device);
        }
    }
    if (commit_ && now_ms_ >= commit_at_ms_) commit(*std::exchange(commit_, std::nullopt));
    broker_->on_time(now());
    perform_broker();
}

void World::shake() {
    if (chance(0.0005)) kill_broker();
    // The disk is full for 5 s on average, every 25 s: longer troubles overflow the spools, which is declared
    // but no news.
    if (chance(commits_fail_ ? 0.01 : 0.002)) commits_fail_ = !commits_fail_;
    Device& victim = *devices[random() % devices.size()];
    if (chance(0.01)) cut(victim);
    if (kind_ == Devices::stopped) {
        if (chance(0.002)) stop_device(victim);
    } else if (chance(0.001)) {
        kill_device(victim);
    }
    if (kind_ == Devices::killed) shake_disks(victim);
    if (chance(0.003)) (void)send_job();
}

void World::shake_disks(Device& victim) {
    if (chance(0.002)) victim.disk.power_fails_after = random() % 3'000;
    if (chance(0.002))
        victim.disk.bytes_max = victim.disk.bytes_max == 0 ? std::numeric_limits<std::size_t>::max() : 0;
}

agent::Actions World::perform_disk(Device& device, const agent::Action& action) {
    if (const auto* write = std::get_if<agent::SpoolAppend>(&action)) {
        const Status done = device.disk.append(*write);
        return device.disk.powerless ? agent::Actions{}
                                     : device.core->on_spool_appended(write->stream, done, clock());
    }
    if (const auto* read = std::get_if<agent::SpoolRead>(&action))
        return device.core->on_spool_read(*read, device.disk.read(*read), clock());
    if (const auto* segment = std::get_if<agent::SpoolDelete>(&action)) device.disk.remove(*segment);
    if (const auto* end = std::get_if<agent::SpoolClose>(&action)) device.disk.close(*end);
    if (const auto* done = std::get_if<agent::SpoolHandedOver>(&action)) device.disk.handed_over(*done);
    if (const auto* spool = std::get_if<agent::SpoolForget>(&action)) device.disk.forget(*spool);
    return {};
}

void World::move_frames(Device& device, bool weather) {
    while (!device.up.empty() && device.up.front().at_ms <= now_ms_) {
        const Bytes frame = std::move(device.up.front().frame);
        device.up.pop_front();
        if (weather && chance(0.02)) continue;
        broker_->on_frame({broker::Port::agents, device.routing_id},
                          directory_.newest(Role::agent, device.id)->name.text(), frame, nonce(), now());
        perform_broker();
    }
    while (!device.down.empty() && device.down.front().at_ms <= now_ms_) {
        const Bytes frame = std::move(device.down.front().frame);
        device.down.pop_front();
        if (weather && chance(0.02)) continue;
        perform_device(device, device.core->on_frame(frame, clock()));
    }
}

void World::perform_device(Device& device, agent::Actions actions) {
    for (std::size_t i = 0; i < actions.size() && !device.disk.powerless; ++i) {
        agent::Actions more = perform_disk(device, actions[i]);
        if (auto* send = std::get_if<agent::Send>(&actions[i])) {
            if (!device.routing_id.empty())
                device.up.push_back(
                    {now_ms_ + static_cast<std::int64_t>(random() % 200), std::move(send->frame)});
        } else if (std::holds_alternative<agent::OpenSocket>(actions[i])) {
            device.opening = true;
            device.connect_at_ms = now_ms_ + static_cast<std::int64_t>(random() % 300);
        } else if (std::holds_alternative<agent::CloseSocket>(actions[i])) {
            device.opening = false;
            device.routing_id.clear();
            device.up.clear();
            device.down.clear();
        } else if (std::holds_alternative<agent::TakeSample>(actions[i])) {
            const auto number = static_cast<std::int64_t>(++ledgers[device.spool].made);
            more = device.core->on_sample({{"m", {}, {{"number", number}}}}, clock());
        } else if (auto* run_command = std::get_if<agent::RunCommand>(&actions[i])) {
            ++runs[run_command->command];
            agent::CommandFinished finished;
            finished.command = run_command->command;
            finished.out = std::string(random() % 40'000, 'x');
            more = device.core->on_command_finished(std::move(finished), clock());
        }
        for (auto& action : more) actions.push_back(std::move(action));
    }
}

void World::perform_broker() {
    while (true) {
        auto actions = broker_->take_actions(now());
        if (actions.empty()) return;
        for (auto& action : actions) {
            if (auto* send = std::get_if<broker::SendTo>(&action)) {
                if (send->to == kOperator) {
                    auto input = operator_->on_frame(send->frame);
                    if (auto* auth = std::get_if<ClientSession::SendAuth>(&input))
                        broker_->on_frame(kOperator, "", auth->frame, nonce(), now());
                    continue;
                }
                bool delivered = false;
                for (auto& device : devices) {
                    if (device->routing_id != send->to.routing_id) continue;
                    device->down.push_back(
                        {now_ms_ + static_cast<std::int64_t>(random() % 200), send->frame});
                    delivered = true;
                }
                if (!delivered) broker_->on_unreachable(send->to, now());
            } else if (auto* action_commit = std::get_if<broker::Commit>(&action)) {
                EXPECT_FALSE(commit_) << "one group at a time";
                commit_ = *action_commit;
                commit_at_ms_ = now_ms_ + static_cast<std::int64_t>(random() % 150);
            }
        }
    }
}

void World::commit(const broker::Commit& action) {
    if (commits_fail_) {
        ++failed_commits;
        return broker_->on_committed(action.token, Error{"disk full", ""}, now());
    }
    for (const auto& stored : action.group->events) store(stored);
    for (const auto& record : action.group->agents) {
        std::erase_if(recovered_.agents, [&](const auto& old) { return old.id == record.id; });
        recovered_.agents.push_back(record);
    }
    for (const auto& record : action.group->jobs) {
        std::erase_if(recovered_.jobs, [&](const auto& old) { return old.job == record.job; });
        recovered_.jobs.push_back(record);
    }
    broker_->on_committed(action.token, Done{}, now());
}

void World::store(const journal::StoredEvent& stored) {
    ASSERT_EQ(stored.seq, events_.size() + 1) << "sequences are dense";
    const auto event = decode<Event>(stored.event);
    ASSERT_TRUE(event);
    events_.push_back({stored.seq, *event});
    recovered_.head = stored.seq;
    recovered_.class_heads[static_cast<std::size_t>(stored.event_class)] = stored.class_seq;
    if (stored.origin) {
        auto at = std::find_if(recovered_.spools.begin(), recovered_.spools.end(),
                               [&](const auto& spool) { return spool.spool == stored.origin->spool; });
        if (at == recovered_.spools.end())
            at = recovered_.spools.insert(at, {stored.origin->agent, stored.origin->spool, {}});
        EXPECT_GT(stored.origin->seq, at->heads.of(stored.origin->stream))
            << "a row came twice, or out of order";
        at->heads.of(stored.origin->stream) = stored.origin->seq;
    }
    if (event->kind == EventKind::metrics) {
        const auto body = decode<MetricsBody>(event->body);
        ++ledgers[stored.origin->spool]
              .stored[static_cast<std::uint64_t>(std::get<std::int64_t>(body->points[0].fields[0].second))];
    } else if (event->kind == EventKind::gap) {
        const auto body = decode<GapBody>(event->body);
        if (body->stream == Stream::metrics) ledgers[body->spool].gaps.push_back(*body);
    } else if (event->kind == EventKind::command) {
        const auto body = decode<CommandBody>(event->body);
        job_of_command_[body->command] = body->job;
    } else if (event->kind == EventKind::result) {
        const auto body = decode<ResultBody>(event->body);
        for (const Id16& job : jobs)
            if (command_id(job, event->agent) == body->command) ++ends[job][event->agent];
    }
}

void World::connect_operator() {
    const broker::PeerEntry* entry = directory_.newest(Role::operator_, "local");
    operator_ = std::make_unique<ClientSession>(entry->name, entry->key, directory_.broker_id());
    Hello hello;
    hello.na = nonce();
    broker_->on_frame(kOperator, "", operator_->hello(hello), nonce(), now());
    perform_broker();
}

Id16 World::send_job() {
    Id16 job{};
    const Key32 bytes = nonce();
    std::copy_n(bytes.begin(), job.size(), job.begin());
    if (!operator_->ready()) connect_operator();
    jobs.push_back(job);
    const Request request = SendRequest{job, "*", "work", {}, 20'000, ""};
    broker_->on_frame(kOperator, "", operator_->seal(FrameType::request, request), nonce(), now());
    perform_broker();
    return job;
}

}  // namespace pncp::simulation
