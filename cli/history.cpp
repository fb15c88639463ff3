#include "cli/history.hpp"

#include <algorithm>

#include "cli/agent.hpp"
#include "cli/agent_columns.hpp"
#include "cli/journal_reader.hpp"
#include "cli/json_out.hpp"
#include "cli/metric_series.hpp"
#include "cli/plot.hpp"
#include "cli/since.hpp"
#include "schema/codec.hpp"
#include "schema/names.hpp"
#include "schema/program/escape.hpp"
#include "schema/program/suggest.hpp"

namespace pncp::cli {
namespace {

constexpr std::size_t kPlotHeight = 8;
/// Of the line behind each of several series.
constexpr std::size_t kSparkWidth = 30;
constexpr std::size_t kWidest = 400;

struct Course {
    std::string agent;
    std::string metric;
    std::vector<Series> series;
    std::int64_t from_ns = 0;
    std::int64_t to_ns = 0;
    std::int64_t held_from_ns = 0;  ///< when the oldest event of the journal was; 0 = it is empty
};

std::size_t points_of(const Course& course) {
    std::size_t points = 0;
    for (const Series& each : course.series) points += each.points.size();
    return points;
}

std::string numbers_text(const SeriesNumbers& numbers) {
    return "min " + short_number(numbers.min) + "  mean " + short_number(numbers.mean) + "  max " +
           short_number(numbers.max) + "  last " + short_number(numbers.last);
}

/// What the numbers are made of; and that the journal does not go back as far as was asked for.
std::string held_text(const Course& course) {
    std::int64_t first = course.to_ns;
    std::int64_t last = 0;
    for (const Series& each : course.series) {
        first = std::min(first, each.points.front().time_ns);
        last = std::max(last, each.points.back().time_ns);
    }
    std::string text = std::to_string(points_of(course)) + " points from " + utc_text(first / 1000) + " to " +
                       utc_text(last / 1000) + "\n";
    if (course.held_from_ns > course.from_ns)
        text += "The journal goes back to " + utc_text(course.held_from_ns / 1000) +
                "; older numbers are in InfluxDB, if it is in use.\n";
    return text;
}

std::string course_text(const Call& call, const Course& course) {
    const bool terminal = call.world.console.out_is_terminal();
    const bool utf8 = call.world.utf8;
    const auto wish = static_cast<std::size_t>(call.settings.integer("width"));
    const std::size_t width = wish != 0 ? wish : std::min(call.world.console.columns(), kWidest);
    // From the first number on when the journal or the device began later: the rest would be empty.
    std::int64_t from_ns = course.to_ns;
    for (const Series& each : course.series) from_ns = std::min(from_ns, each.points.front().time_ns);
    from_ns = std::max(from_ns, course.from_ns);
    const Style style = style_of(call);
    std::string out =
        coloured(style, Colour::bold, escape_controls(course.agent + "  " + course.metric)) + "\n";
    if (course.series.size() == 1) {
        const Series& only = course.series.front();
        out += numbers_text(numbers_of(only)) + "\n";
        out += terminal && utf8 ? braille_plot(only, from_ns, course.to_ns, width, kPlotHeight)
                                : spark_line(only, from_ns, course.to_ns, width, utf8) + "\n";
        return out + held_text(course);
    }
    std::vector<std::vector<std::string>> rows;
    for (const Series& each : course.series) {
        const SeriesNumbers numbers = numbers_of(each);
        rows.push_back({tags_text(each.tags), short_number(numbers.min), short_number(numbers.mean),
                        short_number(numbers.max), short_number(numbers.last),
                        spark_line(each, from_ns, course.to_ns, kSparkWidth, utf8)});
    }
    return out + table_text({"SERIES", "MIN", "MEAN", "MAX", "LAST", "COURSE"}, rows, style) +
           held_text(course);
}

Json json_tags(const Series& series) {
    Json tags = Json::object();
    for (const auto& [name, value] : series.tags) tags[name] = value;
    return tags;
}

/// A line for each point.
std::string course_lines(const Course& course) {
    std::string out;
    for (const Series& each : course.series) {
        const Json tags = json_tags(each);
        for (const TimedValue& point : each.points)
            out += dumped(Json{{"agent", course.agent},
                               {"metric", course.metric},
                               {"tags", tags},
                               {"time", utc_text(point.time_ns / 1000)},
                               {"value", point.value}},
                          JsonForm::lines);
    }
    return out;
}

std::string course_json(const Course& course) {
    Json series = Json::array();
    for (const Series& each : course.series) {
        const SeriesNumbers numbers = numbers_of(each);
        Json points = Json::array();
        for (const TimedValue& point : each.points)
            points.push_back({{"time", utc_text(point.time_ns / 1000)}, {"value", point.value}});
        series.push_back({{"tags", json_tags(each)},
                          {"count", each.points.size()},
                          {"min", numbers.min},
                          {"mean", numbers.mean},
                          {"max", numbers.max},
                          {"last", numbers.last},
                          {"points", std::move(points)}});
    }
    return dumped(Json{{"agent", course.agent},
                       {"metric", course.metric},
                       {"since", json_time(course.from_ns / 1000)},
                       {"held_from", json_time(course.held_from_ns / 1000)},
                       {"series", std::move(series)}},
                  JsonForm::document);
}

std::string course_csv(const Course& course) {
    std::string out = "time,series,value\r\n";
    for (const Series& each : course.series) {
        const std::string tags = csv_field(tags_text(each.tags));
        for (const TimedValue& point : each.points) {
            // As JSON writes numbers: the shortest text that is read as the same one.
            out += utc_text(point.time_ns / 1000) + "," + tags + "," + Json(point.value).dump() + "\r\n";
        }
    }
    return out;
}

ExitCode nothing_found(const Call& call, const Course& course, const SeriesCollector& collector,
                       const MetricName& name) {
    const std::string metric = escape_controls(course.metric);
    if (collector.is_text())
        return report(call, ExitCode::usage,
                      {metric + " is a text, which has no course",
                       "see it with: pncp-cli watch metrics/" + course.agent});
    if (collector.seen().empty())
        return report(
            call, ExitCode::unavailable,
            {"the journal has no sample of " + course.agent + " since " + utc_text(course.from_ns / 1000),
             "see: pncp-cli agent " + course.agent});
    const std::vector<std::string> names(collector.seen().begin(), collector.seen().end());
    const std::string wanted = name.measurement + "." + name.field;
    if (collector.seen().count(wanted) != 0)
        return report(call, ExitCode::usage,
                      {wanted + " has no such tags: " + tags_text(name.tags),
                       "leave the braces out to see all of its series"});
    return report(call, ExitCode::usage,
                  {course.agent + " has no metric " + metric + did_you_mean(wanted, names),
                   "its metrics: " + joined(names)});
}

/// Fills `course` from the journal, or says why not.
std::optional<Failure> read_course(JournalReader& journal, Course& course, SeriesCollector& collector) {
    auto range = journal.range();
    if (auto* failure = std::get_if<Failure>(&range)) return std::move(*failure);
    course.held_from_ns = std::get<0>(range).oldest_ns;
    auto start = journal.start_of(course.from_ns);
    if (auto* failure = std::get_if<Failure>(&start)) return std::move(*failure);
    auto end = journal.read(make_topic(EventClass::metrics, course.agent), std::get<0>(start),
                            [&](FeedEvent&& event) {
                                const std::int64_t time_ns = event.event.time_ns;
                                if (time_ns < course.from_ns) return true;
                                if (const auto body = decode<MetricsBody>(event.event.body))
                                    collector.take(time_ns, *body);
                                return true;
                            });
    if (auto* failure = std::get_if<Failure>(&end)) return std::move(*failure);
    return std::nullopt;
}

}  // namespace

Verb history_verb() {
    return {.name = "history",
            .purpose = "Show the course of one number of an agent, from the journal",
            .usage = "AGENT METRIC",
            .settings = {since_setting("From when", "24h"),
                         {.key = "width",
                          .kind = Kind::integer,
                          .default_text = "0",
                          .help = "Columns of the plot; 0: those of the terminal.",
                          .min = 0,
                          .max = kWidest},
                         {.key = "output",
                          .default_text = "text",
                          .help = "A plot for people, or the points as JSON (jsonl: one a line) or CSV.",
                          .choices = {"text", "json", "jsonl", "csv"},
                          .letter = 'o'}},
            .max_positionals = 2,
            .details =
                "METRIC is measurement.field, with tags where there are several: cpu.usage_user,\n"
                "mem.used_percent, net.bytes_recv{interface=eth0}, or short: cpu, mem, disk, load, temp.\n"
                "Times are UTC. Needs no InfluxDB; the journal keeps what its retention says.\n\n"
                "Examples:\n"
                "  pncp-cli history pi-1 temp\n"
                "  pncp-cli history pi-1 'cpu.usage_idle{cpu=cpu0}' --since 2h\n"
                "  pncp-cli history pi-1 mem.used_percent --since 7d -o csv"};
}

ExitCode run_history(const Call& call) {
    if (call.words.size() != 2)
        return usage_error(call, "history", "say which agent and which metric, such as: history pi-1 temp");
    const std::string& agent = call.words[0];
    if (!valid_id(agent)) return usage_error(call, "history", escape_controls(agent) + " is no agent's name");
    const auto name = parse_metric(call.words[1]);
    if (!name) return usage_error(call, "history", escape_controls(name.error().text()));
    const std::string& since = call.settings.text("since");
    const std::int64_t now_us = call.world.wall_us();
    const auto from = since_ns(since, now_us);
    if (!from) return usage_error(call, "history", not_a_since(since));
    auto opened = open_link(call);
    if (const auto* code = std::get_if<ExitCode>(&opened)) return *code;
    JournalReader journal(*std::get<0>(opened), call.settings.duration_ms("broker.timeout"));
    Course course{agent, call.words[1], {}, *from, now_us * 1000, 0};
    SeriesCollector collector(*name);
    if (const auto failure = read_course(journal, course, collector)) return report(call, *failure);
    course.series = collector.finish();
    if (collector.seen().empty() && !collector.is_text()) {
        // Nothing of it at all: the name may be wrong.
        const auto known = find_agent(call, *std::get<0>(opened), agent);
        if (const auto* code = std::get_if<ExitCode>(&known)) return *code;
    }
    if (course.series.empty()) return nothing_found(call, course, collector, *name);
    const std::string& form = call.settings.text("output");
    call.world.console.out(form == "json"    ? course_json(course)
                           : form == "jsonl" ? course_lines(course)
                           : form == "csv"   ? course_csv(course)
                                             : course_text(call, course));
    return ExitCode::ok;
}

}  // namespace pncp::cli
