// Reads our own price files. A file that is not of the format fails; an entry that cannot be
// understood is left out with a note that names it: a misspelt key could otherwise change a price
// silently.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <initializer_list>

#include "costops/json/json.h"
#include "costops/pricing/importers.h"
#include "pricing/import_notes.h"
#include "pricing/own_format.h"

namespace costops::pricing {
namespace {

using json::Value;
namespace words = own_format;

// Reads members of one entry; keeps the first failure.
class EntryReader {
 public:
  explicit EntryReader(std::string& fault) : fault_(fault) {}

  void fail(std::string message) {
    if (fault_.empty()) fault_ = std::move(message);
  }
  [[nodiscard]] bool failed() const { return !fault_.empty(); }

  void allow(Value object, std::string_view where, std::initializer_list<std::string_view> keys) {
    if (!object.is_object()) return fail(fmt::format("{} must be an object", where));
    for (Value v = object.first(); v.exists(); v = v.next()) {
      if (std::ranges::find(keys, v.name()) != keys.end()) continue;
      fail(fmt::format("unknown key \"{}\" in {}; expected one of: {}", v.name(), where,
                       fmt::join(keys, ", ")));
    }
  }

  std::string text(Value object, std::string_view key) {
    const Value value = object[key];
    if (!value.exists() || value.kind() == Value::Kind::null) return {};
    const auto found = value.string();
    if (!found) fail(fmt::format("\"{}\" must be a text, found {}", key, value.raw()));
    return std::string(found.value_or(""));
  }

  std::int64_t count(Value object, std::string_view key, std::int64_t fallback) {
    const Value value = object[key];
    if (!value.exists()) return fallback;
    const auto found = value.integer();
    if (!found || *found < 0) {
      fail(fmt::format("\"{}\" must be a whole number from 0, found {}", key, value.raw()));
    }
    return found.value_or(fallback);
  }

  Instant instant(Value object, std::string_view key, Instant fallback) {
    const std::string found = text(object, key);
    if (found.empty()) return fallback;
    const auto at = parse_instant(found);
    if (!at) fail(fmt::format("\"{}\": {}", key, at.error().message));
    return at.value_or(fallback);
  }

  template <typename Enumerator, typename Words>
  Enumerator word(Value object, std::string_view key, const Words& all, Enumerator fallback) {
    const std::string found = text(object, key);
    if (found.empty()) return fallback;
    const auto at = std::ranges::find(all, found);
    if (at == all.end()) {
      fail(fmt::format("\"{}\" is \"{}\", expected one of: {}", key, found, fmt::join(all, ", ")));
      return fallback;
    }
    return static_cast<Enumerator>(at - all.begin());
  }

  // A decimal amount, as text or as a JSON number.
  std::string decimal(Value value, std::string_view key) {
    if (const auto found = value.string()) return std::string(*found);
    if (const auto found = value.number_text()) return std::string(*found);
    fail(fmt::format("\"{}\" must be a decimal amount", key));
    return {};
  }

  Rate rate(Value value, std::string_view key, std::int64_t per) {
    const std::string amount = decimal(value.is_object() ? value["amount"] : value, key);
    if (failed()) return {};
    const auto found = parse_rate(amount, value.is_object() ? count(value, "per", per) : per);
    if (!found) fail(fmt::format("\"{}\": {}", key, found.error().message));
    return found.value_or(Rate{});
  }

  Ratio ratio(Value object, std::string_view key) {
    const std::string found = decimal(object[key], key);
    if (failed()) return {};
    const std::size_t slash = found.find('/');
    if (slash != std::string::npos) return fraction(found, slash, key);
    const auto factor = parse_ratio(found);
    if (!factor) fail(fmt::format("\"{}\": {}", key, factor.error().message));
    return factor.value_or(Ratio{});
  }

  std::optional<Meter> meter(std::string_view name) {
    if (const auto found = parse_meter(name)) return found;
    if (const auto unit = parse_unit(name)) return meter_of(*unit);
    fail(fmt::format("unknown unit \"{}\"", name));
    return std::nullopt;
  }

