// pricing add, pricing import - prices of one's own, kept for good.
#include <fmt/format.h>

#include <algorithm>

#include "options.h"
#include "price_text.h"
#include "prices.h"
#include "pricing_commands.h"
#include "terminal.h"

namespace costops::cli {
namespace {

using pricing::ModelMatch;
using pricing::Price;
using pricing::PriceBook;
using pricing::PriceBookBuilder;

constexpr const char* kAddHelp = R"(
Amounts are decimal numbers, per million tokens; --rate takes any meter with its own
published unit (web_searches: per thousand). A price holds from --since (included)
until --until (not included), for ever if they are not given.

Examples:
  cost-ops pricing add --provider acme --model m1 --input 2.5 --output 10
  cost-ops pricing add --provider openai --model gpt-4o --input 2 --output 8 \
    --cached-discount 0.5 --source contract --since 2026-07-01
  cost-ops pricing add --provider acme --model m1 --per-request 0.01 --included 2000 \
    --overage 5

Records that are in the ledger already: cost-ops reprice
)";

constexpr const char* kImportHelp = R"(
Reads genai-prices, LiteLLM and own price files (docs/price-files.md), and keeps
their prices above the built-in ones. Entries that cannot be understood are left out
and named. Records that are in the ledger already: cost-ops reprice
)";

/// The book that would be in force with `added`, so that nothing contradictory is kept.
Result<void> check_together(const PriceBook& added, const Folders& folders) {
  auto all = standard_builder(folders);
  if (!all) return fail(all.error());
  const auto notes = pricing::import_own_json(pricing::export_own_json(added), *all);
  if (!notes) return fail(notes.error());
  if (notes->skipped > 0) return fail(ErrorCode::conflict, notes->notes.front());
  const auto book = PriceBook::build(std::move(*all));
  if (!book) return fail(book.error());
  return {};
}

/// The price that the options describe.
struct AddOptions {
  std::string provider, model, input, output, cached_input, cached_discount, cache_write;
  std::string per_request, overage, included;
  std::string since, until, tier, region, speed, currency = "USD", source = "custom", url, note;
  std::vector<std::string> aliases, rates;

  void declare(CLI::App& app);
  [[nodiscard]] Result<Price> price(Instant now) const;

 private:
  [[nodiscard]] Result<Price> structure() const;
  [[nodiscard]] Result<void> set_rate(Price& price, Meter meter, std::string_view option,
                                      const std::string& amount) const;
  [[nodiscard]] Result<void> set_rates(Price& price) const;
  [[nodiscard]] Result<TimeRange> effective() const;
};

void AddOptions::declare(CLI::App& app) {
  add_text(app, "--provider", provider, "NAME", "Who sells it.", Need::required);
  add_text(app, "--model", model, "ID", "Model id, as usage reports it.", Need::required);
  add_list(app, "--alias", aliases, "ID", "Another id of the same model. Repeat it for more.");
  add_text(app, "--input", input, "AMOUNT", "Per million input tokens.");
  add_text(app, "--output", output, "AMOUNT", "Per million output tokens.");
  add_text(app, "--cached-input", cached_input, "AMOUNT", "Per million cached input tokens.");
  add_text(app, "--cached-discount", cached_discount, "0..1",
           "Cached input costs this much less: 0.9 is a tenth of the input price.");
  add_text(app, "--cache-write", cache_write, "AMOUNT", "Per million tokens written to the cache.");
  add_list(app, "--rate", rates, "METER=AMOUNT", "Any other meter. Repeat it for more.");
  add_text(app, "--per-request", per_request, "AMOUNT", "Per request.");
  add_text(app, "--included", included, "TOKENS", "With --per-request: tokens that it includes.");
  add_text(app, "--overage", overage, "AMOUNT",
           "With --per-request: per million tokens beyond those included.");
  add_text(app, "--since", since, "TIME", "In force from this time on.");
  add_text(app, "--until", until, "TIME", "In force until this time, not including it.");
  add_text(app, "--tier", tier, "TIER", "Only for this service tier: batch, flex, priority.");
  add_text(app, "--region", region, "REGION", "Only for usage in this region.");
  add_text(app, "--speed", speed, "SPEED", "Only for usage at this speed.");
  add_text(app, "--currency", currency, "CODE", "Default: USD.");
  add_choice(app, "--source", source, {"custom", "contract"},
             "contract ranks above custom, custom above all others. Default: custom.");
  add_text(app, "--url", url, "URL", "Where the price stands, for explain.");
  add_text(app, "--note", note, "TEXT", "A remark, for explain.");
}

