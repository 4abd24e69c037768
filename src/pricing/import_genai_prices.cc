// The price list of pydantic/genai-prices, version 2 (its prices/v2_data.json).
//
// Its semantics, read from the package of the same name, 2026-08-21:
// - a model id belongs to the first model of the provider, in file order, whose match logic holds
// for
//   its lower-case form; else to one of the fallback providers' models;
// - of a list of conditional prices, the last whose constraint holds applies, else the first;
// - start_date begins at midnight UTC; a time of day is half-open and may run over midnight;
// - tiers are cliffs: all tokens at the price of the last tier whose start is below the input
// tokens.
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "costops/domain/identity.h"
#include "costops/json/json.h"
#include "costops/pricing/importers.h"
#include "pricing/import_notes.h"
#include "pricing/model_matcher.h"
#include "pricing/published_rate.h"

namespace costops::pricing {
namespace {

using json::Value;

constexpr std::string_view kSource = "genai-prices";
constexpr std::string_view kUrl = "https://github.com/pydantic/genai-prices";

std::string text_of(Value value) { return std::string(value.string().value_or("")); }

std::string quoted_regex(std::string_view literal) {
  std::string out;
  for (const char c : literal) {
    if (std::string_view("\\.+*?()|[]{}^$").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

// "a and b", both contained: RE2 has no conjunction, so both orders are spelled out.
std::optional<ModelMatch> both_contained(Value clauses) {
  const Value a = clauses.first();
  const Value b = a.next();
  if (clauses.size() != 2 || !a["contains"].string() || !b["contains"].string()) {
    return std::nullopt;
  }
  const std::string x = quoted_regex(lower_case(*a["contains"].string()));
  const std::string y = quoted_regex(lower_case(*b["contains"].string()));
  return ModelMatch{ModelMatch::Kind::regex, fmt::format("{}.*{}|{}.*{}", x, y, y, x)};
}

// Appends one match per alternative of the clause; false if it says what a list of alternatives
// cannot.
bool flatten(Value clause, std::string_view id, std::vector<ModelMatch>& matches) {
  const Value member = clause.first();
  const std::string_view kind = member.name();
  if (clause.size() != 1) return false;
  if (kind == "or") {
    for (Value v = member.first(); v.exists(); v = v.next()) {
      if (!flatten(v, id, matches)) return false;
    }
    return member.is_array();
  }
  if (kind == "and") {
    auto both = both_contained(member);
    if (both) matches.push_back(std::move(*both));
    return both.has_value();
  }
  const auto pattern = member.string();
  if (!pattern) return false;
  const auto add = [&](ModelMatch::Kind k) {
    matches.push_back(
        {k, k == ModelMatch::Kind::regex ? std::string(*pattern) : lower_case(*pattern)});
    return true;
  };
  if (kind == "equals") {
    return add(lower_case(*pattern) == lower_case(id) ? ModelMatch::Kind::exact
                                                      : ModelMatch::Kind::alias);
  }
  if (kind == "starts_with") return add(ModelMatch::Kind::starts_with);
  if (kind == "ends_with") return add(ModelMatch::Kind::ends_with);
  if (kind == "contains") return add(ModelMatch::Kind::contains);
  if (kind == "regex") return add(ModelMatch::Kind::regex);
  return false;
}

// One entry of a list of conditional prices. No constraint: always active.
struct Conditional {
  std::optional<Instant> from{};
  struct TimeOfDay {
    std::int64_t from;  // Seconds since midnight UTC.
    std::int64_t to;
  };
  std::optional<TimeOfDay> time{};
  Value prices{};

  [[nodiscard]] bool active(Instant day, std::int64_t second) const {
    if (from && day < *from) return false;
    if (!time) return true;
    if (time->to < time->from) return second >= time->from || second < time->to;
    return time->from <= second && second < time->to;
  }
};

// Seconds since midnight UTC of "16:30:00Z".
std::optional<std::int64_t> second_of_day(Value time) {
  const auto text = time.string();
  if (!text) return std::nullopt;
  const auto at = parse_instant("2026-01-01T" + std::string(*text));
  if (!at) return std::nullopt;
  const auto into_day = *at - std::chrono::floor<std::chrono::days>(*at);
  return std::chrono::duration_cast<std::chrono::seconds>(into_day).count();
}

std::optional<Conditional> conditional_of(Value entry) {
  Conditional conditional{.prices = entry["prices"]};
  const Value constraint = entry["constraint"];
  if (constraint.kind() == Value::Kind::missing || constraint.kind() == Value::Kind::null) {
    return conditional;
  }
  if (const auto start = constraint["start_date"].string()) {
    const auto at = parse_instant(*start);
    if (!at || constraint.size() != 1) return std::nullopt;
    conditional.from = *at;
    return conditional;
  }
  const auto from = second_of_day(constraint["start_time"]);
  const auto to = second_of_day(constraint["end_time"]);
  if (!from || !to || constraint.size() != 2) return std::nullopt;
  conditional.time = Conditional::TimeOfDay{*from, *to};
  return conditional;
}

// Where and when one entry wins over the others.
struct Reign {
  std::size_t entry;
  Conditions when;
};

std::size_t winner(const std::vector<Conditional>& list, Instant day, std::int64_t second) {
  for (std::size_t i = list.size(); i-- > 0;) {
    if (list[i].active(day, second)) return i;
  }
  return 0;
}

// Splits time at every start date and the day at every time of day, asks who wins in each piece,
// and joins pieces again. An entry that holds at any time of day gets no window: one with a window
// outranks it.
std::vector<Reign> reigns(const std::vector<Conditional>& list) {
  std::set<Instant> dates{min_instant()};
  std::set<std::int64_t> times{0};
  for (const Conditional& c : list) {
    if (c.from) dates.insert(*c.from);
    if (c.time) times.insert({c.time->from, c.time->to});
  }
  std::vector<Reign> all;
  for (auto date = dates.begin(); date != dates.end(); ++date) {
    const Instant end = std::next(date) == dates.end() ? max_instant() : *std::next(date);
    std::vector<Reign> here;
    for (auto time = times.begin(); time != times.end(); ++time) {
      const std::int64_t until = std::next(time) == times.end() ? 86400 : *std::next(time);
      const std::size_t entry = winner(list, *date, *time);
      const bool windowed = list[entry].time && list[entry].active(*date, *time);
      auto known = std::ranges::find_if(here, [&](const Reign& r) {
        return r.entry == entry && r.when.windows.empty() == !windowed;
      });
      if (known == here.end()) {
        here.push_back({entry, {.effective = {*date, end}}});
        known = here.end() - 1;
      }
      if (!windowed) continue;
      auto& windows = known->when.windows;
      if (!windows.empty() && windows.back().to.count() == *time) {
        windows.back().to = std::chrono::seconds{until};
      } else {
        windows.push_back({std::chrono::seconds{*time}, std::chrono::seconds{until}});
      }
    }
    for (Reign& reign : here) {
      const auto before = std::ranges::find_if(all, [&](const Reign& r) {
        return r.entry == reign.entry && r.when.effective.to == *date &&
               r.when.windows == reign.when.windows;
      });
      if (before != all.end())
        before->when.effective.to = end;
      else
        all.push_back(std::move(reign));
    }
  }
  return all;
}

// Reads the prices of one entry; false, with the reason noted, if it cannot be understood.
class RateReader {
 public:
  explicit RateReader(EntryNotes& notes) : notes_(notes) {}

  std::optional<std::vector<MeterRate>> read(Value prices) {
    std::vector<MeterRate> rates;
    for (Value price = prices.first(); price.exists(); price = price.next()) {
      if (price.kind() == Value::Kind::null) continue;
      const auto unit = unit_of_price_key(price.name());
      if (!unit) {
        notes_.note(fmt::format("price key \"{}\" is not known", price.name()));
        continue;
      }
      MeterRate rate{meter_of(*unit), {}, {}};
      if (!fill(price, rate)) return std::nullopt;
      if (std::ranges::find(rates, rate.meter, &MeterRate::meter) != rates.end()) {
        notes_.note(
            fmt::format("price key \"{}\" repeats {}", price.name(), to_string(rate.meter)));
        continue;
      }
      rates.push_back(std::move(rate));
    }
    std::ranges::sort(rates, {}, &MeterRate::meter);
    return rates;
  }

 private:
  bool fill(Value price, MeterRate& rate) {
    if (!price.is_object()) return amount(price, price.name(), rate.meter, rate.base);
    if (!amount(price["base"], price.name(), rate.meter, rate.base)) return false;
    for (Value tier = price["tiers"].first(); tier.exists(); tier = tier.next()) {
      const auto start = tier["start"].integer();
      RateStep step;
      if (!start || !amount(tier["price"], price.name(), rate.meter, step.rate)) return false;
      step.threshold = *start;
      rate.steps.push_back(step);
    }
    std::ranges::stable_sort(rate.steps, {}, &RateStep::threshold);
    return true;
  }

  bool amount(Value value, std::string_view key, Meter meter, Rate& into) {
    const std::int64_t per = facts(meter).per;
    auto text = value.number_text();
    if (!text) text = value.string();
    const auto rate = published_rate(text.value_or(""), per, per);
    if (!rate) {
      notes_.skip(fmt::format("{}: {}", key, rate.error().message));
      return false;
    }
    if (!rate->note.empty()) notes_.note(fmt::format("{}: {}", key, rate->note));
    into = rate->rate;
    return true;
  }

  EntryNotes& notes_;
};

class GenaiImport {
 public:
  GenaiImport(Instant learned_at, PriceBookBuilder& into) : learned_at_(learned_at), into_(into) {
    into_.add(Source{.id = std::string(kSource),
                     .kind = Source::Kind::reference,
                     .choice = Source::Choice::first_listed,
                     .url = std::string(kUrl),
                     .learned_at = learned_at});
  }

  void add_provider(Value object) {
    Provider provider{.id = text_of(object["id"]), .name = text_of(object["name"])};
    EntryNotes entry([&object] { return text_of(object["id"]); }, notes_);
    if (provider.id.empty()) return entry.skip("a provider without an id");
    read_matches(object["provider_match"], provider.id, entry, provider.provider_matches);
    read_matches(object["model_match"], "", entry, provider.model_matches);
    const Value fallbacks = object["fallback_model_providers"];
    for (Value v = fallbacks.first(); v.exists(); v = v.next()) {
      provider.fallbacks.push_back(text_of(v));
    }
    provider_ = provider.id;
    url_ = text_of(object["pricing_urls"].first());
    if (url_.empty()) url_ = kUrl;
    into_.add(std::move(provider));
    for (Value v = object["models"].first(); v.exists(); v = v.next()) add_model(v);
  }

  ImportNotes take() { return std::move(notes_); }

 private:
  static void read_matches(Value clause, std::string_view id, EntryNotes& entry,
                           std::vector<ModelMatch>& into) {
    if (!clause.is_object()) return;
    if (!flatten(clause, id, into))
      entry.note("match logic not supported: " + std::string(clause.raw()));
  }

  void add_model(Value object) {
    Model model{
        .provider = provider_, .id = text_of(object["id"]), .name = text_of(object["name"])};
    model.source = kSource;
    model.context_window = object["context_window"].integer().value_or(0);
    const std::string id = model.id;
    EntryNotes entry([&] { return provider_ + "/" + id; }, notes_);
    if (model.id.empty()) return entry.skip("a model without an id");
    if (!flatten(object["match"], model.id, model.matches) || model.matches.empty()) {
      return entry.skip("match logic not supported: " + std::string(object["match"].raw()));
    }
    into_.add(std::move(model));
    add_prices(id, object["prices"], entry);
  }

  void add_prices(const std::string& model, Value prices, EntryNotes& entry) {
    std::vector<Conditional> list;
    if (prices.is_object()) list.push_back({.prices = prices});
    for (Value v = prices.is_array() ? prices.first() : Value{}; v.exists(); v = v.next()) {
      const auto conditional = conditional_of(v);
      if (!conditional) {
        return entry.skip("constraint not supported: " + std::string(v["constraint"].raw()));
      }
      list.push_back(*conditional);
    }
    if (list.empty()) return entry.skip("it has no prices");
    for (Reign& reign : reigns(list)) {
      auto rates = RateReader(entry).read(list[reign.entry].prices);
      if (!rates) return;
      if (rates->empty()) *rates = free_by_name(model);
      if (rates->empty()) {
        entry.skip("it has no price");
        continue;
      }
      Price price;
      price.provider = provider_;
      price.model = model;
      price.conditions = std::move(reign.when);
      price.rates = std::move(*rates);
      price.provenance = {std::string(kSource), url_, {}, learned_at_};
      entry.add(std::move(price), into_);
    }
  }

  // An empty list of prices may mean free or unknown; an id that ends in ":free" says which.
  static std::vector<MeterRate> free_by_name(std::string_view model) {
    if (!model.ends_with(":free")) return {};
    return {{Meter::input_tokens_uncached, {0, 1'000'000}, {}},
            {Meter::output_tokens, {0, 1'000'000}, {}}};
  }

  Instant learned_at_;
  PriceBookBuilder& into_;
  ImportNotes notes_;
  std::string provider_;
  std::string url_;
};

}  // namespace

Result<ImportNotes> import_genai_prices(std::string_view text, Instant learned_at,
                                        PriceBookBuilder& into) {
  json::Document document;
  const auto root = document.parse_copy(text);
  if (!root) return fail(root.error());
  if (!root->is_array() || !root->first()["models"].is_array()) {
    return fail(ErrorCode::invalid_input,
                "not a genai-prices file: expected an array of providers with \"models\"");
  }
  GenaiImport import(learned_at, into);
  for (Value provider = root->first(); provider.exists(); provider = provider.next()) {
    import.add_provider(provider);
  }
  return import.take();
}

}  // namespace costops::pricing
