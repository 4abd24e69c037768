// pricing - the price book: what is in it, what is in force, where sources disagree.
#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "costops/json/json.h"
#include "options.h"
#include "price_text.h"
#include "prices.h"
#include "pricing_commands.h"
#include "table.h"

namespace costops::cli {
namespace {

using pricing::Price;

constexpr const char* kGroupHelp = R"(
The book holds the built-in prices and above them your own ("pricing add", "pricing
import"); --book FILE uses that file alone.

Examples:
  cost-ops pricing get claude-sonnet-4-5
  cost-ops pricing add --provider acme --model m1 --input 2.5 --output 10
  cost-ops pricing history gpt-5.6-luna
)";

Command::Uses book_only() { return {.book = Command::Uses::Book::yes}; }
Command::Uses book_and_time() {
  return {.book = Command::Uses::Book::yes, .at = Command::Uses::At::yes};
}

void append_prices(Session& session, const std::vector<const Price*>& prices,
                   const std::string& output) {
  std::string& out = session.out().text();
  if (output == "json") {
    json::Writer json(out);
    json.array();
    for (const Price* price : prices) write_price(json, *price);
    json.end_array();
    out += '\n';
    return;
  }
  Table table({{"provider"},
               {"model"},
               {"input", Align::decimal},
               {"output", Align::decimal},
               {"cache_read", Align::decimal},
               {"cache_write", Align::decimal},
               {"currency"},
               {"from"},
               {"until"},
               {"only for"},
               {"source"},
               {"learned"}});
  for (const Price* price : prices) {
    std::string write = column_text(*price, Meter::cache_write_tokens);
    if (write.empty()) write = column_text(*price, Meter::cache_write_5m_tokens);
    table.add({{price->provider},
               {price->model},
               {column_text(*price, Meter::input_tokens_uncached)},
               {column_text(*price, Meter::output_tokens)},
               {column_text(*price, Meter::cache_read_tokens)},
               {write},
               {std::string(price->currency.code())},
               {date_text(price->conditions.effective.from)},
               {date_text(price->conditions.effective.to)},
               {conditions_text(price->conditions)},
               {price->provenance.source},
               {date_text(price->provenance.learned_at)}});
  }
  table.append_to(out, session.colors());
}

/// The model that a look-up is about, as options.
struct ModelOptions {
  std::string model, provider, tier, region, speed;

  void declare(CLI::App& app) {
    add_argument(app, model, "MODEL", "Model id, as usage reports it.");
    add_text(app, "--provider", provider, "NAME", "Provider, where the id alone is not enough.");
  }
  void declare_conditions(CLI::App& app) {
    add_text(app, "--tier", tier, "TIER",
             "Service tier: batch, flex, priority. Default: standard.");
    add_text(app, "--region", region, "REGION", "Region or geography of the usage.");
    add_text(app, "--speed", speed, "SPEED", "Speed of the usage, such as fast.");
  }
  /// --provider; without it the one that lists the id, where only one does.
  [[nodiscard]] std::string provider_in(const pricing::PriceBook& book) const {
    std::string known = fold_provider(provider);
    if (!known.empty() || !book.provider_of_model(model).empty()) return known;
    for (const Price& price : book.prices()) {
      if (price.model != model) continue;
      if (!known.empty() && known != price.provider) return "";
      known = price.provider;
    }
    return known;
  }
  [[nodiscard]] pricing::PriceQuery query(const std::string& folded, Instant at) const {
    return {folded, model, at, tier, region, speed};
  }
};

class List : public Command {
 public:
  explicit List(CLI::App& group)
      : Command(group, "list", "All prices, or those of a provider or with some text in the model",
                "\nPrices per million tokens unless they say otherwise.\n", book_and_time()) {
    add_text(*app_, "--provider", provider_, "NAME", "Only this provider's.");
    add_text(*app_, "--filter", filter_, "TEXT", "Only models whose id contains this.");
    add_flag(*app_, "--all", all_, "Also prices of the past and the future.");
    add_choice(*app_, "-o,--output", output_, {"table", "json"},
               "Form of the result. Default: table.");
  }

