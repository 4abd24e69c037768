// The documented usage record in every spelling that existing files use: snake_case and camelCase,
// flat, with a nested "usage", inside a stream's "payload". The spellings share no name with two
// meanings, so one table of names reads them all, in one pass over a record's members.
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "costops/domain/money.h"
#include "costops/json/json.h"
#include "ingestion/elements.h"
#include "ingestion/format_reader.h"
#include "ingestion/served.h"
#include "ingestion/usage_record_fields.h"

namespace costops::ingestion {
namespace {

constexpr std::string_view kScope = kUsageRecordScope;

/// A count with the name that it was written under.
struct Count {
  std::optional<std::int64_t> value;
  std::string_view name;
};

/// Reads one record into an emitter; keeps the first thing that is wrong.
class RecordReading {
 public:
  RecordReading(Emitter& emitter) : emitter_(emitter), record_(emitter.record()) {}

  void read(json::Value object) {
    members_of(object, 0);
    if (failed()) return;
    if (!timestamp_ && created_at_) record_.at = created_at_;
    identify();
    check_counts();
  }
  [[nodiscard]] bool failed() const { return !reason_.empty(); }
  [[nodiscard]] std::string& reason() { return reason_; }

 private:
  void members_of(json::Value object, int depth) {
    for (json::Value member = object.first(); member.exists() && !failed();
         member = member.next()) {
      if (member.kind() == json::Value::Kind::null) continue;
      const Field field = kFieldNames.field_of(member.name());
      if (field == Field::group) {
        if (depth < 2 && member.is_object()) members_of(member, depth + 1);
      } else if (field >= Field::prompt && field <= Field::first_token) {
        count(field, member);
      } else if (field != Field::unknown) {
        dimension(field, member);
      }
    }
  }

  void fail_type(json::Value value, std::string_view expected) {
    constexpr std::size_t kFoundMax = 60;
    std::string_view found = value.raw();
    const bool cut = found.size() > kFoundMax;
    reason_ = fmt::format("\"{}\" must be {}, found {}{}", value.name(), expected,
                          found.substr(0, kFoundMax), cut ? "..." : "");
  }

  void count(Field field, json::Value value) {
    const bool duration = field == Field::latency || field == Field::first_token;
    const auto number = duration ? milliseconds(value) : value.integer();
    if (!number || *number < 0) {
      fail_type(value, duration ? "a number of milliseconds" : "a count");
      return;
    }
    counts_[index(field)] = {number, value.name()};
  }

  /// Whole milliseconds: clocks also give fractions, which are cut.
  static std::optional<std::int64_t> milliseconds(json::Value value) {
    if (const auto whole = value.integer()) return whole;
    const auto text = value.number_text();
    if (!text || text->find_first_of("eE") != std::string_view::npos) return std::nullopt;
    std::int64_t whole = 0;
    const auto end = std::from_chars(text->data(), text->data() + text->size(), whole);
    return end.ec == std::errc() && !text->starts_with('-') ? std::optional(whole) : std::nullopt;
  }

  void dimension(Field field, json::Value value) {
    if (std::string_view* id = id_of(field)) return text_into(*id, value);
    if (std::string* text = text_of(field)) return assign(*text, value);
    switch (field) {
      case Field::timestamp:
        record_.at = instant(value);
        timestamp_ = true;
        return;
      case Field::created_at:
        created_at_ = instant(value);
        return;
      case Field::ingested_at:
        record_.ingested_at = instant(value);
        return;
      case Field::provider:
        return provider(value);
      case Field::model:
        return model(value);
      case Field::service_tier:
        assign(record_.service_tier, value);
        record_.service_tier = served_tier(record_.service_tier);
        return;
      case Field::region:
        assign(record_.region, value);
        record_.region = served_region(record_.region);
        return;
      case Field::environment:
        return environment(value);
      case Field::tags:
        return tags(value);
      case Field::metadata:
        if (value.size() != 0) record_.metadata = value.raw();
        return;
      case Field::source:
        return source(value);
      default:
        return;
    }
  }

