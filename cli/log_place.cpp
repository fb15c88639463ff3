#include "cli/log_place.hpp"

#include <unistd.h>

#include "broker/log_writer/log_config.hpp"

namespace pncp::cli {

namespace {

constexpr const char* kLogName = "/pncp_log.txt";

LogPlace in_folder(const std::string& folder, std::string why) { return {folder + kLogName, std::move(why)}; }

std::string setting_at(const Settings& settings, const std::string& key) {
    return key + " in " + settings.where(key);
}

bool exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

}  // namespace

Result<LogPlace> log_place(const Settings& cli, const Place& place, const Surroundings& around) {
    if (cli.where("state_dir").starts_with("--")) return in_folder(cli.text("state_dir"), "--state-dir");
    const Program program = log_writer::log_writer_program();
    const char* name = program.name.c_str();
    const Loaded writer = load_settings(program, 1, &name, around);
    if (writer.finished)
        return Error{
            "where the log is can't be known, since the log writer's settings are at fault: " + writer.err,
            "correct them, or name the FILE"};
    const Settings& set = writer.settings;
    if (set.is_set("log.file")) return LogPlace{set.text("log.file"), setting_at(set, "log.file")};
    if (set.is_set("state_dir")) return in_folder(set.text("state_dir"), setting_at(set, "state_dir"));
    if (cli.is_set("state_dir")) return in_folder(cli.text("state_dir"), setting_at(cli, "state_dir"));
    auto folder = choose_state_dir(place);
    if (!folder.ok()) return folder.error();
    LogPlace chosen = in_folder(*folder, "the usual place");
    // A member of the group may read what the service writes, and has no log of his own.
    const LogPlace service = in_folder(std::string(kSystemStateDir), "the usual place of the service");
    return !exists(chosen.path) && exists(service.path) ? service : chosen;
}

}  // namespace pncp::cli
