#include "focus_export.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "costops/export/focus_export.h"
#include "costops/export/ledger_export.h"
#include "costops/export/output_file.h"
#include "costops/export/writer.h"
#include "costops/pricing/importers.h"
#include "counted.h"
#include "options.h"

namespace costops::cli {
namespace {

using exports::ExportedFile;
using exports::Format;
using focus::Dataset;

Result<focus::Settings> settings_of(const Session& session, const std::string& path) {
  const std::string file = path.empty() ? session.folders().config + "/focus.toml" : path;
  std::ifstream stream(file, std::ios::binary);
  if (!stream) {
    return fail(ErrorCode::not_found,
                fmt::format("{}: no such file. FOCUS wants to know whose account is billed: "
                            "\"cost-ops focus init\" prints a template",
                            file));
  }
  const std::string text{std::istreambuf_iterator<char>(stream), {}};
  return focus::read_settings(text, file);
}

Result<Format> format_of(const FocusExportOptions& options) {
  Result<Format> format = Format::csv;
  if (!options.format.empty()) {
    format = exports::parse_format(options.format);
  } else if (const auto told = exports::format_of_file(options.output)) {
    format = *told;
  }
  if (!format || *format == Format::csv || *format == Format::parquet) return format;
  return fail(ErrorCode::invalid_input,
              fmt::format("FOCUS files are csv or parquet, not {}", to_string(*format)));
}

/// Every batch of the dataset through the writer.
Result<void> pour(Dataset& dataset, exports::TableWriter& writer) {
  if (auto begun = writer.begin(dataset.schema()); !begun) return begun;
  auto poured = dataset.rows([&](const exports::Batch& batch) { return writer.write(batch); });
  return poured ? writer.finish() : poured;
}

exports::WriterOptions writer_options() {
  exports::WriterOptions options;
  // FOCUS forbids to change values; quoting keeps the file readable all the same.
  options.csv.formulas = exports::CsvOptions::Formulas::keep;
  return options;
}

Result<void> write_csv(Dataset& dataset, const compression::Sink& sink) {
  auto writer = exports::make_writer(Format::csv, writer_options(), sink);
  if (!writer) return fail(writer.error());
  return pour(dataset, **writer);
}

Result<ExportedFile> finished(Result<exports::FileFacts> facts, const std::string& path) {
  if (!facts) return fail(facts.error());
  return ExportedFile{path, 0, std::move(*facts), {}};
}

Result<ExportedFile> write_whole(const std::string& path, std::string_view text) {
  return finished(exports::write_file(path, text), path);
}

/// "a/costs.csv" as "a/costs-0002.csv".
std::string part_path(const std::string& path, std::uint64_t number) {
  const std::filesystem::path whole(path);
  const std::string name =
      fmt::format("{}-{:04}{}", whole.stem().string(), number, whole.extension().string());
  return (whole.parent_path() / name).string();
}

using Files = std::vector<ExportedFile>;

Result<Files> write_parts(Dataset& dataset, const std::string& path) {
  Files files;
  focus::CsvParts parts({focus::kVantageRowsMax, focus::kVantageBytesMax},
                        [&](std::uint64_t number, std::string_view csv) -> Result<void> {
                          auto file = write_whole(part_path(path, number), csv);
                          if (!file) return fail(file.error());
                          files.push_back(std::move(*file));
                          return {};
                        });
  auto written = write_csv(dataset, [&](std::string_view bytes) { return parts.write(bytes); });
  if (!written) return fail(written.error());
  const auto count = parts.finish();
  if (!count) return fail(count.error());
  return files;
}

Result<Files> write_file(Dataset& dataset, Format format, const std::string& path) {
  auto file = exports::OutputFile::create(path);
  if (!file) return fail(file.error());
  if (exports::needs_file(format)) {
    auto writer = exports::make_file_writer(format, writer_options(), file->temporary_path());
    if (!writer) return fail(writer.error());
    if (auto poured = pour(dataset, **writer); !poured) return fail(poured.error());
  } else {
    auto written = write_csv(dataset, [&](std::string_view bytes) { return file->write(bytes); });
    if (!written) return fail(written.error());
  }
  auto facts = finished(file->commit(), path);
  if (!facts) return fail(facts.error());
  facts->rows = dataset.facts().rows;
  facts->totals = dataset.facts().billed;
  return Files{std::move(*facts)};
}

std::string totals_text(const CurrencyTotals& totals) {
  std::string text;
  for (const Money& money : totals.all()) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", to_string(money.amount),
                        money.currency.code());
  }
  return text.empty() ? "0" : text;
}

/// What the built-in book knows alone: list prices are the providers', not one's own.
Result<pricing::PriceBook> published_prices() {
  pricing::PriceBookBuilder builder;
  if (auto added = pricing::add_built_in_prices(builder); !added) return fail(added.error());
  return pricing::PriceBook::build(std::move(builder));
}

Result<focus::ExportRequest> request_of(const Session& session, const FocusExportOptions& options) {
  focus::ExportRequest request;
  auto selected = options.selection.resolve(session);
  if (!selected) return fail(selected.error());
  request.selection.range = selected->range;
  request.selection.filters = std::move(selected->filters);
  request.selection.as_of = selected->as_of;
  const auto version = focus::parse_version(options.version.empty() ? "1.2" : options.version);
  if (!version) return fail(version.error());
  request.version = *version;
  request.preset = options.preset == "vantage" ? focus::Preset::vantage : focus::Preset::none;
  request.late = options.late == "correct" ? focus::Late::correct : focus::Late::replace;
  request.bucket = options.bucket == "hour" ? Grain::hour : Grain::day;
  return request;
}

