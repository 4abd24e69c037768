// Response bodies: bare, in the envelope {"provider","api","model",...,"body":{...}}, in the
// wrappers of batch outputs, and as streams of chunks. What a body counts is data (shapes.h); here
// is what can be around it.
#include <fmt/core.h>

#include <algorithm>

#include "ingestion/body_facts.h"
#include "ingestion/elements.h"
#include "ingestion/format_reader.h"
#include "ingestion/served.h"
#include "ingestion/shapes.h"
#include "ingestion/stream.h"

namespace costops::ingestion {
namespace {

constexpr int kWrappersMax = 4;

std::string_view first_text(json::Value object, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    const json::Value value = object[name];
    if (const auto text = value.string()) return *text;
    if (const auto digits = value.number_text()) return *digits;
  }
  return {};
}

/// A body inside its wrappers: each step takes one away, or says why there is no call to bill.
class Unwrapping {
 public:
  explicit Unwrapping(json::Value body) : body_(body) {}

  /// False once nothing is left to take away.
  bool step() {
    if (!body_.is_object()) return false;
    return openai_batch() || anthropic_batch() || bedrock_batch() || logged_pair();
  }
  [[nodiscard]] json::Value body() const { return body_; }
  [[nodiscard]] bool batch() const { return batch_; }
  [[nodiscard]] std::string& reason() { return reason_; }

 private:
  bool inner(json::Value body) {
    body_ = body;
    return true;
  }
  bool refuse(std::string reason) {
    reason_ = std::move(reason);
    return false;
  }
  bool refuse_batch(std::string_view id, std::string_view why) {
    return refuse(fmt::format("the batch request \"{}\" gave no response and is not billed: {}", id,
                              why.empty() ? "no reason is stated" : why));
  }

  /// {"custom_id":...,"response":{"status_code":200,"body":{...}},"error":null}
  bool openai_batch() {
    const json::Value response = body_["response"];
    if (!body_["custom_id"].exists() || !response.exists()) return false;
    batch_ = true;
    const std::string_view id = first_text(body_, {"custom_id"});
    if (!response.is_object()) return refuse_batch(id, error_of_body(body_));
    const auto status = response["status_code"].integer();
    if (status && *status >= 400) {
      const std::string why = error_of_body(response["body"]);
      return refuse_batch(id, fmt::format("status {}{}{}", *status, why.empty() ? "" : ", ", why));
    }
    return inner(response["body"]);
  }

  /// {"custom_id":...,"result":{"type":"succeeded","message":{...}}}
  bool anthropic_batch() {
    const json::Value result = body_["result"];
    const auto type = result["type"].string();
    if (!type) return false;
    batch_ = true;
    if (*type == "succeeded") return inner(result["message"]);
    const std::string why = error_of_body(result["error"].is_object() ? result["error"] : result);
    return refuse_batch(first_text(body_, {"custom_id"}),
                        fmt::format("{}{}{}", *type, why.empty() ? "" : ", ", why));
  }

  /// {"recordId":...,"modelInput":{...},"modelOutput":{...}}
  bool bedrock_batch() {
    if (!body_["recordId"].exists()) return false;
    batch_ = true;
    if (body_["modelOutput"].is_object()) return inner(body_["modelOutput"]);
    return refuse_batch(first_text(body_, {"recordId"}), error_of_body(body_));
  }

  /// {"request":{...},"response":{...}}: logs, Vertex batch outputs (with "status" or
  /// "processed_time", Gemini's with "key"), and the closing event of a Responses or Realtime
  /// stream.
  bool logged_pair() {
    const json::Value response = body_["response"];
    if (!response.is_object() || body_["usage"].is_object()) return false;
    const bool vertex =
        response["usageMetadata"].exists() &&
        (body_["processed_time"].exists() || body_["status"].exists() || body_["key"].exists());
    batch_ = batch_ || vertex;
    return inner(response);
  }

  json::Value body_;
  bool batch_ = false;
  std::string reason_;
};

class ProviderBodyReader final : public FormatReader {
 public:
  void read(Input& input, Emitter& emitter) override {
    for_each_value(input, emitter, {}, [&](json::Value value, const Element& element) {
      emitter_ = &emitter;
      element_ = &element;
      read_value(value);
    });
  }

 private:
  UsageRecord& record() { return emitter_->record(); }
  void reject(std::string reason) {
    emitter_->reject(element_->line, std::move(reason), element_->text);
  }

