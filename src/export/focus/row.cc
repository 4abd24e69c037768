#include "export/focus/row.h"

#include <type_traits>

namespace costops::focus {
namespace {

enum class Vantage : std::uint8_t { no, yes };
struct FieldFacts {
  std::string_view name;
  exports::ColumnType type;
  int places;
  Version first, last;
  Vantage vantage;
};

constexpr FieldFacts kFacts[] = {
#define COSTOPS_X(name, type, places, first, last, vantage) \
  {#name, exports::ColumnType::type, places, Version::first, Version::last, Vantage::vantage},
    COSTOPS_FOCUS_COLUMNS(COSTOPS_X)
#undef COSTOPS_X
};

constexpr std::string_view kVersions[] = {"1.2", "1.3", "1.4"};

}  // namespace

std::string_view to_string(Version version) { return kVersions[static_cast<std::size_t>(version)]; }

Result<Version> parse_version(std::string_view word) {
  for (std::size_t i = 0; i < std::size(kVersions); ++i) {
    if (kVersions[i] == word) return static_cast<Version>(i);
  }
  return fail(ErrorCode::invalid_input,
              "FOCUS version " + quoted(word) + " cannot be written; known are 1.2, 1.3, 1.4");
}

void FocusRow::clear() { cells_.fill(std::monostate{}); }

void FocusRow::text(Field field, std::string_view value) {
  if (value.empty()) {
    at(field) = std::monostate{};
  } else {
    at(field) = std::string(value);
  }
}

void FocusRow::costs(Int128 list, Int128 contracted, Int128 billed, Int128 effective) {
  number(Field::ListCost, list);
  number(Field::ContractedCost, contracted);
  number(Field::BilledCost, billed);
  number(Field::EffectiveCost, effective);
}

void FocusRow::append_to(exports::BatchBuilder& builder, const std::vector<Field>& columns) const {
  for (const Field field : columns) {
    const Cell& cell = cells_[static_cast<std::size_t>(field)];
    std::visit(
        [&](const auto& value) {
          using T = std::decay_t<decltype(value)>;
          if constexpr (std::is_same_v<T, std::string>) {
            builder.text(value);
          } else if constexpr (std::is_same_v<T, Int128>) {
            builder.decimal(value);
          } else if constexpr (std::is_same_v<T, std::int64_t>) {
            builder.integer(value);
          } else if constexpr (std::is_same_v<T, Instant>) {
            builder.instant(value);
          } else {
            builder.null();
          }
        },
        cell);
  }
}

std::vector<Field> fields_of(Version version, Preset preset) {
  std::vector<Field> fields;
  for (std::size_t i = 0; i < kFieldCount; ++i) {
    const FieldFacts& facts = kFacts[i];
    if (version < facts.first || version > facts.last) continue;
    if (preset == Preset::vantage && facts.vantage == Vantage::no) continue;
    fields.push_back(static_cast<Field>(i));
  }
  return fields;
}

exports::Schema schema_of(Version version, const std::vector<Field>& fields) {
  exports::Schema schema;
  schema.version = "focus-" + std::string(to_string(version));
  for (const Field field : fields) {
    const FieldFacts& facts = kFacts[static_cast<std::size_t>(field)];
    schema.columns.push_back({std::string(facts.name), facts.type, facts.places});
  }
  schema.amount_column = schema.index_of("EffectiveCost");
  schema.currency_column = schema.index_of("BillingCurrency");
  return schema;
}

}  // namespace costops::focus
