#include "ingestion/shapes.h"

#include <fmt/core.h>

#include <algorithm>

#include "costops/domain/money.h"

namespace costops::ingestion {
namespace {

/// "a.b[modality=TEXT].c". The text outlives the path: all of them are literals.
Path parse_path(std::string_view text) {
  Path path;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(".["), text.size());
    path.push_back({text.substr(0, end), {}});
    text.remove_prefix(end);
    if (text.starts_with('[')) {
      const std::size_t equals = text.find('=');
      const std::size_t close = text.find(']');
      path.push_back({text.substr(1, equals - 1), text.substr(equals + 1, close - equals - 1)});
      text.remove_prefix(close + 1);
    }
    if (text.starts_with('.')) text.remove_prefix(1);
  }
  return path;
}

std::string path_text(const Path& path) {
  std::string text;
  for (const PathStep& step : path) {
    if (!step.value.empty()) {
      text += fmt::format("[{}={}]", step.name, step.value);
    } else {
      text += text.empty() ? "" : ".";
      text += step.name;
    }
  }
  return text;
}

/// The total that goes with the name of the input count.
std::string_view total_of(std::string_view input_path) {
  if (input_path == "promptTokenCount") return "totalTokenCount";
  if (input_path == "inputTokens") return "totalTokens";
  return input_path == "prompt_tokens" || input_path == "input_tokens" ? "total_tokens" : "";
}

class Shapes {
 public:
  void shape(std::string_view provider, std::string_view api, std::string_view root,
             std::string_view model) {
    shapes_.push_back({std::string(provider),
                       std::string(api),
                       fmt::format("{}-{}", provider, api),
                       parse_path(root),
                       parse_path(model),
                       {},
                       Containing::as_mapped,
                       {}});
  }
  void own_shape(std::string_view kind, std::string_view root, std::string_view model,
                 std::string_view total, Containing containing) {
    shapes_.push_back({{},
                       {},
                       std::string(kind),
                       parse_path(root),
                       parse_path(model),
                       parse_path(total),
                       containing,
                       {}});
  }
  void mapping(Mapping::Need need, Unit unit, std::string_view path) {
    Shape& shape = shapes_.back();
    shape.mappings.push_back({unit, need, parse_path(path)});
    if (unit == Unit::input_tokens && !shape.provider.empty() && shape.total.empty()) {
      shape.total = parse_path(total_of(path));
    }
  }
  /// A total says something only where both directions are counted, and (as nobody says which
  /// reading a total beside Anthropic's counts has) where cached tokens are inside the input.
  std::vector<Shape> take() {
    for (Shape& shape : shapes_) {
      const bool anthropic = std::ranges::any_of(shape.mappings, [](const Mapping& mapping) {
        return mapping.path.front().name == "cache_creation_input_tokens";
      });
      if (!shape.counts(Unit::output_tokens) || anthropic) shape.total.clear();
    }
    return std::move(shapes_);
  }

 private:
  std::vector<Shape> shapes_;
};

#define COSTOPS_MUST(unit, path) shapes.mapping(Mapping::Need::required, Unit::unit, path);
#define COSTOPS_MAY(unit, path) shapes.mapping(Mapping::Need::optional, Unit::unit, path);
#define COSTOPS_SAME(unit, path) shapes.mapping(Mapping::Need::restates, Unit::unit, path);

std::vector<Shape> published_table() {
  Shapes shapes;
#define COSTOPS_SHAPE(provider, api, root, model) shapes.shape(provider, api, root, model);
#include "ingestion/shape_table.inc"
#undef COSTOPS_SHAPE
  return shapes.take();
}

std::vector<Shape> own_table() {
  Shapes shapes;
#define COSTOPS_OWN_SHAPE(kind, root, model, total, containing) \
  shapes.own_shape(kind, root, model, total, Containing::containing);
#include "ingestion/own_shapes.inc"
#undef COSTOPS_OWN_SHAPE
  // Gemini and Vertex have but one shape, and the published one is complete.
  if (const Shape* gemini = published_shape("google", "default")) {
    std::vector<Shape> all = shapes.take();
    all.push_back(*gemini);
    all.back().kind = "google-gemini";
    return all;
  }
  return shapes.take();
}

#undef COSTOPS_MUST
#undef COSTOPS_MAY
#undef COSTOPS_SAME

const std::vector<Shape>& published() {
  static const std::vector<Shape> table = published_table();
  return table;
}

const Shape* own_shape(std::string_view kind) {
  static const std::vector<Shape> table = own_table();
  const auto found = std::ranges::find(table, kind, &Shape::kind);
  return found == table.end() ? nullptr : &*found;
}