  Result<ExitCode> run(Session& session) override {
    const auto at = session.at();
    if (!at) return session.wrong_usage(at.error().message);
    const auto book = session.price_book();
    if (!book) return fail(book.error());
    const std::string provider = fold_provider(provider_);
    std::vector<const Price*> chosen;
    for (const Price& price : book->prices()) {
      const bool matches = (provider.empty() || price.provider == provider) &&
                           price.model.find(filter_) != std::string::npos &&
                           (all_ || price.conditions.effective.contains(*at));
      if (matches) chosen.push_back(&price);
    }
    std::stable_sort(chosen.begin(), chosen.end(), [](const Price* a, const Price* b) {
      return std::tie(a->provider, a->model) < std::tie(b->provider, b->model);
    });
    if (chosen.empty()) session.note("No price matches.");
    if (!chosen.empty() || output_ == "json") append_prices(session, chosen, output_);
    return ExitCode::fine;
  }

 private:
  std::string provider_, filter_;
  bool all_ = false;
  std::string output_ = "table";
};

class Get : public Command {
 public:
  explicit Get(CLI::App& group)
      : Command(group, "get", "The price of a model that is in force, in full", "",
                book_and_time()) {
    model_.declare(*app_);
    model_.declare_conditions(*app_);
    add_choice(*app_, "-o,--output", output_, {"text", "json"},
               "Form of the result. Default: text.");
  }

  Result<ExitCode> run(Session& session) override {
    const auto at = session.at();
    if (!at) return session.wrong_usage(at.error().message);
    const auto book = session.price_book();
    if (!book) return fail(book.error());
    const std::string provider = model_.provider_in(*book);
    const auto price = book->find(model_.query(provider, *at));
    if (!price) return fail(price.error());
    std::string& out = session.out().text();
    if (output_ == "json") {
      json::Writer json(out);
      write_price(json, **price);
      out += '\n';
    } else {
      append_price(out, **price);
    }
    return ExitCode::fine;
  }

 private:
  ModelOptions model_;
  std::string output_ = "text";
};

class History : public Command {
 public:
  explicit History(CLI::App& group)
      : Command(group, "history", "All prices of a model over time, under all conditions", "",
                book_only()) {
    model_.declare(*app_);
    add_choice(*app_, "-o,--output", output_, {"table", "json"},
               "Form of the result. Default: table.");
  }

  Result<ExitCode> run(Session& session) override {
    const auto book = session.price_book();
    if (!book) return fail(book.error());
    const std::string provider = model_.provider_in(*book);
    const pricing::PriceSet& set = book->resolve(model_.query(provider, session.now()));
    if (set.candidates().empty()) return fail(ErrorCode::not_found, set.why(session.now()));
    std::vector<const Price*> chosen;
    for (const Price& price : book->prices()) {
      const bool same = std::any_of(
          set.candidates().begin(), set.candidates().end(), [&](const Price* candidate) {
            return candidate->provider == price.provider && candidate->model == price.model;
          });
      if (same) chosen.push_back(&price);
    }
    std::stable_sort(chosen.begin(), chosen.end(), [](const Price* a, const Price* b) {
      return a->conditions.effective.from < b->conditions.effective.from;
    });
    append_prices(session, chosen, output_);
    return ExitCode::fine;
  }

 private:
  ModelOptions model_;
  std::string output_ = "table";
};

class Audit : public Command {
 public:
  explicit Audit(CLI::App& group)
      : Command(group, "audit", "Where two sources of prices disagree about the same model",
                "\nThe price of the first source is the one that is used.\n", book_only()) {
    add_text(*app_, "--provider", provider_, "NAME", "Only this provider's.");
    add_text(*app_, "--filter", filter_, "TEXT", "Only models whose id contains this.");
    add_choice(*app_, "-o,--output", output_, {"table", "json", "csv"},
               "Form of the result. Default: table.");
  }

