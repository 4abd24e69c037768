#include "costops/domain/usage_batch.h"

namespace costops {
namespace {

constexpr std::array<std::string_view, kDimensionCount> kDimensionNames = {
    "provider",     "model",  "model_version", "organization", "project",         "user", "session",
    "service_tier", "region", "speed",         "source_kind",  "source_endpoint", "file", "tags"};

constexpr std::string_view kHexDigits = "0123456789abcdef";

/// The text fields of a record that are dimensions, in the order of the enumerators.
template <typename Record>
auto dimension_texts(Record& record) {
  return std::array{&record.provider,     &record.model,        &record.model_version,
                    &record.organization, &record.project,      &record.user,
                    &record.session,      &record.service_tier, &record.region,
                    &record.speed,        &record.source_kind,  &record.source_endpoint,
                    &record.position.file};
}

/// Appends one tag as a JSON string. Bytes from 0x20 on stay as they are, so that any tag comes
/// back as it was.
void append_tag(std::string& out, std::string_view tag) {
  out += '"';
  for (const char c : tag) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20) {
      out += "\\u00";
      out += kHexDigits[byte >> 4U];
      out += kHexDigits[byte & 15U];
    } else {
      out += c;
    }
  }
  out += '"';
}

/// Appends what the escape behind a backslash stands for; returns the escape's length. Only what
/// append_tag writes needs to be known here.
std::size_t append_unescaped(std::string& out, std::string_view escape) {
  if (escape.empty()) return 0;
  if (escape[0] != 'u' || escape.size() < 5) {
    out += escape[0];
    return 1;
  }
  const std::size_t high = kHexDigits.find(escape[3]);
  const std::size_t low = kHexDigits.find(escape[4]);
  if (high < kHexDigits.size() && low < kHexDigits.size())
    out += static_cast<char>(high * 16 + low);
  return 5;
}

std::int64_t micros_of(const std::optional<Instant>& at) {
  return at ? at->time_since_epoch().count() : UsageBatch::kNone;
}

std::optional<Instant> instant_of(std::int64_t micros) {
  if (micros == UsageBatch::kNone) return std::nullopt;
  return Instant{Microseconds(micros)};
}

std::optional<std::int64_t> value_of(std::int64_t value) {
  if (value == UsageBatch::kNone) return std::nullopt;
  return value;
}

}  // namespace

std::string tags_text(const std::vector<std::string>& tags) {
  std::string text = "[";
  for (const std::string& tag : tags) {
    if (text.size() > 1) text += ',';
    append_tag(text, tag);
  }
  text += ']';
  return text;
}

std::string_view to_string(Dimension dimension) {
  return kDimensionNames[static_cast<std::size_t>(dimension)];
}

std::vector<std::string> tags_of(std::string_view text) {
  std::vector<std::string> tags;
  bool inside = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') {
      if (!inside) tags.emplace_back();
      inside = !inside;
    } else if (inside && text[i] == '\\') {
      i += append_unescaped(tags.back(), text.substr(i + 1));
    } else if (inside) {
      tags.back() += text[i];
    }
  }
  return tags;
}

void UsageBatch::append(const UsageRecord& record) {
  const std::size_t row = size();
  ids.push_back(record.id);
  grows.push_back(record.grows ? 1 : 0);
  at.push_back(micros_of(record.at));
  status.push_back(record.status);
  context_window.push_back(record.context_window);
  latency_ms.push_back(record.latency_ms.value_or(kNone));
  time_to_first_token_ms.push_back(record.time_to_first_token_ms.value_or(kNone));
  reported_cost.push_back(record.reported_cost ? record.reported_cost->amount : Amount{});
  reported_currency.push_back(record.reported_cost ? record.reported_cost->currency : Currency{});
  ingested_at.push_back(micros_of(record.ingested_at));
  line.push_back(record.position.line);
  source_ids.append(record.source_id);
  metadata.append(record.metadata);

  const auto texts = dimension_texts(record);
  for (std::size_t i = 0; i < texts.size(); ++i) {
    codes_[i].push_back(dictionaries_[i].code_of(*texts[i]));
  }
  constexpr auto kTags = static_cast<std::size_t>(Dimension::tags);
  codes_[kTags].push_back(
      record.tags.empty() ? 0 : dictionaries_[kTags].code_of(tags_text(record.tags)));

  for (std::size_t i = 0; i < kMeterCount; ++i) {
    const std::int64_t quantity = record.quantities[i];
    if (meters_[i]) {
      quantities_[i].push_back(quantity);
    } else if (quantity != 0) {
      meters_.set(i);
      quantities_[i].resize(row, 0);
      quantities_[i].push_back(quantity);
    }
  }
}

void TextColumn::append(const TextColumn& other, std::size_t from, std::size_t count) {
  if (count == 0) return;
  const std::size_t begin = from == 0 ? 0 : other.ends_[from - 1];
  const std::size_t end = other.ends_[from + count - 1];
  const std::size_t moved = bytes_.size() - begin;
  bytes_.append(other.bytes_, begin, end - begin);
  for (std::size_t i = 0; i < count; ++i) ends_.push_back(other.ends_[from + i] + moved);
}