bool equal_in_any_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

json::Value matching_element(json::Value list, const PathStep& step) {
  if (!list.is_array()) return {};
  for (json::Value item = list.first(); item.exists(); item = item.next()) {
    const auto text = item[step.name].string();
    if (text && equal_in_any_case(*text, step.value)) return item;
  }
  return {};
}

std::string found_text(json::Value value) {
  constexpr std::size_t kFoundMax = 60;
  const std::string_view raw = value.raw();
  return std::string(raw.substr(0, kFoundMax)) + (raw.size() > kFoundMax ? "..." : "");
}

/// A number in the unit's stored steps; none if it is negative or no whole number of them.
std::optional<std::int64_t> quantity_of(json::Value value, Unit unit) {
  const std::int64_t steps = facts(meter_of(unit)).steps;
  if (const auto whole = value.integer()) {
    std::int64_t quantity = 0;
    if (*whole < 0 || __builtin_mul_overflow(*whole, steps, &quantity)) return std::nullopt;
    return quantity;
  }
  const auto text = value.number_text();
  if (steps == 1 || !text) return std::nullopt;
  // Fractions of seconds: decimal text, cut to whole milliseconds.
  const Result<Amount> seconds = parse_amount(*text);
  if (!seconds || seconds->pico() < 0) return std::nullopt;
  const Int128 quantity = seconds->pico() / (kPicoPerUnit / steps);
  if (quantity > INT64_MAX) return std::nullopt;
  return static_cast<std::int64_t>(quantity);
}

Result<void> count_one(const Mapping& mapping, json::Value root, const Path& root_path,
                       UsageCounts& counts) {
  using Kind = json::Value::Kind;
  const json::Value value = value_at(root, mapping.path);
  const bool number = value.kind() == Kind::number;
  const bool truth = value.kind() == Kind::boolean;
  if (!number && !truth) {
    if (mapping.need != Mapping::Need::required) return {};
    const std::string name = path_text(root_path) + "." + path_text(mapping.path);
    if (!value.exists())
      return fail(ErrorCode::invalid_input, fmt::format("\"{}\" is missing", name));
    return fail(ErrorCode::invalid_input,
                fmt::format("\"{}\" must be a count, found {}", name, found_text(value)));
  }
  const auto quantity = number ? quantity_of(value, mapping.unit) : std::nullopt;
  if (!quantity) {
    return fail(ErrorCode::invalid_input,
                fmt::format("\"{}.{}\" must be a count, found {}", path_text(root_path),
                            path_text(mapping.path), found_text(value)));
  }
  if (mapping.need == Mapping::Need::restates) {
    const std::int64_t known = counts.count(mapping.unit);
    counts.add(mapping.unit, std::max(*quantity - known, std::int64_t{0}));
  } else {
    counts.add(mapping.unit, *quantity);
  }
  return {};
}

/// Sums of the numbers as read; 128 bits, so that nothing a source writes can wrap.
struct Sums {
  Int128 total = 0;
  Int128 input = 0;
  Int128 output = 0;
  Int128 reasoning = 0;
  Int128 citation = 0;
  Int128 tool = 0;
};

bool adds_up(const Sums& s, const Shape& shape) {
  const Int128 sum = s.input + s.output;
  if (s.total == sum) return true;
  if (shape.adds_to_output()) {
    // Whether a total counts what is added to the output differs by provider and version.
    return s.total == sum - s.reasoning || s.total == sum - s.citation ||
           s.total == sum - s.reasoning - s.citation || s.total == sum - s.tool;
  }
  // Some models report reasoning beside the output, through any API.
  return s.total == sum + s.reasoning;
}

Sums sums_of(const UsageCounts& counts) {
  return {0,
          counts.count(Unit::input_tokens),
          counts.count(Unit::output_tokens),
          counts.count(Unit::output_reasoning_tokens),
          counts.count(Unit::output_citation_tokens),
          counts.count(Unit::input_tool_tokens)};
}

/// Reasoning is inside the output count of most providers, beside it at xAI: the total tells, or a
/// part that is larger than what should contain it.
void place_reasoning(std::optional<std::int64_t> total, UsageCounts& counts) {
  const Sums sums = sums_of(counts);
  const bool beside = total && *total != sums.input + sums.output &&
                      *total == sums.input + sums.output + sums.reasoning;
  if (beside || sums.reasoning > sums.output) {
    counts.add(Unit::output_tokens, counts.count(Unit::output_reasoning_tokens));
  }
}