template <typename T>
Result<T> named(std::string_view option, Result<T> result) {
  if (result) return result;
  return fail(result.error().code, fmt::format("{}: {}", option, result.error().message));
}

Result<void> AddOptions::set_rate(Price& price, Meter meter, std::string_view option,
                                  const std::string& amount) const {
  if (amount.empty()) return {};
  const auto rate = named(option, parse_rate(amount, facts(meter).per));
  if (!rate) return fail(rate.error());
  std::erase_if(price.rates, [&](const pricing::MeterRate& known) { return known.meter == meter; });
  const auto behind = std::find_if(price.rates.begin(), price.rates.end(),
                                   [&](const auto& known) { return known.meter > meter; });
  price.rates.insert(behind, {meter, *rate, {}});
  return {};
}

Result<Price> AddOptions::structure() const {
  if (!per_request.empty()) {
    std::optional<std::uint64_t> tokens = 0;
    if (!included.empty() && included != "0") tokens = whole_number(included);
    if (!tokens) {
      return fail(ErrorCode::invalid_input,
                  fmt::format("--included: \"{}\" is not a whole number", included));
    }
    return pricing::per_request_price(per_request, static_cast<std::int64_t>(*tokens),
                                      overage.empty() ? "0" : overage);
  }
  if (!included.empty() || !overage.empty()) {
    return fail(ErrorCode::invalid_input, "--included and --overage need --per-request");
  }
  if (cached_discount.empty()) return Price{};
  if (input.empty()) return fail(ErrorCode::invalid_input, "--cached-discount needs --input");
  if (!cached_input.empty()) {
    return fail(ErrorCode::invalid_input,
                "give either --cached-input or --cached-discount, not both");
  }
  auto price = pricing::per_token_price(input, "0", cached_discount);
  if (price) {
    std::erase_if(price->rates,
                  [](const auto& rate) { return rate.meter == Meter::output_tokens; });
  }
  return price;
}

Result<void> AddOptions::set_rates(Price& price) const {
  for (const auto& [meter, option, amount] :
       {std::tuple{Meter::input_tokens_uncached, "--input", &input},
        std::tuple{Meter::output_tokens, "--output", &output},
        std::tuple{Meter::cache_read_tokens, "--cached-input", &cached_input},
        std::tuple{Meter::cache_write_tokens, "--cache-write", &cache_write}}) {
    if (const auto set = set_rate(price, meter, option, *amount); !set) return fail(set.error());
  }
  for (const std::string& text : rates) {
    const std::size_t equals = std::min(text.find('='), text.size());
    const auto meter = parse_meter(text.substr(0, equals));
    if (!meter || equals == text.size()) {
      return fail(ErrorCode::invalid_input,
                  fmt::format("--rate: \"{}\" is not METER=AMOUNT with a known meter, such as "
                              "web_searches=10",
                              text));
    }
    const auto set = set_rate(price, *meter, "--rate", text.substr(equals + 1));
    if (!set) return fail(set.error());
  }
  if (!price.rates.empty()) return {};
  return fail(ErrorCode::invalid_input,
              "no amount given: say --input and --output, --per-request, or --rate");
}

Result<TimeRange> AddOptions::effective() const {
  TimeRange range;
  if (!since.empty()) {
    const auto from = named("--since", parse_instant(since));
    if (!from) return fail(from.error());
    range.from = *from;
  }
  if (!until.empty()) {
    const auto to = named("--until", parse_instant(until));
    if (!to) return fail(to.error());
    range.to = *to;
  }
  return range;
}