  MeterSet meters(Value object, std::string_view key, const MeterSet& fallback) {
    const Value list = object[key];
    if (!list.exists()) return fallback;
    MeterSet set;
    for (Value v = list.first(); v.exists(); v = v.next()) {
      if (const auto found = meter(v.string().value_or(""))) {
        set.set(static_cast<std::size_t>(*found));
      }
    }
    if (set.none()) fail(fmt::format("\"{}\" must list at least one unit", key));
    return set;
  }

  std::vector<ModelMatch> matches(Value object, std::string_view key) {
    std::vector<ModelMatch> all;
    for (Value v = object[key].first(); v.exists(); v = v.next()) {
      const Value pattern = v.first();
      const auto kind = std::ranges::find(words::kMatchKinds, pattern.name());
      if (v.size() != 1 || kind == words::kMatchKinds.end() || !pattern.string()) {
        fail(fmt::format("\"{}\" must be a list of {{kind: text}}, kind one of: {}", key,
                         fmt::join(words::kMatchKinds, ", ")));
        continue;
      }
      all.push_back({static_cast<ModelMatch::Kind>(kind - words::kMatchKinds.begin()),
                     std::string(*pattern.string())});
    }
    return all;
  }

 private:
  Ratio fraction(std::string_view text, std::size_t slash, std::string_view key) {
    Ratio ratio{0, 0};
    const char* end = text.data() + text.size();
    const auto top = std::from_chars(text.data(), text.data() + slash, ratio.numerator);
    const auto bottom = std::from_chars(text.data() + slash + 1, end, ratio.denominator);
    if (top.ptr != text.data() + slash || bottom.ptr != end || ratio.numerator < 0 ||
        ratio.denominator < 1) {
      fail(fmt::format("\"{}\" must be a factor like \"1.1\" or \"1/3\", found \"{}\"", key, text));
      return {};
    }
    return ratio;
  }

  std::string& fault_;
};

class OwnImport {
 public:
  explicit OwnImport(PriceBookBuilder& into) : into_(into) {}

  Result<void> read_header(Value root) {
    std::string fault;
    EntryReader in(fault);
    in.allow(root, "the file",
             {"format", "source", "kind", "choice", "url", "learned_at", "currency", "sources",
              "providers", "models", "prices"});
    if (const std::string format = in.text(root, "format"); format != words::kFormat) {
      in.fail(fmt::format("\"format\" is \"{}\", expected \"{}\"", format, words::kFormat));
    }
    // A file's own prices are the user's, unless it says otherwise.
    const bool contract = root["source"].string() == "contract";
    file_ = source_of(in, root, "source", contract ? Source::Kind::contract : Source::Kind::custom);
    if (file_.id.empty()) file_.id = words::kSourceKinds[static_cast<std::size_t>(file_.kind)];
    if (const std::string code = in.text(root, "currency"); !code.empty()) {
      const auto currency = Currency::parse(code);
      if (!currency) in.fail(fmt::format("\"currency\": {}", currency.error().message));
      currency_ = currency.value_or(Currency{});
    }
    for (const char* section : {"sources", "providers", "models", "prices"}) {
      const Value value = root[section];
      if (value.exists() && !value.is_array()) {
        in.fail(fmt::format("\"{}\" must be a list", section));
      }
    }
    if (in.failed()) return fail(ErrorCode::invalid_input, std::move(fault));
    return {};
  }

  void read(Value root) {
    lists_sources_ = root["sources"].exists();
    each(root, "sources", "source", &OwnImport::add_source);
    if (root["source"].exists() || !lists_sources_) declare(file_);
    each(root, "providers", "provider", &OwnImport::add_provider);
    each(root, "models", "model", &OwnImport::add_model);
    each(root, "prices", "price", &OwnImport::add_price);
  }

  ImportNotes take() { return std::move(notes_); }

 private:
  using Add = void (OwnImport::*)(Value, EntryReader&, EntryNotes&);