  std::string_view* id_of(Field field) {
    switch (field) {
      case Field::id:
        return &id_;
      case Field::request_id:
        return &request_id_;
      case Field::event_id:
        return &event_id_;
      case Field::message_id:
        return &message_id_;
      default:
        return nullptr;
    }
  }

  std::string* text_of(Field field) {
    switch (field) {
      case Field::organization:
        return &record_.organization;
      case Field::project:
        return &record_.project;
      case Field::user:
        return &record_.user;
      case Field::session:
        return &record_.session;
      default:
        return nullptr;
    }
  }

  /// Texts; numbers are taken as they are written, because ids are also numbered.
  void text_into(std::string_view& target, json::Value value) {
    const auto text =
        value.kind() == json::Value::Kind::number ? value.number_text() : value.string();
    if (text) {
      target = *text;
    } else {
      fail_type(value, "a text");
    }
  }
  void assign(std::string& target, json::Value value) {
    std::string_view text;
    text_into(text, value);
    target = text;
  }
  std::optional<Instant> instant(json::Value value) {
    const auto number = value.integer();
    const auto text = value.string();
    if (!number && !text) {
      fail_type(value, "a time (RFC 3339, or seconds since 1970)");
      return std::nullopt;
    }
    const Result<Instant> at = number ? instant_from_epoch(*number) : parse_instant(*text);
    if (at) return *at;
    reason_ = fmt::format("\"{}\": {}", value.name(), at.error().message);
    return std::nullopt;
  }

  /// "openai", or {"custom":"my-gateway"}.
  void provider(json::Value value) {
    if (value.is_object() && value.size() == 1) value = value.first();
    assign(record_.provider, value);
  }

  void model(json::Value value) {
    if (!value.is_object()) {
      assign(record_.model, value);
      return;
    }
    for (json::Value part = value.first(); part.exists(); part = part.next()) {
      if (part.kind() == json::Value::Kind::null) continue;
      const std::string_view name = part.name();
      if (name == "name") assign(record_.model, part);
      if (name == "version") assign(record_.model_version, part);
      if (name == "context_window" || name == "contextWindow") {
        const auto window = part.integer();
        if (!window || *window < 0) fail_type(part, "a count");
        record_.context_window = window.value_or(0);
      }
    }
  }

  /// ["team:search"], or {"team":"search"}.
  void tags(json::Value value) {
    if (!value.is_array() && !value.is_object()) {
      fail_type(value, "a list of texts");
      return;
    }
    for (json::Value tag = value.first(); tag.exists() && !failed(); tag = tag.next()) {
      std::string_view text;
      text_into(text, tag);
      record_.tags.emplace_back(value.is_object() ? fmt::format("{}:{}", tag.name(), text)
                                                  : std::string(text));
    }
  }
  void environment(json::Value value) {
    std::string_view text;
    text_into(text, value);
    record_.tags.push_back(fmt::format("environment:{}", text));
  }

  void source(json::Value value) {
    if (const auto type = value["type"].string()) {
      record_.source_kind = kScope;
      record_.source_kind += ':';
      record_.source_kind += *type;
    }
    for (const std::string_view name : {"endpoint", "path", "topic"}) {
      if (const auto text = value[name].string()) record_.source_endpoint = *text;
    }
  }

  /// The record's own id first, then those that a transport gave it.
  void identify() {
    std::string_view id = id_;
    for (const std::string_view other : {request_id_, event_id_, message_id_}) {
      if (id.empty()) id = other;
    }
    if (record_.source_kind.empty()) record_.source_kind = kScope;
    if (id.empty()) return;
    record_.source_id = id;
    if (const auto uuid = parse_uuid(id)) {
      record_.id = turned(*uuid, record_.organization);
    } else {
      record_.id = record_id(kScope, {record_.organization, id});
    }
  }

