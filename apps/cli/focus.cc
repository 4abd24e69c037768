// focus - FOCUS files, our own and anybody's.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>

#include "command.h"
#include "costops/export/focus_settings.h"
#include "costops/export/focus_validation.h"
#include "costops/json/json.h"
#include "focus_export.h"
#include "options.h"
#include "table.h"

namespace costops::cli {
namespace {

using focus::Outcome;
using focus::Validation;
using focus::Verdict;

constexpr const char* kGroupHelp = R"(
FOCUS is the FinOps Open Cost and Usage Specification, https://focus.finops.org.
)";

constexpr const char* kHelp = R"(
FILE is CSV (also .gz, .zst, or "-" for standard input) or ends with .parquet. It is read
once, in bounded memory; decimals are compared exactly. Rules on columns that are absent are
not checked; that a column must be there is checked where it always must, and, with
--criteria, where your service supports what it describes.

A rule that no sound file can satisfy is reported as "known", with the reason, and fails
nothing. --allow takes an exception of your own: exactly this rule, broken exactly so
often; an exception that does not hold any more fails, too.

Examples:
  cost-ops focus validate july.csv
  cost-ops focus validate july.parquet --criteria ALL --format json
  cost-ops focus validate bill.csv --allow ServiceName-C-008-C=2

Exit codes: 0 sound; 1 the file cannot be read; 2 wrong usage; 3 it breaks a rule.
)";

/// Largest rule model that is read: the published ones have less than a megabyte.
constexpr std::size_t kModelBytesMax = 64u << 20;

Result<std::string> whole_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(ErrorCode::not_found, path + ": cannot be opened");
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (text.size() > kModelBytesMax) {
    return fail(ErrorCode::invalid_input, path + ": too large to be a requirements model");
  }
  return text;
}

Result<focus::Exception> parse_exception(const std::string& text) {
  const std::size_t equals = text.find('=');
  const auto count =
      equals == std::string::npos ? std::nullopt : whole_number(text.substr(equals + 1));
  if (count) return focus::Exception{text.substr(0, equals), *count};
  return fail(ErrorCode::invalid_input,
              "--allow: \"" + text + "\" is not of the form RULE=VIOLATIONS");
}

std::string place_of(const focus::Example& example) {
  if (example.line > 0) return fmt::format("line {}", example.line);
  return example.row > 0 ? fmt::format("row {}", example.row) : "";
}

Ink ink_of(Verdict verdict) {
  if (verdict == Verdict::failed) return Ink::warning;
  return verdict == Verdict::advice ? Ink::plain : Ink::dim;
}

std::string summary_of(const Validation& validation, const focus::RuleSet& rules) {
  const auto count = [&](Verdict verdict) { return validation.count(verdict); };
  std::string out = fmt::format("FOCUS {}: {} rows, {} rules passed, {} failed", rules.version,
                                validation.rows, count(Verdict::passed), count(Verdict::failed));
  for (const auto& [verdict, word] :
       {std::pair{Verdict::advice, "with advice"},
        std::pair{Verdict::known, "known to be unsatisfiable"},
        std::pair{Verdict::allowed, "allowed"}, std::pair{Verdict::not_checked, "not checked"}}) {
    if (count(verdict) > 0) out += fmt::format(", {} {}", count(verdict), word);
  }
  return out + fmt::format("; {} that no file can tell.\n", rules.uncheckable);
}

void write_table(std::string& out, const Validation& validation, const focus::RuleSet& rules,
                 Colors colors) {
  Table table({{"rule"}, {"verdict"}, {"violations", Align::right}, {"what"}, {"first"}, {""}});
  for (const Outcome& outcome : validation.outcomes) {
    if (outcome.violations == 0 || outcome.verdict == Verdict::not_checked) continue;
    const focus::Example first =
        outcome.examples.empty() ? focus::Example{} : outcome.examples.front();
    const std::string why = outcome.verdict == Verdict::known ? outcome.rule->known : first.text;
    table.add({{outcome.rule->id},
               {std::string(to_string(outcome.verdict)), ink_of(outcome.verdict)},
               {std::to_string(outcome.violations)},
               {in_words(*outcome.rule)},
               {place_of(first)},
               {why}});
  }
  if (table.size() > 0) {
    table.append_to(out, colors);
    out += '\n';
  }
  for (const std::string& problem : validation.problems) {
    out += fmt::format("Not FOCUS at all: {}\n", printable(problem));
  }
  if (validation.problem_count > validation.problems.size()) {
    out += fmt::format("... and {} more of these\n",
                       validation.problem_count - validation.problems.size());
  }
  for (const std::string& stale : validation.stale) out += "Stale --allow: " + stale + "\n";
  out += summary_of(validation, rules);
}

void write_outcome(json::Writer& json, const Outcome& outcome) {
  json.object().key("rule").value(outcome.rule->id);
  json.key("level").value(outcome.rule->level == focus::Level::must ? "must" : "should");
  json.key("verdict").value(to_string(outcome.verdict));
  json.key("violations").value(outcome.violations);
  json.key("what").value(in_words(*outcome.rule));
  if (!outcome.rule->known.empty()) json.key("known").value(outcome.rule->known);
  if (!outcome.rule->corrected.empty()) json.key("corrected").value(outcome.rule->corrected);
  json.key("examples").array();
  for (const focus::Example& example : outcome.examples) {
    json.object().key("row").value(example.row).key("line").value(example.line);
    json.key("text").value(example.text).end_object();
  }
  json.end_array().end_object();
}

