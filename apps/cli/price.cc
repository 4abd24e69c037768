// price - what the records of some files cost, without a ledger.
#include <fmt/format.h>

#include "command.h"
#include "cost_json.h"
#include "options.h"
#include "reading.h"
#include "report_text.h"
#include "table.h"

namespace costops::cli {
namespace {

constexpr const char* kHelp = R"(
Prices every record and stores nothing. "-" is standard input.

Examples:
  cost-ops price responses.ndjson
  cost-ops price --output json calls.jsonl.gz | jq -r .total_cost
  cost-ops price --book contract.json --at 2026-07-01T00:00:00Z batch_output.jsonl

JSON: one object a line for each record, in input order, quarantined ones included:
  {"index","provider","model","status","reason","currency","charges":[{"meter","class",
  "quantity","unit_price","per","cost","price_id"}],"input_cost","output_cost",
  "other_cost","total_cost"}; amounts are decimal strings, class is input, output or
  other. unpriced: the charges that are known. quarantined: no charges, costs "0".

Exit code 6: some of the records are unpriced or quarantined.
)";

/// One record's result, whether it was priced or rejected, counted from 0 in input order.
struct Priced {
  std::uint64_t index = 0;
  std::string_view provider, model;
  const CostRecord& cost;
  Quantities quantities{};
};

/// Where results go: a format.
class PriceFormat {
 public:
  virtual ~PriceFormat() = default;
  virtual void add(std::string& out, const Priced& priced) = 0;
  virtual void finish(std::string&) {}
};

class PriceJson : public PriceFormat {
 public:
  void add(std::string& out, const Priced& priced) override {
    json::Writer json(out);
    json.object().key("index").value(priced.index);
    write_optional(json, "provider", priced.provider);
    write_optional(json, "model", priced.model);
    json.key("status").value(to_string(priced.cost.status));
    write_optional(json, "reason", priced.cost.reason);
    write_costs(json, priced.cost);
    json.end_object();
    out += '\n';
  }
};

class PriceCsv : public PriceFormat {
 public:
  void add(std::string& out, const Priced& priced) override {
    start(out);
    const ClassCosts& costs = priced.cost.costs;
    const bool known = priced.cost.status == PricingStatus::priced || !costs.total().is_zero();
    const auto tokens = [&](Direction direction) {
      const bool read = priced.cost.status != PricingStatus::quarantined;
      return read ? tokens_text(priced.quantities, direction) : "";
    };
    const auto cost = [known](Amount amount) { return known ? to_string(amount) : ""; };
    append_csv(out, {std::to_string(priced.index), csv_text(priced.provider),
                     csv_text(priced.model), std::string(to_string(priced.cost.status)),
                     csv_text(priced.cost.reason), std::string(priced.cost.currency.code()),
                     tokens(Direction::input), tokens(Direction::output), cost(costs.input_cost()),
                     cost(costs.output_cost()), cost(costs.other_cost()), cost(costs.total())});
  }
  void finish(std::string& out) override { start(out); }

 private:
  void start(std::string& out) {
    if (started_) return;
    append_csv(out, {"index", "provider", "model", "status", "reason", "currency", "input_tokens",
                     "output_tokens", "input_cost", "output_cost", "other_cost", "total_cost"});
    started_ = true;
  }
  bool started_ = false;
};

class PriceTable : public PriceFormat {
 public:
  explicit PriceTable(Colors colors)
      : table_({{"#", Align::right},
                {"provider"},
                {"model"},
                {"input_tokens", Align::right},
                {"output_tokens", Align::right},
                {"input_cost", Align::decimal},
                {"output_cost", Align::decimal},
                {"other_cost", Align::decimal},
                {"total_cost", Align::decimal},
                {"currency"}}),
        colors_(colors) {}

  void add(std::string& out, const Priced& priced) override {
    const bool known = priced.cost.status == PricingStatus::priced;
    const auto cost = [&](Amount amount) {
      return known || !amount.is_zero() ? Cell{to_string(amount)} : Cell{"-", Ink::dim};
    };
    const auto tokens = [&](Direction direction) {
      const bool read = priced.cost.status != PricingStatus::quarantined;
      return read ? Cell{tokens_text(priced.quantities, direction)} : Cell{"-", Ink::dim};
    };
    table_.add({{std::to_string(priced.index)},
                {std::string(priced.provider)},
                {std::string(priced.model)},
                tokens(Direction::input),
                tokens(Direction::output),
                cost(priced.cost.costs.input_cost()),
                cost(priced.cost.costs.output_cost()),
                cost(priced.cost.costs.other_cost()),
                known ? Cell{to_string(priced.cost.costs.total())}
                      : Cell{std::string(to_string(priced.cost.status)), Ink::warning},
                {std::string(priced.cost.currency.code())}});
    totals_.add({priced.cost.costs.total(), priced.cost.currency});
    if (!known) tell_why(priced);
    if (table_.size() < kRowsPerPage) return;
    table_.append_to(out, colors_);
    out += '\n';
    table_.clear();
  }

