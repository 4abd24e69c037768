// template.h - rows through a user's own mustache template.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "costops/export/table.h"
#include "costops/export/writer.h"

namespace costops::exports {

/// What the template may say: see reports::in_template. It holds all rows until it is rendered.
class Template {
 public:
  /// Fails with invalid_input, with the line, if the template has an error.
  [[nodiscard]] static Result<Template> parse(std::string_view mustache);
  Template(Template&&) noexcept;
  ~Template();

  /// `schema` must outlive it.
  void begin(const DocumentText& text, const Schema& schema);
  /// Fails with invalid_input beyond kRowsMax rows.
  [[nodiscard]] Result<void> add(const Batch& batch);
  [[nodiscard]] Result<std::string> render(const CurrencyTotals& totals);

  static constexpr std::size_t kRowsMax = 100'000;

 private:
  struct State;
  explicit Template(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace costops::exports