Result<Price> AddOptions::price(Instant now) const {
  auto price = structure();
  if (!price) return price;
  if (const auto set = set_rates(*price); !set) return fail(set.error());
  const auto code = named("--currency", Currency::parse(currency));
  if (!code) return fail(code.error());
  const auto range = effective();
  if (!range) return fail(range.error());
  price->provider = fold_provider(provider);
  price->model = model;
  price->currency = *code;
  price->conditions.effective = *range;
  price->conditions.service_tier = tier == "standard" ? "" : tier;
  price->conditions.region = region;
  price->conditions.speed = speed;
  price->provenance = {source, url, note, now};
  if (const auto valid = pricing::validate(*price); !valid) return fail(valid.error());
  return price;
}

class Add : public Command {
 public:
  explicit Add(CLI::App& group)
      : Command(group, "add", "Add a price of your own", kAddHelp, Uses{}) {
    options_.declare(*app_);
  }

  Result<ExitCode> run(Session& session) override {
    auto price = options_.price(session.now());
    if (!price) return session.wrong_usage(price.error().message);
    const auto book = book_of(*price);
    if (!book) return fail(book.error());
    if (const auto fits = check_together(*book, session.folders()); !fits) {
      return fail(fits.error());
    }
    const auto path = keep_prices(*book, session.folders(), session.now());
    if (!path) return fail(path.error());
    append_price(session.out().text(), book->prices().front());
    session.note("Kept in " + *path);
    return ExitCode::fine;
  }

 private:
  [[nodiscard]] Result<PriceBook> book_of(const Price& price) const {
    PriceBookBuilder parts;
    parts.add(pricing::Provider{.id = price.provider, .name = price.provider});
    pricing::Model model{.provider = price.provider, .id = price.model, .name = price.model};
    model.matches.push_back({ModelMatch::Kind::exact, lower(price.model)});
    for (const std::string& alias : options_.aliases) {
      model.matches.push_back({ModelMatch::Kind::alias, lower(alias)});
    }
    parts.add(std::move(model));
    if (const auto added = parts.add(price); !added) return fail(added.error());
    return PriceBook::build(std::move(parts));
  }

  static std::string lower(std::string text) {
    for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return text;
  }

  AddOptions options_;
};

class Import : public Command {
 public:
  explicit Import(CLI::App& group)
      : Command(group, "import", "Import a price file and keep its prices", kImportHelp, Uses{}) {
    add_argument(*app_, file_, "FILE", "The price file.");
    add_text(*app_, "--learned", learned_, "TIME",
             "When its prices were published or fetched. Default: now.");
  }

  Result<ExitCode> run(Session& session) override {
    Instant learned = session.now();
    if (!learned_.empty()) {
      const auto time = named("--learned", parse_instant(learned_));
      if (!time) return session.wrong_usage(time.error().message);
      learned = *time;
    }
    const auto text = read_whole(file_);
    if (!text) return fail(text.error());
    PriceBookBuilder parts;
    const auto notes = pricing::import_price_file(*text, learned, parts);
    if (!notes) return fail(notes.error().code, file_ + ": " + notes.error().message);
    const auto book = PriceBook::build(std::move(parts));
    if (!book) return fail(book.error().code, file_ + ": " + book.error().message);
    if (const auto fits = check_together(*book, session.folders()); !fits) {
      return fail(fits.error());
    }
    const auto path = keep_prices(*book, session.folders(), session.now());
    if (!path) return fail(path.error());
    print(session, *notes);
    session.note("Kept in " + *path);
    return ExitCode::fine;
  }

 private:
  static void print(Session& session, const pricing::ImportNotes& notes) {
    constexpr std::size_t kNotesShown = 10;
    std::string& out = session.out().text();
    out += fmt::format("prices imported   {:>6}\nentries left out  {:>6}\n", notes.prices,
                       notes.skipped);
    const std::size_t shown =
        session.verbosity() > 0 ? notes.notes.size() : std::min(kNotesShown, notes.notes.size());
    for (std::size_t i = 0; i < shown; ++i) out += "  " + printable(notes.notes[i]) + '\n';
    if (shown < notes.notes.size()) {
      out += fmt::format("  and {} more notes, shown by -v\n", notes.notes.size() - shown);
    }
  }

  std::string file_, learned_;
};

}  // namespace

void add_pricing_add(CLI::App& group, Commands& into) {
  into.push_back(std::make_unique<Add>(group));
}
void add_pricing_import(CLI::App& group, Commands& into) {
  into.push_back(std::make_unique<Import>(group));
}

}  // namespace costops::cli