  void each(Value root, std::string_view section, std::string_view noun, Add add) {
    std::size_t number = 0;
    for (Value v = root[section].first(); v.exists(); v = v.next()) {
      std::string fault;
      EntryReader in(fault);
      ++number;
      EntryNotes entry([&] { return name_of(v, noun, number); }, notes_);
      (this->*add)(v, in, entry);
      if (in.failed()) entry.skip(fault);
    }
  }

  static std::string name_of(Value entry, std::string_view noun, std::size_t number) {
    const auto model = entry["model"].string();
    if (!model) {
      return fmt::format("{} {} ({})", noun, number, entry["id"].string().value_or(""));
    }
    return fmt::format("{} {} ({}/{})", noun, number, entry["provider"].string().value_or(""),
                       *model);
  }

  static Source source_of(EntryReader& in, Value object, std::string_view id_key,
                          Source::Kind usual) {
    Source source;
    source.id = in.text(object, id_key);
    source.kind = in.word(object, "kind", words::kSourceKinds, usual);
    source.choice = in.word(object, "choice", words::kChoices, Source::Choice::most_specific);
    source.url = in.text(object, "url");
    source.learned_at = in.instant(object, "learned_at", Instant{});
    return source;
  }

  void declare(const Source& source) {
    into_.add(source);
    sources_.push_back(source);
  }

  void add_source(Value object, EntryReader& in, EntryNotes&) {
    in.allow(object, "a source", {"id", "kind", "choice", "url", "learned_at"});
    const Source source = source_of(in, object, "id", Source::Kind::reference);
    if (source.id.empty()) in.fail("a source needs an \"id\"");
    if (!in.failed()) declare(source);
  }

  void add_provider(Value object, EntryReader& in, EntryNotes&) {
    in.allow(object, "a provider",
             {"id", "name", "provider_matches", "model_matches", "fallbacks"});
    Provider provider{.id = in.text(object, "id"), .name = in.text(object, "name")};
    provider.provider_matches = in.matches(object, "provider_matches");
    provider.model_matches = in.matches(object, "model_matches");
    for (Value v = object["fallbacks"].first(); v.exists(); v = v.next()) {
      provider.fallbacks.emplace_back(v.string().value_or(""));
    }
    if (provider.id.empty()) in.fail("a provider needs an \"id\"");
    if (!in.failed()) into_.add(std::move(provider));
  }

  void add_model(Value object, EntryReader& in, EntryNotes&) {
    in.allow(object, "a model", {"source", "provider", "id", "name", "matches", "context_window"});
    Model model{.provider = in.text(object, "provider"), .id = in.text(object, "id")};
    model.name = in.text(object, "name");
    // A file that lists its sources may describe a model for all of them.
    const bool for_all = lists_sources_ && !object["source"].exists();
    if (!for_all) model.source = source_or_file(in, object).id;
    model.matches = in.matches(object, "matches");
    model.context_window = in.count(object, "context_window", 0);
    if (model.provider.empty() || model.id.empty()) {
      in.fail("a model needs a \"provider\" and an \"id\"");
    }
    if (!in.failed()) into_.add(std::move(model));
  }

  const Source& source_or_file(EntryReader& in, Value object) {
    const std::string id = in.text(object, "source");
    if (id.empty()) return file_;
    const auto found = std::ranges::find(sources_, id, &Source::id);
    if (found == sources_.end()) {
      in.fail(fmt::format("source \"{}\" is not declared in \"sources\"", id));
      return file_;
    }
    return *found;
  }