Result<void> check_total(const Shape& shape, json::Value root, UsageCounts& counts) {
  const auto total = shape.total.empty() ? std::nullopt : value_at(root, shape.total).integer();
  if (shape.containing == Containing::reasoning_by_total) place_reasoning(total, counts);
  if (!total) return {};
  Sums sums = sums_of(counts);
  sums.total = *total;
  if (adds_up(sums, shape)) return {};
  return fail(ErrorCode::invalid_input,
              fmt::format("total_tokens ({}) is not input_tokens ({}) + output_tokens ({})", *total,
                          counts.count(Unit::input_tokens), counts.count(Unit::output_tokens)));
}

/// Cache counts beside the input count become part of it.
void put_cache_inside(UsageCounts& counts) {
  const std::int64_t read = counts.count(Unit::cache_read_tokens);
  const std::int64_t written = counts.count(Unit::cache_write_tokens);
  counts.add(Unit::input_tokens, read);
  counts.add(Unit::input_tokens, written);
}

}  // namespace

bool Shape::counts(Unit unit) const {
  return std::ranges::find(mappings, unit, &Mapping::unit) != mappings.end();
}

bool Shape::adds_to_output() const {
  return std::ranges::count(mappings, Unit::output_tokens, &Mapping::unit) > 1;
}

const Shape* published_shape(std::string_view provider, std::string_view api) {
  const auto found = std::ranges::find_if(published(), [&](const Shape& shape) {
    return shape.api == api && shape.provider == provider;
  });
  return found == published().end() ? nullptr : &*found;
}

std::string published_names(std::string_view provider) {
  std::string apis;
  std::string providers;
  for (const Shape& shape : published()) {
    if (shape.provider == provider) apis += (apis.empty() ? "" : ", ") + shape.api;
    if (!providers.ends_with(shape.provider))
      providers += (providers.empty() ? "" : ", ") + shape.provider;
  }
  return apis.empty() ? providers : apis;
}

json::Value value_at(json::Value from, const Path& path) {
  for (const PathStep& step : path) {
    from = step.value.empty() ? from[step.name] : matching_element(from, step);
  }
  return from;
}

const Shape* shape_of_body(json::Value body) {
  const json::Value usage = body["usage"];
  const auto has = [&usage](std::string_view name) { return usage[name].exists(); };
  if (body["usageMetadata"].is_object()) return own_shape("google-gemini");
  if (usage["billed_units"].is_object()) return own_shape("cohere-usage");
  if (body.at({"meta", "billed_units"}).is_object()) return own_shape("cohere-meta");
  if (!usage.is_object()) return nullptr;
  if (has("inputTokens") || has("outputTokens")) return own_shape("aws-converse");
  const bool list = body["object"].string() == "list";
  if (has("prompt_tokens") && !list) {
    const bool searches = has("citation_tokens") || has("num_search_queries");
    return own_shape(searches ? "perplexity-chat" : "openai-chat");
  }
  if (has("input_tokens") && !list) {
    const bool anthropic =
        body["type"].string() == "message" || has("cache_read_input_tokens") ||
        has("cache_creation_input_tokens") || has("cache_creation") || has("server_tool_use") ||
        (has("output_tokens") && !has("total_tokens") && body["object"].string() != "response");
    return own_shape(anthropic ? "anthropic-messages" : "openai-responses");
  }
  if (has("seconds")) return own_shape("openai-audio");
  const bool tokens = has("prompt_tokens") || has("input_tokens") || has("total_tokens");
  return tokens ? own_shape("openai-embeddings") : nullptr;
}

Result<void> count_by(const Shape& shape, json::Value body, UsageCounts& counts) {
  const json::Value root = value_at(body, shape.root);
  if (!root.is_object()) {
    const std::string name = path_text(shape.root);
    return fail(ErrorCode::invalid_input,
                root.exists()
                    ? fmt::format("\"{}\" must be an object, found {}", name, found_text(root))
                    : fmt::format("\"{}\" is missing", name));
  }
  return count_in(shape, root, counts);
}

Result<void> count_in(const Shape& shape, json::Value root, UsageCounts& counts) {
  for (const Mapping& mapping : shape.mappings) {
    if (auto counted = count_one(mapping, root, shape.root, counts); !counted) return counted;
  }
  if (counts.empty()) {
    return fail(ErrorCode::invalid_input,
                fmt::format("\"{}\" counts nothing", path_text(shape.root)));
  }
  if (shape.containing == Containing::cache_beside_input) put_cache_inside(counts);
  return check_total(shape, root, counts);
}

}  // namespace costops::ingestion