void write_texts(json::Writer& json, std::string_view key, const std::vector<std::string>& texts) {
  json.key(key).array();
  for (const std::string& text : texts) json.value(text);
  json.end_array();
}

void write_json(std::string& out, const Validation& validation, const focus::RuleSet& rules) {
  json::Writer json(out);
  json.object().key("focus_version").value(rules.version);
  json.key("passed").value(validation.passed());
  json.key("rows").value(validation.rows);
  json.key("uncheckable_rules").value(static_cast<std::uint64_t>(rules.uncheckable));
  json.key("rules").array();
  for (const Outcome& outcome : validation.outcomes) write_outcome(json, outcome);
  json.end_array();
  json.key("problem_count").value(validation.problem_count);
  write_texts(json, "problems", validation.problems);
  write_texts(json, "stale", validation.stale);
  json.end_object();
  out += '\n';
}

class Validate : public Command {
 public:
  explicit Validate(CLI::App& parent)
      : Command(parent, "validate", "Hold a file against the rules of FOCUS", kHelp, Uses{}) {
    add_argument(*app_, file_, "FILE", "What to check.");
    add_text(*app_, "--rules", rules_file_, "FILE",
             "An official requirements model (JSON) in place of the built-in rules of FOCUS 1.2.");
    add_comma_list(*app_, "--criteria", criteria_, "A,B",
                   "What the maker of the file supports (REGION_SUPPORTED), or ALL: then the "
                   "columns for it must be there.");
    add_list(*app_, "--allow", allowed_, "RULE=N", "This rule may be broken, exactly N times.");
    add_choice(*app_, "--format,-o,--output", format_, {"table", "json"},
               "Form of the result. Default: table.");
  }

  Result<ExitCode> run(Session& session) override {
    focus::RuleSet read;
    focus::ValidationOptions options;
    if (!rules_file_.empty()) {
      const auto text = whole_file(rules_file_);
      if (!text) return fail(text.error());
      auto rules = focus::read_rule_model(*text);
      if (!rules) return fail(rules.error().code, rules_file_ + ": " + rules.error().message);
      read = std::move(*rules);
      options.rules = &read;
    }
    options.criteria = criteria_;
    for (const std::string& text : allowed_) {
      auto exception = parse_exception(text);
      if (!exception) return session.wrong_usage(exception.error().message);
      options.exceptions.push_back(std::move(*exception));
    }
    const auto validation = focus::validate_file(file_, options);
    if (!validation) return fail(validation.error());
    if (format_ == "json") {
      write_json(session.out().text(), *validation, *options.rules);
    } else {
      write_table(session.out().text(), *validation, *options.rules, session.colors());
    }
    return validation->passed() ? ExitCode::fine : ExitCode::gate;
  }

 private:
  std::string file_, rules_file_, format_ = "table";
  std::vector<std::string> criteria_, allowed_;
};

constexpr const char* kExportHelp = R"(
One row for each day, account, SKU price and owner: quantities, unit prices, and list,
contracted, billed and effective cost apart. The sums of the ledger, to the last digit.
FILE is .csv or .parquet; FILE.metadata.json describes its columns. "-" is standard output.

Examples:
  cost-ops focus export -o july.csv --period 2026-07
  cost-ops focus export -o july.parquet --period 2026-07 --focus-version 1.4
  cost-ops focus export -o upload.csv --period last-month --preset vantage

Exit codes: 5 the period holds nothing; 6 written, but some usage has no price.
)";

class Export : public Command {
 public:
  explicit Export(CLI::App& parent)
      : Command(parent, "export", "Write the ledger as a FOCUS file", kExportHelp,
                {.store = Uses::Store::yes}) {
    add_text(*app_, "-o,--output", options_.output, "FILE", "Where to write.", Need::required);
    add_choice(*app_, "--format", options_.format, {"csv", "parquet"},
               "Form of the file. Default: by its name.");
    declare_focus(*app_, options_);
    add_flag(*app_, "--manifest", options_.manifest,
             "Also write FILE.manifest.json: rows, bytes, SHA-256, totals.");
    options_.webhook.declare(*app_, "POST the manifest there when all is written; as --manifest.");
    options_.selection.declare(*app_);
  }

  Result<ExitCode> run(Session& session) override { return export_focus(session, options_); }

 private:
  FocusExportOptions options_;
};

class Init : public Command {
 public:
  explicit Init(CLI::App& parent)
      : Command(parent, "init", "Print a template of the settings that an export needs", "",
                Uses{}) {}

  Result<ExitCode> run(Session& session) override {
    session.out().write(focus::settings_template());
    return ExitCode::fine;
  }
};

}  // namespace

void add_focus(CLI::App& parent, Commands& into) {
  CLI::App& group = add_group(parent, "focus", "FOCUS files: write them, check them", kGroupHelp);
  into.push_back(std::make_unique<Export>(group));
  into.push_back(std::make_unique<Validate>(group));
  into.push_back(std::make_unique<Init>(group));
}

}  // namespace costops::cli