void UsageBatch::append(const Row& row) {
  const std::size_t index = size();
  ids.push_back(row.id);
  grows.push_back(0);
  at.push_back(row.at);
  status.push_back(CallStatus::ok);
  context_window.push_back(row.context_window);
  latency_ms.push_back(row.latency_ms);
  time_to_first_token_ms.push_back(row.time_to_first_token_ms);
  reported_cost.emplace_back();
  reported_currency.emplace_back();
  ingested_at.push_back(row.ingested_at);
  line.push_back(row.line);
  source_ids.append(row.source_id);
  metadata.append(row.metadata);
  for (std::size_t i = 0; i < kDimensionCount; ++i) codes_[i].push_back(row.codes[i]);
  std::size_t filled = 0;
  for (const auto& [meter, quantity] : row.quantities) {
    const auto m = static_cast<std::size_t>(meter);
    if (!meters_[m] && quantity == 0) continue;
    meters_.set(m);
    quantities_[m].resize(index, 0);
    quantities_[m].push_back(quantity);
    ++filled;
  }
  if (filled == meters_.count()) return;
  for (std::size_t m = 0; m < kMeterCount; ++m) {
    if (meters_[m]) quantities_[m].resize(index + 1, 0);
  }
}

void UsageBatch::append(const UsageBatch& other, std::size_t from, std::size_t count) {
  const std::size_t before = size();
  const auto add = [&](auto& to, const auto& source) {
    const auto begin = source.begin() + static_cast<std::ptrdiff_t>(from);
    to.insert(to.end(), begin, begin + static_cast<std::ptrdiff_t>(count));
  };
  add(ids, other.ids);
  add(grows, other.grows);
  add(at, other.at);
  add(status, other.status);
  add(context_window, other.context_window);
  add(latency_ms, other.latency_ms);
  add(time_to_first_token_ms, other.time_to_first_token_ms);
  add(reported_cost, other.reported_cost);
  add(reported_currency, other.reported_currency);
  add(ingested_at, other.ingested_at);
  add(line, other.line);
  source_ids.append(other.source_ids, from, count);
  metadata.append(other.metadata, from, count);

  constexpr std::uint32_t kUnknown = UINT32_MAX;
  constexpr std::size_t kTranslationsMax = 1024;
  if (translations_.size() > kTranslationsMax) translations_.clear();
  for (std::size_t d = 0; d < kDimensionCount; ++d) {
    const Dictionary& texts = other.dictionaries_[d];
    std::vector<std::uint32_t>& to = translations_[texts.identity()];
    to.resize(texts.size(), kUnknown);
    const std::uint32_t* const codes = other.codes_[d].data() + from;
    codes_[d].resize(before + count);
    std::uint32_t* const out = codes_[d].data() + before;
    for (std::size_t i = 0; i < count; ++i) {
      std::uint32_t& code = to[codes[i]];
      if (code == kUnknown) code = dictionaries_[d].code_of(texts.text_of(codes[i]));
      out[i] = code;
    }
  }
  meters_ |= other.meters_;
  for (std::size_t m = 0; m < kMeterCount; ++m) {
    if (!meters_[m]) continue;
    quantities_[m].resize(before, 0);
    if (other.meters_[m]) {
      add(quantities_[m], other.quantities_[m]);
    } else {
      quantities_[m].resize(before + count, 0);
    }
  }
}

UsageRecord UsageBatch::record(std::size_t row) const {
  UsageRecord record;
  record.id = ids[row];
  record.grows = grows[row] != 0;
  record.source_id = source_ids[row];
  record.at = instant_of(at[row]);
  record.context_window = context_window[row];
  record.metadata = metadata[row];
  record.status = status[row];
  record.latency_ms = value_of(latency_ms[row]);
  record.time_to_first_token_ms = value_of(time_to_first_token_ms[row]);
  if (!reported_currency[row].is_none()) {
    record.reported_cost = Money{reported_cost[row], reported_currency[row]};
  }
  record.ingested_at = instant_of(ingested_at[row]);
  record.position.line = line[row];

  const auto texts = dimension_texts(record);
  for (std::size_t i = 0; i < texts.size(); ++i) {
    *texts[i] = dictionaries_[i].text_of(codes_[i][row]);
  }
  constexpr auto kTags = static_cast<std::size_t>(Dimension::tags);
  record.tags = tags_of(dictionaries_[kTags].text_of(codes_[kTags][row]));
  for (std::size_t i = 0; i < kMeterCount; ++i) {
    if (meters_[i]) record.quantities[i] = quantities_[i][row];
  }
  return record;
}

void UsageBatch::clear() {
  ids.clear();
  grows.clear();
  at.clear();
  status.clear();
  context_window.clear();
  latency_ms.clear();
  time_to_first_token_ms.clear();
  reported_cost.clear();
  reported_currency.clear();
  ingested_at.clear();
  line.clear();
  source_ids.clear();
  metadata.clear();
  for (std::vector<std::uint32_t>& codes : codes_) codes.clear();
  for (std::vector<std::int64_t>& column : quantities_) column.clear();
  meters_.reset();
}

}  // namespace costops
