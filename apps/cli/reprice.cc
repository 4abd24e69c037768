// reprice - price records of the ledger again, with the prices known now.
#include <fmt/format.h>

#include "command.h"
#include "costops/accounting/report.h"
#include "costops/json/json.h"
#include "options.h"
#include "selection.h"

namespace costops::cli {
namespace {

using accounting::RepriceReport;
using accounting::RepriceScope;

constexpr const char* kHelp = R"(
Where the result differs it adds an adjustment; nothing is overwritten, and
"query --as-of" an earlier time still gives the earlier answer.

Examples:
  cost-ops pricing add --provider acme --model m1 --input 2.5 --output 10
  cost-ops reprice
  cost-ops reprice --all --range last-month --filter model=gpt-4o

Exit code 6: some of the records are still unpriced.
)";

class Reprice : public Command {
 public:
  explicit Reprice(CLI::App& parent)
      : Command(parent, "reprice", "Price records again with the prices known now", kHelp,
                {Uses::Store::yes, Uses::Book::yes}) {
    add_flag(*app_, "--unpriced", unpriced_, "Only unpriced records. The default.");
    add_flag(*app_, "--all", all_, "All records of the selection.");
    selection_.declare(*app_);
    add_choice(*app_, "-o,--output", output_, {"text", "json"},
               "Form of the result. Default: text.");
  }

  Result<ExitCode> run(Session& session) override {
    if (all_ && unpriced_) return session.wrong_usage("give either --all or --unpriced, not both");
    const auto request = selection_.resolve(session);
    if (!request) return session.wrong_usage(request.error().message);
    if (request->as_of) return session.wrong_usage("--as-of: the past cannot be repriced");
    const auto book = session.price_book();
    if (!book) return fail(book.error());
    const auto ledger = session.ledger(Session::Use::write);
    if (!ledger) return fail(ledger.error());
    storage::Query selection;
    selection.range = request->range;
    selection.filters = request->filters;
    const auto report =
        accounting::reprice(**ledger, *book, selection,
                            all_ ? RepriceScope::all : RepriceScope::unpriced, session.now());
    if (!report) return fail(report.error());
    print(session.out().text(), *report);
    return report->still_unpriced > 0 ? ExitCode::incomplete : ExitCode::fine;
  }

 private:
  void print(std::string& out, const RepriceReport& report) const {
    if (output_ == "json") {
      write_json(out, report);
      return;
    }
    out += fmt::format("looked at       {:>10}\nchanged         {:>10}\nstill unpriced  {:>10}\n",
                       report.looked_at, report.changed, report.still_unpriced);
    for (const Money& money : report.difference.all()) {
      if (money.currency.is_none()) continue;  // Still unpriced.
      out += fmt::format("Difference: {}{} {}\n", money.amount > Amount() ? "+" : "",
                         to_string(money.amount), money.currency.code());
    }
  }

  static void write_json(std::string& out, const RepriceReport& report) {
    json::Writer json(out);
    json.object().key("looked_at").value(report.looked_at);
    json.key("changed").value(report.changed);
    json.key("still_unpriced").value(report.still_unpriced).key("difference").array();
    for (const Money& money : report.difference.all()) {
      if (money.currency.is_none()) continue;  // Still unpriced.
      json.object().key("currency").value(money.currency.code());
      json.key("amount").value(money.amount).end_object();
    }
    json.end_array().end_object();
    out += '\n';
  }

  SelectionOptions selection_;
  bool unpriced_ = false;
  bool all_ = false;
  std::string output_ = "text";
};

}  // namespace

void add_reprice(CLI::App& parent, Commands& into) {
  into.push_back(std::make_unique<Reprice>(parent));
}

}  // namespace costops::cli
