// pncp-cli log verify: the chain of hashes, and its anchors.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "broker/log_writer/log_reader.hpp"
#include "broker/log_writer/log_set.hpp"
#include "broker/log_writer/verifier.hpp"
#include "cli/log_verb.hpp"
#include "schema/codec.hpp"
#include "schema/limits.hpp"
#include "schema/program/escape.hpp"

namespace pncp::cli {

namespace {

using log_writer::Finding;
using log_writer::SeenAnchor;
using log_writer::Verifier;

/// More than a person reads; the rest is counted.
constexpr std::size_t kFindingsShown = 50;
/// Far more pages than a journal has; a broker that never ends its pages is not followed for ever.
constexpr int kPagesMax = 100'000;

/// An anchor in the broker's journal: the event it is, and what it says.
struct KnownAnchor {
    Cursor at;
    AnchorBody body;
};

class Verification {
  public:
    Verification(const Call& call, std::vector<std::string> files) : call_(call), files_(std::move(files)) {
        newest_ = !call.settings.flag("partial") && !log_writer::named_as_old(files_.back());
    }

    /// The broker is asked first: what it has anchored by now must be in the files that are read after that.
    void ask_for_anchors();
    void read_files();
    void compare();
    [[nodiscard]] ExitCode say();

  private:
    [[nodiscard]] std::string consumer() const;
    void unchecked(const Failure& failure);
    template <typename Wanted>
    [[nodiscard]] std::optional<Wanted> ask(const Request& request);
    void find_known(const KnownAnchor& known);
    void check_tags();
    [[nodiscard]] std::string summary() const;
    [[nodiscard]] std::string document(const std::vector<Finding>& findings) const;

