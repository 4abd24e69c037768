#include "costops/export/writer.h"

#include <array>

#include "export/buffered.h"

namespace costops::exports {
namespace {

struct Names {
  std::string_view word, extension;
};
constexpr std::array<Names, kFormatCount> kNames = {{{"csv", "csv"},
                                                     {"json", "json"},
                                                     {"ndjson", "ndjson"},
                                                     {"parquet", "parquet"},
                                                     {"xlsx", "xlsx"},
                                                     {"markdown", "md"},
                                                     {"html", "html"},
                                                     {"pdf", "pdf"}}};
constexpr std::pair<std::string_view, Format> kOtherWords[] = {
    {"jsonl", Format::ndjson}, {"md", Format::markdown}, {"htm", Format::html}};

std::optional<Format> format_of(std::string_view word) {
  for (std::size_t i = 0; i < kFormatCount; ++i) {
    if (word == kNames[i].word || word == kNames[i].extension) return static_cast<Format>(i);
  }
  for (const auto& [other, format] : kOtherWords) {
    if (word == other) return format;
  }
  return std::nullopt;
}

}  // namespace

std::string_view to_string(Format format) { return kNames[static_cast<std::size_t>(format)].word; }

std::string_view extension_of(Format format) {
  return kNames[static_cast<std::size_t>(format)].extension;
}

Result<Format> parse_format(std::string_view word) {
  if (const auto format = format_of(word)) return *format;
  std::string known;
  for (const Names& names : kNames) {
    known += known.empty() ? "" : ", ";
    known += names.word;
  }
  return fail(ErrorCode::invalid_input, "unknown format " + quoted(word) + "; known are " + known);
}

std::optional<Format> format_of_file(std::string_view name) {
  name.remove_suffix(compression::file_suffix(compression::codec_of_file(name)).size());
  const std::size_t dot = name.rfind('.');
  return dot == std::string_view::npos ? std::nullopt : format_of(name.substr(dot + 1));
}

bool needs_file(Format format) { return format == Format::parquet || format == Format::xlsx; }

Result<std::unique_ptr<TableWriter>> make_writer(Format format, const WriterOptions& options,
                                                 compression::Sink sink) {
  if (!options.mustache.empty()) return make_template_writer(options, std::move(sink));
  switch (format) {
    case Format::json:
      return make_json_writer(JsonShape::array, options.decimals, std::move(sink));
    case Format::ndjson:
      return make_json_writer(JsonShape::lines, options.decimals, std::move(sink));
    case Format::markdown:
      return make_markdown_writer(options, std::move(sink));
    case Format::html:
      return make_html_writer(options, std::move(sink));
    case Format::pdf:
      return make_pdf_writer(options, std::move(sink));
    default:
      break;
  }
  return make_csv_writer(options.csv, std::move(sink));
}

Result<std::unique_ptr<TableWriter>> make_file_writer(Format format, const WriterOptions& options,
                                                      std::string path) {
  if (format == Format::xlsx) return make_xlsx_writer(options, std::move(path));
  return make_parquet_writer(std::move(path));
}

}  // namespace costops::exports