  void add_price(Value object, EntryReader& in, EntryNotes& entry) {
    in.allow(object, "a price",
             {"id",      "source",      "provider",     "model",          "currency",
              "from",    "until",       "service_tier", "region",         "speed",
              "windows", "rates",       "per_token",    "per_request",    "tiered",
              "steps",   "multipliers", "allowance",    "minimum_charge", "url",
              "note",    "learned_at"});
    Price price = structure(in, object);
    price.id = in.text(object, "id");
    price.provider = in.text(object, "provider");
    price.model = in.text(object, "model");
    price.currency = currency_;
    if (const std::string code = in.text(object, "currency"); !code.empty()) {
      const auto currency = Currency::parse(code);
      if (!currency) in.fail(fmt::format("\"currency\": {}", currency.error().message));
      price.currency = currency.value_or(Currency{});
    }
    read_conditions(in, object, price.conditions);
    read_rates(in, object["rates"], price.rates);
    read_steps(in, object["steps"], price.steps);
    read_multipliers(in, object["multipliers"], price.multipliers);
    read_allowance(in, object["allowance"], price);
    if (object["minimum_charge"].exists()) {
      const auto amount = parse_amount(in.decimal(object["minimum_charge"], "minimum_charge"));
      if (!amount) in.fail(fmt::format("\"minimum_charge\": {}", amount.error().message));
      price.minimum_charge = amount.value_or(Amount{});
    }
    const Source& source = source_or_file(in, object);
    price.provenance = {source.id, object["url"].exists() ? in.text(object, "url") : source.url,
                        in.text(object, "note"),
                        in.instant(object, "learned_at", source.learned_at)};
    if (!in.failed()) entry.add(std::move(price), into_);
  }

  // The classic structures, instead of "rates".
  static Price structure(EntryReader& in, Value object) {
    const auto taken = [&](Result<Price> price) {
      if (!price) in.fail(price.error().message);
      return price.value_or(Price{});
    };
    const Value per_token = object["per_token"];
    const Value per_request = object["per_request"];
    const Value tiered = object["tiered"];
    const int structures = int{object["rates"].exists()} + int{per_token.exists()} +
                           int{per_request.exists()} + int{tiered.exists()};
    if (structures != 1) {
      in.fail("a price needs exactly one of: rates, per_token, per_request, tiered");
      return {};
    }
    if (per_token.exists()) {
      in.allow(per_token, "per_token", {"input", "output", "cached_discount"});
      std::optional<std::string> discount;
      if (per_token["cached_discount"].exists()) {
        discount = in.decimal(per_token["cached_discount"], "cached_discount");
      }
      return taken(per_token_price(in.decimal(per_token["input"], "input"),
                                   in.decimal(per_token["output"], "output"), discount));
    }
    if (per_request.exists()) {
      in.allow(per_request, "per_request", {"amount", "included_tokens", "overage"});
      return taken(per_request_price(in.decimal(per_request["amount"], "amount"),
                                     in.count(per_request, "included_tokens", 0),
                                     in.decimal(per_request["overage"], "overage")));
    }
    if (!tiered.exists()) return {};
    std::vector<Band> bands;
    for (Value v = tiered.first(); v.exists(); v = v.next()) {
      in.allow(v, "a band", {"from", "to", "input", "output"});
      Band band{in.count(v, "from", 0), std::nullopt, in.decimal(v["input"], "input"),
                in.decimal(v["output"], "output")};
      if (v["to"].exists()) band.to = in.count(v, "to", 0);
      bands.push_back(std::move(band));
    }
    return taken(tiered_price(bands));
  }

  static void read_conditions(EntryReader& in, Value object, Conditions& when) {
    when.effective.from = in.instant(object, "from", min_instant());
    when.effective.to = in.instant(object, "until", max_instant());
    when.service_tier = in.text(object, "service_tier");
    when.region = in.text(object, "region");
    when.speed = in.text(object, "speed");
    for (Value v = object["windows"].first(); v.exists(); v = v.next()) {
      in.allow(v, "a window", {"from", "to", "weekdays", "zone"});
      const auto from = words::parse_clock(in.text(v, "from"));
      const auto to = words::parse_clock(in.text(v, "to"));
      if (!from || !to) in.fail("a window needs \"from\" and \"to\" like \"09:30\"");
      TimeWindow window{from.value_or(std::chrono::seconds{0}),
                        to.value_or(std::chrono::seconds{0})};
      if (v["weekdays"].exists()) window.weekdays = weekdays(in, v["weekdays"]);
      if (const std::string zone = in.text(v, "zone"); !zone.empty()) window.zone = zone;
      when.windows.push_back(std::move(window));
    }
  }

