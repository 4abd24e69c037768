#include "export/template.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <kainjow/mustache.hpp>

#include "export/buffered.h"
#include "export/document_rows.h"
#include "export/values.h"

namespace costops::exports {
namespace {

namespace mustache = kainjow::mustache;

/// A cell as text; "" for null.
std::string text_of(const Column& column, const Batch::Values& values, std::size_t row) {
  std::string out;
  if (!values.is_null(row)) append_value(out, column, values, row);
  return out;
}

/// The library says "... at 17": a place in the text. People want the line.
std::string with_line(std::string_view message, std::string_view text) {
  const std::size_t at = message.rfind(" at ");
  std::size_t place = 0;
  if (at != std::string_view::npos) {
    const std::string_view digits = message.substr(at + 4);
    std::from_chars(digits.data(), digits.data() + digits.size(), place);
    message = message.substr(0, at);
  }
  const auto lines = std::count(
      text.begin(), text.begin() + static_cast<std::ptrdiff_t>(std::min(place, text.size())), '\n');
  return fmt::format("line {}: {}", lines + 1, message);
}

class TemplateWriter final : public TableWriter {
 public:
  TemplateWriter(const WriterOptions& options, compression::Sink sink)
      : text_(options.document), mustache_(options.mustache), sink_(std::move(sink)) {}

  Result<void> begin(const Schema& schema) override {
    auto parsed = Template::parse(mustache_);
    if (!parsed) return fail(parsed.error().code, "the template, " + parsed.error().message);
    template_.emplace(std::move(*parsed));
    template_->begin(text_, schema);
    schema_ = &schema;
    return {};
  }

  Result<void> write(const Batch& batch) override {
    add_totals(*schema_, batch, totals_);
    return template_->add(batch);
  }

  Result<void> finish() override {
    const auto text = template_->render(totals_);
    if (!text) return fail(text.error());
    return sink_(*text);
  }

 private:
  DocumentText text_;
  std::string mustache_;
  compression::Sink sink_;
  std::optional<Template> template_;
  const Schema* schema_ = nullptr;
  CurrencyTotals totals_;
};

}  // namespace

struct Template::State {
  explicit State(std::string_view from) : source(from), pattern(source) {}
  std::string source;
  mustache::mustache pattern;
  mustache::data context;
  mustache::data rows{mustache::data::type::list};
  const Schema* schema = nullptr;
  std::size_t count = 0;
};

Template::Template(std::unique_ptr<State> state) : state_(std::move(state)) {}
Template::Template(Template&&) noexcept = default;
Template::~Template() = default;

Result<Template> Template::parse(std::string_view mustache) {
  auto state = std::make_unique<State>(mustache);
  if (state->pattern.is_valid()) return Template(std::move(state));
  return fail(ErrorCode::invalid_input, with_line(state->pattern.error_message(), mustache));
}

void Template::begin(const DocumentText& text, const Schema& schema) {
  state_->schema = &schema;
  state_->context.set("title", text.title);
  mustache::data lines{mustache::data::type::list};
  for (const std::string& line : text.lines) lines.push_back({"text", line});
  state_->context.set("lines", lines);
  mustache::data columns{mustache::data::type::list};
  for (const Column& column : schema.columns) columns.push_back({"name", column.name});
  state_->context.set("columns", columns);
}

Result<void> Template::add(const Batch& batch) {
  state_->count += batch.rows;
  if (state_->count > kRowsMax) {
    return fail(ErrorCode::invalid_input,
                fmt::format("a template takes at most {} rows: group them, or choose a shorter "
                            "period",
                            with_thousands(std::to_string(kRowsMax))));
  }
  const auto& columns = state_->schema->columns;
  for (std::size_t row = 0; row < batch.rows; ++row) {
    mustache::data entry;
    mustache::data cells{mustache::data::type::list};
    for (std::size_t c = 0; c < columns.size(); ++c) {
      const std::string text = text_of(columns[c], batch.columns[c], row);
      entry.set(columns[c].name, text);
      cells.push_back(mustache::data{"text", text});
    }
    entry.set("cells", cells);
    state_->rows.push_back(entry);
  }
  return {};
}

Result<std::string> Template::render(const CurrencyTotals& totals) {
  mustache::data sums{mustache::data::type::list};
  for (const Money& money : totals.all()) {
    mustache::data sum;
    sum.set("amount", costops::to_string(money.amount));
    sum.set("currency", std::string(money.currency.code()));
    sums.push_back(sum);
  }
  state_->context.set("totals", sums);
  state_->context.set("rows", state_->rows);
  std::string out = state_->pattern.render(state_->context);
  if (state_->pattern.is_valid()) return out;
  return fail(ErrorCode::invalid_input, with_line(state_->pattern.error_message(), state_->source));
}

std::unique_ptr<TableWriter> make_template_writer(const WriterOptions& options,
                                                  compression::Sink sink) {
  return std::make_unique<TemplateWriter>(options, std::move(sink));
}

}  // namespace costops::exports