  void read_value(json::Value value) {
    shape_ = nullptr;
    named_api_ = false;
    if (!value.is_object()) {
      reject("a response body must be an object");
    } else if (value["body"].exists()) {
      read_envelope(value);
    } else if (value["provider"].exists() && value["api"].exists()) {
      reject("\"body\" is missing");
    } else if (is_list_of_bodies(value)) {
      read_list(value["data"]);
    } else {
      read_body(value);
    }
  }

  /// {"object":"list","data":[{"object":"chat.completion",...},...]}: stored completions.
  static bool is_list_of_bodies(json::Value value) {
    return !value["usage"].exists() && value["data"].first()["usage"].is_object();
  }
  void read_list(json::Value list) {
    for (json::Value body = list.first(); body.exists(); body = body.next()) read_body(body);
  }

  void read_envelope(json::Value envelope) {
    std::string reason;
    if (!read_envelope_fields(envelope, reason)) {
      reject(std::move(reason));
      return;
    }
    const json::Value body = envelope["body"];
    if (body.is_object()) {
      read_body(body);
    } else if (body.is_array()) {
      const auto merged = stream_.whole_of(body);
      merged ? read_body(*merged) : reject(merged.error().message);
    } else {
      reject("\"body\" must be an object");
    }
  }

  bool read_envelope_fields(json::Value envelope, std::string& reason) {
    UsageRecord& r = record();
    r.provider = first_text(envelope, {"provider"});
    name_shape(r.provider, first_text(envelope, {"api"}));
    r.model = first_text(envelope, {"model"});
    r.organization = first_text(envelope, {"organization", "organization_id"});
    r.project = first_text(envelope, {"project", "project_id"});
    r.user = first_text(envelope, {"user", "user_id"});
    r.session = first_text(envelope, {"session", "session_id"});
    r.source_id = first_text(envelope, {"id", "request_id"});
    r.service_tier = served_tier(first_text(envelope, {"service_tier"}));
    r.region = served_region(first_text(envelope, {"region"}));
    r.speed = served_speed(first_text(envelope, {"speed"}));
    r.latency_ms = envelope["latency_ms"].integer();
    const json::Value metadata = envelope["metadata"];
    if (metadata.is_object() && metadata.size() != 0) r.metadata = metadata.raw();
    const json::Value tags = envelope["tags"];
    for (json::Value tag = tags.first(); tag.exists(); tag = tag.next()) {
      const std::string_view text = tag.string().value_or("");
      r.tags.emplace_back(tags.is_object() ? fmt::format("{}:{}", tag.name(), text)
                                           : std::string(text));
    }
    return read_timestamp(envelope["timestamp"], reason);
  }

  /// Logs repeat provider and api, so the shape last found is kept.
  void name_shape(std::string_view provider, std::string_view api) {
    if (provider != named_.provider || api != named_.api) {
      named_.provider = provider;
      named_.api = api;
      named_.folded = fold_provider(provider);
      named_.shape = published_shape(named_.folded, api);
    }
    shape_ = named_.shape;
    named_api_ = true;
  }

  bool read_timestamp(json::Value value, std::string& reason) {
    using Kind = json::Value::Kind;
    if (value.kind() == Kind::missing || value.kind() == Kind::null) return true;
    const auto number = value.integer();
    const auto text = value.string();
    if (!number && !text) {
      reason = "\"timestamp\" must be a time (RFC 3339, or seconds since 1970)";
      return false;
    }
    const auto at = number ? instant_from_epoch(*number) : parse_instant(*text);
    if (!at) {
      reason = fmt::format("\"timestamp\": {}", at.error().message);
      return false;
    }
    record().at = *at;
    return true;
  }

  /// `body` may still be wrapped. A published shape whose root is there reads it as it is.
  void read_body(json::Value body) {
    if (is_part_of_stream(body)) {
      emitter_->discard();
      return;
    }
    const Shape* shape = shape_;
    Unwrapping wrapped(body);
    for (int i = 0; i < kWrappersMax; ++i) {
      if (shape != nullptr && value_at(wrapped.body(), shape->root).is_object()) break;
      if (!wrapped.step()) break;
    }
    if (!wrapped.reason().empty()) {
      reject(std::move(wrapped.reason()));
      return;
    }
    body = wrapped.body();
    if (wrapped.batch()) record().service_tier = "batch";
    const bool published = shape != nullptr;
    if (!published) shape = shape_of_body(body);
    if (shape == nullptr || is_torn_event(body)) {
      reject(unknown_body(body));
      return;
    }
    read_counts(*shape, body, published);
  }