    const Call& call_;
    std::vector<std::string> files_;
    bool newest_;  ///< the log's last file is among them
    std::unique_ptr<BrokerLink> link_;
    std::optional<Failure> unchecked_;  ///< why anchors could not be checked
    std::vector<KnownAnchor> known_;
    Verifier verifier_;
    bool unreadable_ = false;
    std::vector<Finding> more_;  ///< what the broker knows better
    std::size_t confirmed_ = 0;
    /// The chain is at this event as the broker anchored it, in an event after the log's end; 0: there is
    /// none.
    std::uint64_t beyond_ = 0;
};

std::string Verification::consumer() const {
    for (const std::string& path : files_) {
        const auto header = log_writer::header_of(path);
        if (header && !header->consumer.empty()) return header->consumer;
    }
    return "";
}

void Verification::unchecked(const Failure& failure) {
    if (!unchecked_) unchecked_ = failure;
    link_.reset();
}

template <typename Wanted>
std::optional<Wanted> Verification::ask(const Request& request) {
    auto answer = link_->call(request, call_.settings.duration_ms("broker.timeout"));
    if (const auto* failure = std::get_if<Failure>(&answer)) {
        unchecked(*failure);
        return std::nullopt;
    }
    auto& reply = std::get<Reply>(answer);
    if (auto* wanted = std::get_if<Wanted>(&reply)) return std::move(*wanted);
    const auto* error = std::get_if<ErrorReply>(&reply);
    unchecked({error == nullptr ? ExitCode::internal : error_exit_code(error->code),
               {error == nullptr ? "the broker's answer was not understood" : error->message,
                error == nullptr ? "" : error->next}});
    return std::nullopt;
}

void Verification::ask_for_anchors() {
    if (call_.settings.flag("offline")) return;
    auto link = call_.world.connect(call_.settings);
    if (const auto* failure = std::get_if<Failure>(&link)) return unchecked(*failure);
    link_ = std::move(std::get<0>(link));
    const std::string whose = consumer();
    if (whose.empty()) return;
    FetchRequest request{0, make_topic(EventClass::audit, whose), limits::kPageRows};
    for (int i = 0; i < kPagesMax; ++i) {
        const auto page = ask<FetchReply>(request);
        if (!page) return;
        for (const EventRow& row : page->rows) {
            const auto event = decode<Event>(row.event);
            if (!event || event->kind != EventKind::anchor) continue;
            if (auto body = decode<AnchorBody>(event->body))
                known_.push_back({{page->journal, row.seq}, std::move(*body)});
        }
        if (page->next <= request.after || page->next >= page->head) return;
        request.after = page->next;
    }
}

void Verification::read_files() {
    for (const std::string& path : files_) {
        verifier_.begin_file(path);
        auto reader = log_writer::LogReader::open(path);
        if (!reader.ok()) {
            unreadable_ = true;
            verifier_.broken_file(reader.error().text());
            continue;
        }
        auto line = reader->next();
        for (; line.ok() && *line; line = reader->next()) verifier_.line(**line);
        if (!line.ok()) {
            // A log that can't be unpacked to its end is not as it was written.
            verifier_.broken_file(line.error().text());
            continue;
        }
        verifier_.end_file(reader->torn_bytes(), newest_ && path == files_.back());
    }
}

void Verification::find_known(const KnownAnchor& known) {
    const auto& figures = verifier_.figures();
    const auto& seen = verifier_.anchors();
    // Other journals and other files than these can't be compared.
    if (known.at.journal != figures.last.journal) return;
    const bool begins_here = known.at.journal == figures.first.journal;
    if (begins_here && known.body.sequence < figures.first.sequence) return;
    const auto missing = [&](const std::string& what) { more_.push_back({files_.back(), 0, what}); };
    const std::string name = "the anchor of event " + std::to_string(known.body.sequence);
    if (known.at.sequence <= figures.last.sequence) {
        const bool there = std::any_of(seen.begin(), seen.end(), [&](const SeenAnchor& each) {
            return each.at == known.at && each.body == known.body;
        });
        // One that a newer one covers (asked for twice) is not compared in the log either.
        const bool covered = std::any_of(seen.begin(), seen.end(), [&](const SeenAnchor& each) {
            return each.at.journal == known.at.journal && each.body.sequence >= known.body.sequence &&
                   each.at.sequence < known.at.sequence;
        });
        if (!there && !covered)
            missing(name + ", which the broker made as event " + std::to_string(known.at.sequence) +
                    ", is not in the log as it was made");
        return;
    }
    if (!newest_ || (!seen.empty() && known.body.sequence < seen.back().body.sequence)) return;
    if (known.body.sequence > figures.last.sequence)
        missing(
            "the log ends at event " + std::to_string(figures.last.sequence) + ", but it had event " +
            std::to_string(known.body.sequence) +
            " when the broker anchored it: its end was cut off (or newer files are missing here: --partial)");
    else if (!verifier_.stood_at({known.at.journal, known.body.sequence}, known.body.hash))
        missing(name + " is not that of the lines before it: they were changed, and the chain computed anew");
    else
        beyond_ = std::max(beyond_, known.body.sequence);
}

void Verification::check_tags() {
    const auto& seen = verifier_.anchors();
    for (std::size_t begin = 0; begin < seen.size() && link_;) {
        AnchorCheckRequest request;
        request.journal = seen[begin].at.journal;
        std::size_t end = begin;
        while (end < seen.size() && end - begin < limits::kAnchorsChecked &&
               seen[end].at.journal == request.journal)
            request.anchors.push_back(seen[end++].body);
        const auto reply = ask<AnchorCheckReply>(request);
        if (!reply) return;
        for (const std::uint64_t bad : reply->bad) {
            if (bad >= end - begin) continue;
            const SeenAnchor& anchor = seen[begin + static_cast<std::size_t>(bad)];
            more_.push_back(
                {anchor.file, anchor.line,
                 "the anchor of event " + std::to_string(anchor.body.sequence) +
                     " was not made by this broker: it is forged, or of a broker with another secret"});
        }
        confirmed_ += end - begin - std::min<std::size_t>(reply->bad.size(), end - begin);
        begin = end;
    }
}

void Verification::compare() {
    if (!link_) return;
    for (const KnownAnchor& known : known_) find_known(known);
    check_tags();
}

std::string Verification::summary() const {
    const auto& figures = verifier_.figures();
    std::string text = std::to_string(figures.lines) + " lines in " + std::to_string(figures.files) +
                       " files, events " + std::to_string(figures.first.sequence + 1) + " to " +
                       std::to_string(figures.last.sequence);
    if (figures.gaps > 0) text += ", " + std::to_string(figures.gaps) + " declared gaps";
    text += "\n";
    if (figures.first.sequence > 0)
        text +=
            "the files before event " + std::to_string(figures.first.sequence + 1) + " are not among them\n";
    const auto& anchors = verifier_.anchors();
    const std::string beyond = "the broker has anchored event " + std::to_string(beyond_) +
                               ", and the chain is as it was then; that anchor comes with the next lines\n";
    if (anchors.empty() && beyond_ > 0)
        text += beyond;
    else if (anchors.empty())
        text +=
            "no anchor is in these lines: the chain alone was checked, which can be computed anew by "
            "anybody\n";
    else if (link_)
        text +=
            std::to_string(confirmed_) + " anchors are the broker's, the last of event " +
            std::to_string(anchors.back().body.sequence) + "; " +
            (beyond_ > 0 ? beyond : std::to_string(figures.after_anchor) + " lines after it have none yet\n");
    else
        text += std::to_string(anchors.size()) +
                " anchors fit the chain, but the broker was not asked whether it made them\n";
    return text;
}

std::string Verification::document(const std::vector<Finding>& findings) const {
    const auto& figures = verifier_.figures();
    nlohmann::ordered_json json = {{"good", findings.empty()},
                                   {"findings", nlohmann::ordered_json::array()},
                                   {"files", figures.files},
                                   {"lines", figures.lines},
                                   {"first_event", figures.first.sequence + 1},
                                   {"last_event", figures.last.sequence},
                                   {"gaps", figures.gaps},
                                   {"anchors", verifier_.anchors().size()},
                                   {"anchors_checked", link_ != nullptr},
                                   {"anchors_confirmed", confirmed_},
                                   {"lines_after_last_anchor", figures.after_anchor},
                                   {"anchored_after_the_end", beyond_}};
    for (const Finding& each : findings)
        json["findings"].push_back({{"file", each.file}, {"line", each.line}, {"what", each.what}});
    return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

ExitCode Verification::say() {
    Console& console = call_.world.console;
    std::vector<Finding> findings = verifier_.findings();
    findings.insert(findings.end(), more_.begin(), more_.end());
    if (call_.settings.text("output") == "json") {
        console.out(document(findings));
    } else {
        for (std::size_t i = 0; i < std::min(findings.size(), kFindingsShown); ++i) {
            const Finding& each = findings[i];
            const std::string place = each.line == 0 ? "" : ":" + std::to_string(each.line);
            console.out(escape_controls(each.file) + place + ": " + escape_controls(each.what) + "\n");
        }
        if (findings.size() > kFindingsShown)
            console.out("… and " + std::to_string(findings.size() - kFindingsShown) + " more\n");
        if (unreadable_)
            console.out("not checked to the end: what can't be read may be altered; the rest: " + summary());
        else
            console.out((findings.empty() ? "good: " : "ALTERED: ") + summary());
    }
    if (unchecked_)
        console.err("pncp-cli: anchors were not checked: " + unchecked_->error.text() +
                    " (--offline leaves them out)\n");
    if (unreadable_) return ExitCode::unavailable;
    if (!findings.empty()) return ExitCode::log_altered;
    return unchecked_ ? unchecked_->code : ExitCode::ok;
}

}  // namespace

ExitCode run_log_verify(const Call& call, const std::vector<std::string>& files) {
    auto chosen = log_files(call, files);
    if (const auto* code = std::get_if<ExitCode>(&chosen)) return *code;
    Verification verification(call, std::move(std::get<0>(chosen)));
    verification.ask_for_anchors();
    verification.read_files();
    verification.compare();
    return verification.say();
}

}  // namespace pncp::cli