  void finish(std::string& out) override {
    if (totals_.all().empty()) return;
    table_.rule();
    for (const Money& total : totals_.all()) {
      if (total.currency.is_none()) continue;
      table_.add({{""},
                  {"total"},
                  {""},
                  {""},
                  {""},
                  {""},
                  {""},
                  {""},
                  {to_string(total.amount)},
                  {std::string(total.currency.code())}});
    }
    table_.append_to(out, colors_);
    if (not_priced_ == 0) return;
    out += "\nNot priced:\n" + reasons_;
    if (not_priced_ > kReasonsShown) {
      out += fmt::format("  and {} more; --output csv names each\n", not_priced_ - kReasonsShown);
    }
  }

 private:
  static constexpr std::size_t kRowsPerPage = 1000;  ///< Bounds the memory; then the header again.
  static constexpr std::size_t kReasonsShown = 20;

  void tell_why(const Priced& priced) {
    if (++not_priced_ > kReasonsShown) return;
    reasons_ += fmt::format("  #{} {}: {}\n", priced.index, to_string(priced.cost.status),
                            printable(priced.cost.reason));
  }

  Table table_;
  Colors colors_;
  CurrencyTotals totals_;
  std::string reasons_;
  std::size_t not_priced_ = 0;
};

/// Numbers the results and hands them to a format.
class Printer : public accounting::PriceVisitor {
 public:
  Printer(Output& out, PriceFormat& format) : out_(out), format_(format) {}

  void priced(const UsageRecord& usage, const CostRecord& cost) override {
    add({next_, usage.provider, usage.model, cost, usage.quantities});
  }
  void rejected(const ingestion::Rejection& rejection) override {
    CostRecord cost;
    cost.status = PricingStatus::quarantined;
    cost.reason = fmt::format("{}: {}", to_string(rejection.position), rejection.reason);
    add({next_, "", "", cost, {}});
  }

  [[nodiscard]] std::uint64_t records() const { return next_; }
  [[nodiscard]] bool complete() const { return complete_; }

 private:
  void add(const Priced& priced) {
    ++next_;
    complete_ = complete_ && priced.cost.status == PricingStatus::priced;
    format_.add(out_.text(), priced);
    out_.flush_if_large();
  }

  Output& out_;
  PriceFormat& format_;
  std::uint64_t next_ = 0;
  bool complete_ = true;
};

class PriceCommand : public Command {
 public:
  explicit PriceCommand(CLI::App& parent)
      : Command(parent, "price", "Price the records of files; nothing is stored", kHelp,
                {.book = Uses::Book::yes, .at = Uses::At::yes}) {
    reading_.declare(*app_, "Files, folders, globs, or - for standard input.");
    add_choice(*app_, "-o,--output", output_, {"table", "json", "csv"},
               "Form of the result. Default: table.");
  }

  Result<ExitCode> run(Session& session) override {
    if (reading_.names_no_path()) return session.wrong_usage("no PATH given");
    const auto options = reading_.resolve(session);
    if (!options) return session.wrong_usage(options.error().message);
    const auto files = reading_.expanded();
    if (!files) return fail(files.error());
    const auto book = session.price_book();
    if (!book) return fail(book.error());
    const auto format = make_format(session);
    Printer printer(session.out(), *format);
    const auto done = accounting::price_files(*files, *options, *book, printer);
    format->finish(session.out().text());
    if (!done) return fail(done.error());
    if (printer.records() == 0) session.note("No records found.");
    return printer.complete() ? ExitCode::fine : ExitCode::incomplete;
  }

 private:
  [[nodiscard]] std::unique_ptr<PriceFormat> make_format(const Session& session) const {
    if (output_ == "json") return std::make_unique<PriceJson>();
    if (output_ == "csv") return std::make_unique<PriceCsv>();
    return std::make_unique<PriceTable>(session.colors());
  }

  ReadingOptions reading_;
  std::string output_ = "table";
};

}  // namespace

void add_price(CLI::App& parent, Commands& into) {
  into.push_back(std::make_unique<PriceCommand>(parent));
}

}  // namespace costops::cli
