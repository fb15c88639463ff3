// The texts of pncp-cli cheat. A test parses every line that begins with "  pncp-cli" by the option parser,
// so that none of them goes stale.
#include "cli/cheat.hpp"

namespace pncp::cli {

const std::vector<CheatPage>& cheat_pages() {
    static const std::vector<CheatPage> pages{
        {"start", "From nothing to the first answer",
         R"(On the controller, once, as root: the master secret. Broker and log writer start by themselves.
  pncp-cli key init

Each device, in one line to run there (the package pncp-agent is installed).
  pncp-cli enroll pi-1

Who is there, and what they say.
  pncp-cli agents
  pncp-cli send --all lslogs
)"},
        {"targets", "Whom a command goes to",
         R"(Everybody; some by name, by range, by pattern.
  pncp-cli send --all metrics
  pncp-cli send --to pi-1,pi-2 metrics
  pncp-cli send --to 'pi-[1-40]' metrics
  pncp-cli send --to 'pi-*' -x pi-7 metrics
  pncp-cli send --to '/^cam-[0-9]+$/' metrics

By tag and by fact; , is or, & is and, ! is but not.
  pncp-cli send --to 'role=camera&site!=lab' metrics
  pncp-cli send --to 'temp>70' metrics
  pncp-cli send --to 'model~Pi 5!pi-9' metrics
)"},
        {"jobs", "Leave a job, come back, cancel, try again, go slowly",
         R"(Every send is a job that the broker keeps; Ctrl-C only leaves it. The first digits of its id will do.
  pncp-cli send --all --detach metrics
  pncp-cli jobs
  pncp-cli job 0123abcd
  pncp-cli job 0123abcd --now
  pncp-cli cancel 0123abcd

Again, for those that failed, or did not answer.
  pncp-cli retry 0123abcd --failed
  pncp-cli retry 0123abcd --missing

Devices that are off get it when they come back, at most once.
  pncp-cli send --all --deliver-by 24h metrics

A tenth at a time, and no further when something goes wrong.
  pncp-cli send --all --batch 10% --pause 30s --stop-at-failures 5% --stop-when 'temp>80,state=offline' metrics

Equal answers together; only those off the majority, and how they differ.
  pncp-cli send --all -b lslogs
  pncp-cli send --all --outliers --diff lslogs
)"},
        {"devices", "How the fleet is, and was",
         R"(Everybody; the hot ones; who is away, and why.
  pncp-cli agents
  pncp-cli agents --to 'temp>60' --sort temp --reverse
  pncp-cli agents --to 'state=offline'
  pncp-cli agent pi-1

A number over time, from the journal: no InfluxDB is needed.
  pncp-cli history pi-1 temp
  pncp-cli history pi-1 mem.used_percent --since 7d -o csv

As it happens.
  pncp-cli watch status alert
  pncp-cli alerts
)"},
        {"scripts", "Answers for programs, and exit codes",
         R"(One document, or one object a line as each result comes.
  pncp-cli send --all -o json metrics
  pncp-cli send --all -o jsonl metrics
  pncp-cli agents -o json
  pncp-cli status -o json

Exit codes: 0 all well, 2 wrong usage or an unknown name, 3 some failed, 4 some did not answer,
5 no target, 6 denied, 7 no broker, 78 wrong configuration, 130 interrupted.
)"},
        {"keys", "Issue, rotate, revoke",
         R"(A key for a device, an operator, a subscriber: one file each, to carry over a safe way.
  pncp-cli key issue pi-1 --out pi-1.key
  pncp-cli key issue anna --role operator
  pncp-cli key issue grafana --role subscriber

Who has one, and what a file says.
  pncp-cli key list
  pncp-cli key show pi-1.key

The next key goes to a connected device by itself; a stolen one is shut out at once.
  pncp-cli key rotate pi-1
  pncp-cli key revoke pi-1
)"},
        {"enroll", "Bring devices in, replace cards, rename",
         R"(One line to run on the device; or all of it over ssh.
  pncp-cli enroll pi-1
  pncp-cli enroll pi-1 --ssh pi@pi-1.local

A file to carry: run it on the device with sudo sh pi-1.sh, then delete it.
  pncp-cli enroll pi-1 --out pi-1.sh

A new card, or a device set up anew: the old key ends, a new one is issued.
  pncp-cli enroll pi-1 --again

Another name: enrol it under the new one, then shut the old name out.
  pncp-cli enroll kitchen --ssh pi@pi-1.local
  pncp-cli key revoke pi-1
)"},
        {"contexts", "Several brokers, or one that is far away",
         R"(On the broker's machine: a key for who works from elsewhere. What it may do, rights.toml says.
  pncp-cli key issue anna --role operator --out home.key

Where that file was carried to: give it a name.
  pncp-cli context add home --key-file home.key
  pncp-cli --context home agents
  pncp-cli context use home
  pncp-cli context list
)"},
        {"log", "What happened, and whether the log was altered",
         R"(Messages as they were, by device, type and time; and as they come.
  pncp-cli log show --agent pi-1 --type RESULT,STATUS --since 2h
  pncp-cli log show --follow

Every edit, removal, insertion and reorder before the last anchor is found.
  pncp-cli log verify
)"},
        {"trouble", "When something does not work",
         R"(What is wrong between here and the broker, in the broker, and on the devices; each with its fix.
  pncp-cli doctor

The numbers behind it.
  pncp-cli status
  journalctl -u pncp-broker -e

Is a configuration good? As its service's user:
  sudo -u pncp pncp-broker --check-config
  sudo -u pncp-agent pncp-agent --check-config
)"}};
    return pages;
}

}  // namespace pncp::cli