  void read_counts(const Shape& shape, json::Value body, bool published) {
    const std::string error = error_of_body(body);
    if (!error.empty() && !value_at(body, shape.root).is_object()) {
      reject(fmt::format("the call failed ({}): nothing was counted", error));
      return;
    }
    if (const auto counted = count_by(shape, body, emitter_->counts()); !counted) {
      reject(counted.error().message);
      return;
    }
    UsageRecord& r = record();
    r.source_kind = shape.kind;
    if (r.model.empty()) r.model = value_at(body, shape.model).string().value_or("");
    if (r.model.empty()) r.model = first_text(body, {"model"});
    if (r.provider.empty()) r.provider = provider_of_body(body);
    add_output_fees(body, emitter_->counts());
    add_body_facts(body, r);
    identify(body);
    const json::Value iterations = body.at({"usage", "iterations"});
    if (published || !has_calls_beside(iterations)) {
      emitter_->emit(element_->line, element_->text);
      return;
    }
    const UsageRecord main = r;
    emitter_->emit(element_->line, element_->text);
    emit_calls_beside(iterations, shape, main);
  }

  /// Anthropic's compaction and advisor calls are listed in "iterations" and not in the sums above.
  static bool is_beside(json::Value iteration) {
    const auto type = iteration["type"].string();
    return type == "compaction" || type == "advisor_message";
  }
  static bool has_calls_beside(json::Value iterations) {
    for (json::Value item = iterations.first(); item.exists(); item = item.next()) {
      if (is_beside(item)) return true;
    }
    return false;
  }
  /// Each becomes a record of its own, because a long context is judged call by call, and an
  /// advisor is another model. None of them is a request that somebody made.
  void emit_calls_beside(json::Value iterations, const Shape& shape, const UsageRecord& main) {
    int index = 0;
    for (json::Value item = iterations.first(); item.exists(); item = item.next(), ++index) {
      if (!is_beside(item)) continue;
      if (const auto counted = count_in(shape, item, emitter_->counts()); !counted) {
        reject(fmt::format("iteration {}: {}", index, counted.error().message));
        continue;
      }
      UsageRecord& r = record();
      r = main;
      if (const auto model = item["model"].string()) r.model = *model;
      r.source_kind = fmt::format("{}-{}", shape.kind, *item["type"].string());
      r.tags.emplace_back(item["type"].string() == "compaction" ? "compaction" : "advisor");
      r.reported_cost.reset();
      r.latency_ms.reset();
      r.id = main.id.is_null()
                 ? RecordId{}
                 : record_id("iteration", {to_string(main.id), std::to_string(index)});
      emitter_->counts().add(Unit::requests, 0);
      emitter_->emit(element_->line, item.raw());
    }
  }

  /// Ids of compatible servers are short and repeat; with model and time they do not.
  void identify(json::Value body) {
    UsageRecord& r = record();
    if (r.source_id.empty()) return;
    r.id =
        record_id("response", {r.source_id, first_text(body, {"created", "created_at"}), r.model});
    // Each chunk of a stream counts all up to it.
    r.grows = body["usageMetadata"].exists() || first_text(body, {"object"}).ends_with(".chunk");
  }

  std::string unknown_body(json::Value body) {
    if (is_torn_event(body)) {
      return "an event of a stream counts only together with the others: give the events of one "
             "response as one array in \"body\"";
    }
    const std::string error = error_of_body(body);
    if (!error.empty()) return fmt::format("the call failed ({}): nothing was counted", error);
    const std::string_view status = first_text(body, {"status"});
    if (body["usage"].kind() == json::Value::Kind::null && !status.empty()) {
      return fmt::format("the response counts nothing yet: its status is \"{}\"", status);
    }
    if (named_api_ && !named_.api.empty()) {
      return fmt::format(
          "no shape is known for the api \"{}\" of \"{}\" (known: {}), and the body "
          "has no usage that tells its own",
          named_.api, named_.folded, published_names(named_.folded));
    }
    return "no usage found in the body: expected \"usage\" (OpenAI, Anthropic, Bedrock, Cohere and "
           "compatible), \"usageMetadata\" (Gemini) or \"meta.billed_units\" (Cohere)";
  }

  Emitter* emitter_ = nullptr;
  const Element* element_ = nullptr;
  /// Provider and api of the envelope last read, and the published shape that they name.
  struct Named {
    std::string provider;
    std::string api;
    std::string folded;
    const Shape* shape = nullptr;
  };
  Named named_;
  const Shape* shape_ = nullptr;  ///< Of this value's envelope.
  bool named_api_ = false;
  StreamJoin stream_;
};

}  // namespace

std::unique_ptr<FormatReader> make_provider_body_reader() {
  return std::make_unique<ProviderBodyReader>();
}

}  // namespace costops::ingestion