/// The files, the metadata left out; none for standard output.
Result<Files> write_all(Session& session, Dataset& dataset, const focus::ExportRequest& request,
                        Format format, const std::string& path) {
  if (path == "-") {
    const auto poured = write_csv(dataset, [&](std::string_view bytes) -> Result<void> {
      session.out().write(bytes);
      return {};
    });
    if (!poured) return fail(poured.error());
    return Files{};
  }
  auto written = request.preset == focus::Preset::vantage ? write_parts(dataset, path)
                                                          : write_file(dataset, format, path);
  if (!written) return written;
  const auto metadata = write_whole(
      path + ".metadata.json", metadata_of(dataset.schema(), request.version, COSTOPS_VERSION));
  if (!metadata) return fail(metadata.error());
  return written;
}

/// Writes the manifest, last of all, and tells the webhook.
Result<void> announce(Session& session, const FocusExportOptions& options, const Dataset& dataset,
                      const exports::ExportRequest& request, Files files,
                      const std::optional<delivery::Webhook>& webhook) {
  if (!options.manifest && !webhook) return {};
  const std::string manifest =
      exports::manifest_of(request, dataset.schema(), std::move(files), dataset.facts().records);
  const auto written = write_whole(options.output + ".manifest.json", manifest);
  if (!written) return fail(written.error());
  if (auto told = tell(webhook, session, manifest); !told) {
    return fail(told.error().code, told.error().message + "; the files are complete");
  }
  return {};
}

/// What a manifest says of the question. The version is that of FOCUS, in the schema.
exports::ExportRequest question_of(const focus::ExportRequest& request, Format format) {
  exports::ExportRequest question;
  question.selection.range = request.selection.range;
  question.selection.filters = request.selection.filters;
  question.selection.as_of = request.selection.as_of;
  question.format = format;
  question.writer = writer_options();
  question.program_version = COSTOPS_VERSION;
  return question;
}

}  // namespace

void declare_focus(CLI::App& app, FocusExportOptions& into) {
  add_choice(app, "--focus-version", into.version, {"1.2", "1.3", "1.4"},
             "Version of FOCUS. Default: 1.2, which most tools take.");
  add_text(app, "--settings", into.settings, "FILE",
           "Whose account is billed, and charges that are no usage. Default: focus.toml in the "
           "configuration folder.");
  add_choice(app, "--late", into.late, {"replace", "correct"},
             "What became known after a month closed: replaces its rows, or stands as Correction "
             "in the month in which it became known. Default: replace.");
  add_choice(app, "--bucket", into.bucket, {"day", "hour"}, "Width of a charge period.");
  add_choice(app, "--preset", into.preset, {"none", "vantage"},
             "vantage: its 25 columns, in files of at most 10,000 rows and 2 MB.");
}

std::string focus_option_used(const FocusExportOptions& options) {
  if (!options.version.empty()) return "--focus-version";
  if (!options.settings.empty()) return "--settings";
  if (!options.late.empty()) return "--late";
  if (!options.bucket.empty()) return "--bucket";
  return options.preset.empty() ? "" : "--preset";
}

Result<ExitCode> export_focus(Session& session, const FocusExportOptions& options) {
  const auto request = request_of(session, options);
  if (!request) return session.wrong_usage(request.error().message);
  const auto format = format_of(options);
  if (!format) return session.wrong_usage(format.error().message);
  if (options.output == "-" && *format == Format::parquet) {
    return session.wrong_usage("Parquet needs a file: give -o FILE");
  }
  if (request->preset == focus::Preset::vantage && *format == Format::parquet) {
    return session.wrong_usage("Vantage takes CSV only");
  }
  const auto webhook = options.webhook.resolve();
  if (!webhook) return session.wrong_usage(webhook.error().message);
  if (options.output == "-" && (options.manifest || *webhook)) {
    return session.wrong_usage("a manifest is of files: give -o FILE");
  }
  const auto settings = settings_of(session, options.settings);
  if (!settings) return fail(settings.error());
  const auto ledger = session.ledger(Session::Use::read);
  if (!ledger) return fail(ledger.error());
  const auto book = published_prices();
  if (!book) return fail(book.error());
  focus::ExportRequest asked = *request;
  asked.list_prices = &*book;
  auto dataset = Dataset::of(**ledger, *settings, asked);
  if (!dataset) return fail(dataset.error());
  const focus::ExportFacts& facts = dataset->facts();
  if (facts.rows == 0) {
    session.complain("the period holds no priced usage: nothing was written");
    return ExitCode::nothing;
  }
  auto written = write_all(session, *dataset, asked, *format, options.output);
  if (!written) return fail(written.error());
  session.note(fmt::format("FOCUS {}: {} of {}; billed {}, effective {}", to_string(asked.version),
                           counted(facts.rows, "row", "rows"),
                           counted(facts.records, "record", "records"), totals_text(facts.billed),
                           totals_text(facts.effective)));
  auto told = announce(session, options, *dataset, question_of(asked, *format), std::move(*written),
                       *webhook);
  if (!told) return fail(told.error());
  if (facts.unpriced == 0) return ExitCode::fine;
  session.note(fmt::format("{} quantities without a price, which are left out",
                           counted(facts.unpriced, "record has", "records have")));
  return ExitCode::incomplete;
}

}  // namespace costops::cli
