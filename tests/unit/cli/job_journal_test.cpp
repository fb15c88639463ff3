// Jobs as the journal has them: job of one that the broker forgot, jobs, cancel, retry.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cli/program.hpp"
#include "fake_journal.hpp"
#include "schema/keys.hpp"

namespace pncp::cli {
namespace {

using Json = nlohmann::json;

Id16 job_id(std::uint8_t first) {
    Id16 id = fake_job();
    id[0] = first;
    return id;
}

JobBody job_body(const Id16& id, std::uint64_t targets, bool ended = false) {
    JobBody body;
    body.job = id;
    body.operator_id = "anna";
    body.name = "lslogs";
    body.arguments = {"-l"};
    body.target = "pi-*";
    body.targets = targets;
    body.timeout_ms = 30'000;
    body.ended = ended;
    return body;
}

struct JobsWorld : FakeJournalWorld {
    void begin(const JobBody& body, std::int64_t ago_s) {
        journal.add(EventClass::job, EventKind::job, to_hex(body.job), kNowNs - ago_s * kSecond, body);
    }
    void command(const Id16& id, const std::string& agent, std::int64_t ago_s) {
        CommandBody body;
        body.job = id;
        body.command = command_id(id, agent);
        body.name = "lslogs";
        body.arguments = {"-l"};
        journal.add(EventClass::command, EventKind::command, agent, kNowNs - ago_s * kSecond, body);
    }
    void result(const Id16& id, const std::string& agent, Outcome outcome, std::int64_t exit_code = 0,
                std::string_view out = {}) {
        ResultBody body = result_body(outcome, out);
        body.command = command_id(id, agent);
        body.exit_code = exit_code;
        journal.add(EventClass::result, EventKind::result, agent, kNowNs, body);
    }
    /// A job of five with every kind of end, and another job's rows between its own.
    void five(const Id16& id, bool ended = true, std::vector<std::string> arguments = {"-l"}) {
        JobBody body = job_body(id, 5);
        body.arguments = std::move(arguments);
        begin(body, 3'600);
        const Id16 other = job_id(0xEE);
        for (const char* agent : {"pi-1", "pi-2", "pi-3", "pi-4", "pi-5"}) command(id, agent, 3'600);
        command(other, "pi-1", 3'600);
        result(other, "pi-1", Outcome::finished, 9, "of another job\n");
        result(id, "pi-1", Outcome::finished, 0, "one\n");
        result(id, "pi-2", Outcome::finished, 2);
        result(id, "pi-3", Outcome::offline);
        result(id, "pi-4", Outcome::timeout);
        if (!ended) return;
        result(id, "pi-5", Outcome::cancelled);
        body.ended = true;
        body.ok = 1;
        body.failed = 2;
        body.unanswered = 2;
        begin(body, 3'000);
    }
};

const ErrorReply kForgotten{ErrorCode::unknown_job, "no job is at hand", "", {}};

TEST(CliJobJournal, JobThatTheBrokerForgotIsPutTogetherFromTheJournal) {
    JobsWorld fake;
    fake.five(fake_job());
    fake.conversation.answers = {Reply(kForgotten)};
    EXPECT_EQ(fake.run({"job", "-o", "json", kFakeJobText.data()}), ExitCode::some_failed);
    const Json job = Json::parse(fake.console.out_text);
    EXPECT_EQ(job["targets"], 5);
    EXPECT_EQ(job["counts"]["ok"], 1);
    EXPECT_EQ(job["counts"]["offline"], 1);
    ASSERT_EQ(job["results"].size(), 5U);
    EXPECT_EQ(job["results"][0]["stdout"], "one\n");
    EXPECT_EQ(job["command"], "lslogs");
}

TEST(CliJobJournal, TargetsWhoseResultIsGoneStillCount) {
    JobsWorld fake;
    fake.begin(job_body(fake_job(), 3), 10);
    fake.command(fake_job(), "pi-1", 10);
    fake.begin(job_body(fake_job(), 3, true), 5);
    fake.conversation.answers = {Reply(kForgotten)};
    EXPECT_EQ(fake.run({"job", kFakeJobText.data()}), ExitCode::some_unanswered);
    EXPECT_TRUE(fake.console.err_text.starts_with("3 agents: 3 interrupted\n")) << fake.console.err_text;
}

TEST(CliJobJournal, JobThatIsNowhereIsAUsageError) {
    JobsWorld fake;
    fake.five(job_id(1));
    fake.conversation.answers = {Reply(kForgotten)};
    EXPECT_EQ(fake.run({"job", kFakeJobText.data()}), ExitCode::usage);
    EXPECT_NE(fake.console.err_text.find("is in the broker's journal; see: pncp-cli jobs"),
              std::string::npos);
}

TEST(CliJobJournal, FirstDigitsAreEnoughWhereTheyMeanOne) {
    JobsWorld fake;
    fake.five(job_id(0xAB));
    fake.begin(job_body(job_id(0xCD), 1), 5);
    fake.conversation.answers = {Reply(CancelReply{job_id(0xAB), 1, 2, 3})};
    EXPECT_EQ(fake.run({"cancel", "ab07"}), ExitCode::ok);
    EXPECT_EQ(std::get<CancelRequest>(fake.conversation.asked.at(0)).job, job_id(0xAB));
    EXPECT_EQ(std::get<CancelRequest>(fake.conversation.asked.at(0)).claims, "anna");
    EXPECT_NE(fake.console.out_text.find("1 withdrawn"), std::string::npos);
    EXPECT_NE(fake.console.out_text.find("2 told to stop"), std::string::npos);
    EXPECT_NE(fake.console.out_text.find("3 had ended already"), std::string::npos);

    JobsWorld none;
    EXPECT_EQ(none.run({"cancel", "abcd"}), ExitCode::usage);
    JobsWorld two;
    Id16 like = job_id(0xAB);
    like[15] = 1;
    two.begin(job_body(job_id(0xAB), 1), 5);
    two.begin(job_body(like, 1), 5);
    EXPECT_EQ(two.run({"cancel", "ab070707"}), ExitCode::usage);
    EXPECT_NE(two.console.err_text.find("2 jobs begin with ab070707: "), std::string::npos);
}

TEST(CliJobJournal, JobsAreListedWithWhatBecameOfThem) {
    JobsWorld fake;
    fake.five(job_id(1));
    JobBody cancelled = job_body(job_id(2), 2);
    fake.begin(cancelled, 100);
    cancelled.cancelled_by = "boris";
    fake.begin(cancelled, 90);
    cancelled.ended = true;
    cancelled.failed = 2;
    fake.begin(cancelled, 80);
    fake.begin(job_body(job_id(3), 40), 60);
    fake.begin(job_body(job_id(4), 1), 50);
    JobReply progress = page(40, {});
    progress.answered = 12;
    fake.conversation.answers = {Reply(progress), Reply(kForgotten)};
    EXPECT_EQ(fake.run({"jobs"}), ExitCode::ok);
    EXPECT_EQ(fake.console.out_text,
              "ID        BEGAN           STATE      RESULT                        BY    COMMAND    TO\n"
              "01070707  1 h ago         ended      1 ok, 2 failed, 2 unanswered  anna  lslogs -l  pi-*\n"
              "02070707  1 min 40 s ago  cancelled  0 ok, 2 failed                anna  lslogs -l  pi-*\n"
              "03070707  1 min ago       open       12 of 40                      anna  lslogs -l  pi-*\n"
              "04070707  50 s ago        lost       0 of 1                        anna  lslogs -l  pi-*\n")
        << fake.console.out_text;
    EXPECT_EQ(std::get<JobRequest>(fake.conversation.asked.at(0)).job, job_id(3));
}

TEST(CliJobJournal, JobsAsJsonAndCsvHaveTheSameFields) {
    JobsWorld fake;
    fake.five(job_id(1));
    EXPECT_EQ(fake.run({"jobs", "-o", "jsonl"}), ExitCode::ok);
    const Json row = Json::parse(fake.console.out_text);
    EXPECT_EQ(row["id"], to_hex(job_id(1)));
    EXPECT_EQ(row["state"], "ended");
    EXPECT_EQ(row["ok"], 1);
    EXPECT_EQ(row["operator"], "anna");
    fake.console.out_text.clear();
    EXPECT_EQ(fake.run({"jobs", "-o", "csv"}), ExitCode::ok);
    const std::string header = fake.console.out_text.substr(0, fake.console.out_text.find('\r'));
    EXPECT_EQ(static_cast<std::size_t>(std::count(header.begin(), header.end(), ',')) + 1, row.size());
}

TEST(CliJobJournal, OldJobsAreListedOnlyWhileTheyAreOpen) {
    JobsWorld fake;
    JobBody old = job_body(job_id(1), 1);
    fake.begin(old, 200'000);
    old.ended = true;
    fake.begin(old, 190'000);
    fake.begin(job_body(job_id(2), 5), 180'000);
    fake.conversation.answers = {Reply(page(5, {}))};
    EXPECT_EQ(fake.run({"jobs", "-o", "jsonl"}), ExitCode::ok);
    EXPECT_EQ(Json::parse(fake.console.out_text)["id"], to_hex(job_id(2)));
    EXPECT_EQ(fake.run({"jobs", "--since", "never"}), ExitCode::usage);
}

struct Retried {
    std::vector<const char*> flags;
    std::string target;
};

TEST(CliJobJournal, RetryMakesANewJobForThoseThatAreMeant) {
    const std::vector<Retried> table{
        {{"--failed"}, "pi-2"}, {{"--missing"}, "pi-[3-5]"}, {{"--failed", "--missing"}, "pi-[2-5]"}};
    for (const auto& [flags, target] : table) {
        JobsWorld fake;
        fake.five(job_id(1));
        fake.conversation.answers = {Reply(SendReply{fake_job(), 1, false})};
        std::vector<const char*> words{"retry", "0107"};
        words.insert(words.end(), flags.begin(), flags.end());
        words.push_back("--detach");
        EXPECT_EQ(fake.run(words), ExitCode::ok) << fake.console.err_text;
        const auto& request = std::get<SendRequest>(fake.conversation.asked.at(0));
        EXPECT_EQ(request.target, target);
        EXPECT_EQ(request.name, "lslogs");
        EXPECT_EQ(request.arguments, std::vector<std::string>{"-l"});
        EXPECT_EQ(request.timeout_ms, 30'000);
        EXPECT_EQ(request.job, fake_job());
    }
}

TEST(CliJobJournal, RetryOfASecretArgumentSaysWhatToDo) {
    JobsWorld fake;
    fake.five(job_id(1), true, {"-l", "(secret)"});
    EXPECT_EQ(fake.run({"retry", "0107", "--failed"}), ExitCode::usage);
    EXPECT_NE(fake.console.err_text.find("pncp-cli send --to 'pi-2' lslogs"), std::string::npos);
    EXPECT_TRUE(fake.conversation.asked.empty());
}

TEST(CliJobJournal, RetryNeedsToKnowWhomAndFindsNobodyWhereAllIsWell) {
    JobsWorld fake;
    fake.five(job_id(1));
    EXPECT_EQ(fake.run({"retry", "0107"}), ExitCode::usage);
    EXPECT_EQ(fake.run({"retry"}), ExitCode::usage);
    JobsWorld well;
    well.begin(job_body(job_id(1), 1), 10);
    well.result(job_id(1), "pi-1", Outcome::finished);
    well.begin(job_body(job_id(1), 1, true), 5);
    EXPECT_EQ(well.run({"retry", "0107", "--failed", "--missing"}), ExitCode::no_target);
}

TEST(CliJobJournal, RetryOfAnOpenJobLeavesOutWhoHasNotEnded) {
    JobsWorld fake;
    fake.five(job_id(1), false);
    fake.conversation.answers = {Reply(SendReply{fake_job(), 1, false})};
    EXPECT_EQ(fake.run({"retry", "0107", "--missing", "--detach"}), ExitCode::ok);
    EXPECT_EQ(std::get<SendRequest>(fake.conversation.asked.at(0)).target, "pi-[3-4]");
    EXPECT_TRUE(fake.console.err_text.starts_with("the job is still open"));
}

}  // namespace
}  // namespace pncp::cli
