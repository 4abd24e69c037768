#include "ingestion/otlp_attributes.h"

#include "ingestion/export_rows.h"

namespace costops::ingestion {

void OtlpAttributes::reset(json::Value list) {
  attributes_.clear();
  if (!list.is_array()) return;
  for (json::Value entry = list.first(); entry.exists(); entry = entry.next()) {
    const auto key = entry["key"].string();
    const json::Value value = entry["value"].first();
    if (key && value.exists()) attributes_.push_back({*key, value});
  }
}

const OtlpAttributes::Attribute* OtlpAttributes::find(Names names) const {
  for (const std::string_view name : names) {
    for (const Attribute& attribute : attributes_) {
      if (attribute.key == name) return &attribute;
    }
  }
  return nullptr;
}

std::string_view OtlpAttributes::text(Names names) const {
  const Attribute* found = find(names);
  return found == nullptr ? std::string_view{} : found->value.string().value_or(std::string_view{});
}

Result<std::optional<std::int64_t>> OtlpAttributes::count(Names names) const {
  const Attribute* found = find(names);
  if (found == nullptr) return std::optional<std::int64_t>{};
  auto count = count_of(found->key, found->value);
  if (!count) return fail(count.error());
  return std::optional(*count);
}

std::string_view OtlpAttributes::number(Names names) const {
  const Attribute* found = find(names);
  if (found == nullptr) return {};
  if (const auto digits = found->value.number_text()) return *digits;
  return found->value.string().value_or(std::string_view{});
}

}  // namespace costops::ingestion