  static std::uint8_t weekdays(EntryReader& in, Value list) {
    unsigned bits = 0;
    for (Value v = list.first(); v.exists(); v = v.next()) {
      const auto day = std::ranges::find(words::kWeekdays, v.string().value_or(""));
      if (day == words::kWeekdays.end()) {
        in.fail(
            fmt::format("\"weekdays\" must be a list of: {}", fmt::join(words::kWeekdays, ", ")));
        continue;
      }
      bits |= 1U << (day - words::kWeekdays.begin());
    }
    return static_cast<std::uint8_t>(bits);
  }

  static void read_rates(EntryReader& in, Value object, std::vector<MeterRate>& rates) {
    if (!object.exists()) return;
    if (!object.is_object()) return in.fail("\"rates\" must be an object of unit: amount");
    for (Value v = object.first(); v.exists(); v = v.next()) {
      const auto meter = in.meter(v.name());
      if (!meter) continue;
      const std::int64_t per = facts(*meter).per;
      MeterRate rate{*meter, in.rate(v, v.name(), per), {}};
      if (v.is_object()) in.allow(v, v.name(), {"amount", "per", "steps"});
      for (Value step = v["steps"].first(); step.exists(); step = step.next()) {
        in.allow(step, "a step", {"threshold", "amount", "per"});
        rate.steps.push_back({in.count(step, "threshold", 0), in.rate(step, v.name(), per)});
      }
      rates.push_back(std::move(rate));
    }
    std::ranges::stable_sort(rates, {}, &MeterRate::meter);
  }

  static void read_steps(EntryReader& in, Value object, StepRule& rule) {
    if (!object.exists()) return;
    in.allow(object, "steps", {"kind", "compare", "counted"});
    rule.kind = in.word(object, "kind", words::kStepKinds, rule.kind);
    rule.compare = in.word(object, "compare", words::kCompares, rule.compare);
    rule.counted = in.meters(object, "counted", rule.counted);
  }

  static void read_multipliers(EntryReader& in, Value list, std::vector<Multiplier>& into) {
    for (Value v = list.first(); v.exists(); v = v.next()) {
      in.allow(v, "a multiplier", {"on", "value", "factor", "meters"});
      Multiplier multiplier;
      multiplier.on = in.word(v, "on", words::kMultiplierOns, Multiplier::On::always);
      multiplier.value = in.text(v, "value");
      multiplier.factor = in.ratio(v, "factor");
      multiplier.meters = in.meters(v, "meters", multiplier.meters);
      into.push_back(std::move(multiplier));
    }
  }

  static void read_allowance(EntryReader& in, Value object, Price& price) {
    if (!object.exists()) return;
    in.allow(object, "allowance", {"included", "overage", "meters"});
    Allowance allowance;
    allowance.included = in.count(object, "included", 0);
    allowance.overage = in.rate(object["overage"], "overage", 1'000'000);
    allowance.meters = in.meters(object, "meters", allowance.meters);
    price.allowance = allowance;
  }

  PriceBookBuilder& into_;
  ImportNotes notes_;
  Source file_;
  std::vector<Source> sources_;
  bool lists_sources_ = false;
  Currency currency_ = Currency::usd();
};

}  // namespace

Result<ImportNotes> import_own_json(std::string_view text, PriceBookBuilder& into) {
  json::Document document;
  const auto root = document.parse_copy(text);
  if (!root) return fail(root.error());
  if (!root->is_object()) {
    return fail(ErrorCode::invalid_input, "not a price file: expected an object with \"format\"");
  }
  OwnImport import(into);
  if (auto header = import.read_header(*root); !header) return fail(header.error());
  import.read(*root);
  return import.take();
}

}  // namespace costops::pricing