  void check_counts() {
    Count& prompt = at(Field::prompt);
    Count& completion = at(Field::completion);
    const Count& total = at(Field::total);
    if (total.value && !check_total(prompt, completion, total)) return;
    if (!contained(at(Field::cached), prompt) || !contained(at(Field::reasoning), completion))
      return;
    add(Unit::input_tokens, prompt);
    add(Unit::output_tokens, completion);
    add(Unit::cache_read_tokens, at(Field::cached));
    add(Unit::output_reasoning_tokens, at(Field::reasoning));
    record_.latency_ms = at(Field::latency).value;
    record_.time_to_first_token_ms = at(Field::first_token).value;
  }

  bool check_total(Count& prompt, Count& completion, const Count& total) {
    if (!prompt.value && !completion.value) {
      if (*total.value == 0) return true;
      reason_ = fmt::format(
          "{} ({}) alone says nothing about cost: the counts of prompt and "
          "completion are missing",
          total.name, *total.value);
      return false;
    }
    // All zero is refused as such; a missing part is what the others leave.
    if (prompt.value.value_or(0) == 0 && completion.value.value_or(0) == 0) return true;
    if (!prompt.value) return rest_of(total, completion, prompt, "prompt_tokens");
    if (!completion.value) return rest_of(total, prompt, completion, "completion_tokens");
    if (Int128{*total.value} == Int128{*prompt.value} + *completion.value) return true;
    reason_ = fmt::format("{} ({}) is not {} ({}) + {} ({})", total.name, *total.value, prompt.name,
                          *prompt.value, completion.name, *completion.value);
    return false;
  }

  bool rest_of(const Count& total, const Count& part, Count& missing, std::string_view name) {
    if (*part.value > *total.value) {
      reason_ =
          fmt::format("{} ({}) exceed {} ({})", part.name, *part.value, total.name, *total.value);
      return false;
    }
    missing = {*total.value - *part.value, name};
    return true;
  }

  bool contained(const Count& part, const Count& whole) {
    const std::int64_t most = whole.value.value_or(0);
    if (part.value.value_or(0) <= most) return true;
    reason_ = whole.value
                  ? fmt::format("{} ({}) exceed {} ({})", part.name, *part.value, whole.name, most)
                  : fmt::format("{} ({}) are given without the count that contains them", part.name,
                                *part.value);
    return false;
  }

  void add(Unit unit, const Count& count) {
    if (count.value) emitter_.counts().add(unit, *count.value);
  }

  static constexpr std::size_t index(Field field) {
    return static_cast<std::size_t>(field) - static_cast<std::size_t>(Field::prompt);
  }
  Count& at(Field field) { return counts_[index(field)]; }

  Emitter& emitter_;
  UsageRecord& record_;
  std::array<Count, kCountFields> counts_;
  std::string_view id_;
  std::string_view request_id_;
  std::string_view event_id_;
  std::string_view message_id_;
  std::optional<Instant> created_at_;
  bool timestamp_ = false;
  std::string reason_;
};

class UsageRecordReader final : public FormatReader {
 public:
  void read(Input& input, Emitter& emitter) override {
    for_each_value(input, emitter, kUsageRecordContainers,
                   [&](json::Value value, const Element& element) {
                     read_usage_record(value, element, emitter);
                   });
  }
};

}  // namespace

void read_usage_record(json::Value value, const Element& element, Emitter& emitter) {
  if (!value.is_object()) {
    emitter.reject(element.line, "a usage record must be an object", element.text);
    return;
  }
  RecordReading reading(emitter);
  reading.read(value);
  if (reading.failed()) {
    emitter.reject(element.line, std::move(reading.reason()), element.text);
  } else {
    emitter.emit(element.line, element.text, OrganizationRule::required);
  }
}

std::unique_ptr<FormatReader> make_usage_record_reader() {
  return std::make_unique<UsageRecordReader>();
}

}  // namespace costops::ingestion