  Result<ExitCode> run(Session& session) override {
    const auto book = session.price_book();
    if (!book) return fail(book.error());
    const std::string provider = fold_provider(provider_);
    std::vector<pricing::Disagreement> chosen = pricing::audit(*book);
    std::erase_if(chosen, [&](const pricing::Disagreement& d) {
      return (!provider.empty() && d.used->provider != provider) ||
             d.used->model.find(filter_) == std::string::npos;
    });
    print(session, chosen);
    return ExitCode::fine;
  }

 private:
  void print(Session& session, const std::vector<pricing::Disagreement>& found) const {
    std::string& out = session.out().text();
    if (output_ == "json") {
      write_json(out, found);
    } else if (output_ == "csv") {
      append_csv(out, {"provider", "model", "meter", "used", "used_source", "other", "other_source",
                       "used_price_id", "other_price_id"});
      for (const auto& d : found) {
        append_csv(out, {csv_text(d.used->provider), csv_text(d.used->model),
                         std::string(to_string(d.meter)), d.used_rate, d.used->provenance.source,
                         d.other_rate, d.other->provenance.source, csv_text(d.used->id),
                         csv_text(d.other->id)});
      }
    } else if (found.empty()) {
      out += "No source disagrees with another.\n";
    } else {
      append_table(out, found, session.colors());
    }
  }

  static void append_table(std::string& out, const std::vector<pricing::Disagreement>& found,
                           Colors colors) {
    Table table({{"provider"},
                 {"model"},
                 {"only for"},
                 {"meter"},
                 {"used"},
                 {"source"},
                 {"other"},
                 {"source"}});
    const auto shown = [](const std::string& rate) { return rate.empty() ? "none" : rate; };
    for (const auto& d : found) {
      table.add({{d.used->provider},
                 {d.used->model},
                 {conditions_text(d.used->conditions)},
                 {std::string(to_string(d.meter))},
                 {shown(d.used_rate)},
                 {d.used->provenance.source},
                 {shown(d.other_rate)},
                 {d.other->provenance.source}});
    }
    table.append_to(out, colors);
    out += fmt::format("{} disagreements\n", found.size());
  }

  static void write_json(std::string& out, const std::vector<pricing::Disagreement>& found) {
    json::Writer json(out);
    json.array();
    for (const auto& d : found) {
      json.object().key("provider").value(d.used->provider).key("model").value(d.used->model);
      json.key("meter").value(to_string(d.meter));
      for (const auto& [key, rate, price] : {std::tuple{"used", &d.used_rate, d.used},
                                             std::tuple{"other", &d.other_rate, d.other}}) {
        json.key(key).object().key("rate");
        if (rate->empty()) {
          json.null();
        } else {
          json.value(*rate);
        }
        json.key("source").value(price->provenance.source);
        json.key("price_id").value(price->id).end_object();
      }
      json.end_object();
    }
    json.end_array();
    out += '\n';
  }

  std::string provider_, filter_;
  std::string output_ = "table";
};

}  // namespace

void add_pricing_list(CLI::App& group, Commands& into) {
  into.push_back(std::make_unique<List>(group));
}
void add_pricing_get(CLI::App& group, Commands& into) {
  into.push_back(std::make_unique<Get>(group));
}
void add_pricing_history(CLI::App& group, Commands& into) {
  into.push_back(std::make_unique<History>(group));
}
void add_pricing_audit(CLI::App& group, Commands& into) {
  into.push_back(std::make_unique<Audit>(group));
}

void add_pricing(CLI::App& parent, Commands& into) {
  CLI::App& group =
      add_group(parent, "pricing", "The price book: list, get, add, import, ...", kGroupHelp);
  for (const auto add : {add_pricing_list, add_pricing_get, add_pricing_add, add_pricing_import,
                         add_pricing_history, add_pricing_audit}) {
    add(group, into);
  }
}

}  // namespace costops::cli
