// dataset.cc - row sums and the settings' own charges as FOCUS rows.
#include <fmt/format.h>

#include <algorithm>

#include "costops/engine/printed_price.h"
#include "costops/export/focus_export.h"
#include "costops/json/json.h"
#include "costops/pricing/providers.h"
#include "export/focus/row.h"
#include "export/focus/sku.h"
#include "export/focus/usage_sums.h"

namespace costops::focus {
namespace {

constexpr std::size_t kRowsPerBatch = 1024;
/// What an AI service is in FOCUS's list of services.
constexpr std::string_view kServiceCategory = "AI and Machine Learning";
constexpr std::string_view kServiceSubcategory = "Generative AI";

Error no_account(const Settings& settings, const RowKey& key) {
  return {
      ErrorCode::not_found,
      fmt::format(
          "{}: no [[account]] for provider \"{}\"{}: add one with billing_account_id "
          "and billing_account_name, which FOCUS demands and no usage record tells",
          settings.file.empty() ? "no settings" : settings.file, key.provider,
          key.organization.empty() ? "" : fmt::format(", organization \"{}\"", key.organization))};
}

/// Fills the cells that one row needs.
class RowMaker {
 public:
  RowMaker(const Settings& settings, Grain bucket) : settings_(settings), bucket_(bucket) {}

  const FocusRow& usage(const RowKey& key, const RowSums& sums) {
    row_.clear();
    const Account& account = *settings_.account_of(key.provider, key.organization);
    const PricedUnit unit = unit_of(key.meter);
    parties(account, pricing::names_of(key.provider, key.model));
    periods(month_of(key.billed_in), {key.from, key.from + width()});
    row_.text(Field::ChargeCategory, "Usage");
    row_.text(Field::ChargeFrequency, "Usage-Based");
    if (key.correction) row_.text(Field::ChargeClass, "Correction");
    row_.text(Field::ChargeDescription,
              fmt::format("{} of {}{}", sku_meter(key.meter), key.model,
                          key.correction ? ", corrected after the month closed" : ""));
    row_.text(Field::BillingCurrency, key.currency.code());
    quantities(sums, unit);
    prices(key, sums, account, unit);
    sku(key);
    owner(key);
    row_.count(Field::x_RequestCount, sums.requests);
    return row_;
  }

  const FocusRow& other(const OtherCharge& charge) {
    using Category = OtherCharge::Category;
    row_.clear();
    const Account& account = *settings_.account_of(charge.provider, charge.organization);
    parties(account, pricing::names_of(charge.provider, ""));
    periods(month_of(charge.period.from), charge.period);
    constexpr std::string_view kCategories[] = {"Purchase", "Credit", "Tax", "Adjustment"};
    row_.text(Field::ChargeCategory, kCategories[static_cast<std::size_t>(charge.category)]);
    row_.text(Field::ChargeFrequency, charge.frequency);
    row_.text(Field::ChargeDescription, charge.description);
    row_.text(Field::BillingCurrency, charge.currency.code());
    row_.text(Field::InvoiceId, charge.invoice_id);
    const Int128 cost = cost_cell(charge.amount);
    const bool prepays =
        charge.category == Category::purchase && charge.covers == OtherCharge::Covers::future;
    row_.costs(cost, cost, cost, prepays ? 0 : cost);
    pricing_currency(account, charge.currency, prepays ? 0 : cost);
    if (charge.category == Category::purchase) purchase(charge);
    row_.text(Field::x_CostBasis, "invoiced");
    return row_;
  }

 private:
  Microseconds width() const {
    return bucket_ == Grain::hour ? Microseconds(std::chrono::hours(1))
                                  : Microseconds(std::chrono::days(1));
  }

  void parties(const Account& account, const pricing::ProviderNames& names) {
    const std::string& provider =
        account.provider_name.empty() ? names.provider : account.provider_name;
    row_.text(Field::BillingAccountId, account.billing_account_id);
    row_.text(Field::BillingAccountName, account.billing_account_name);
    row_.text(Field::BillingAccountType, account.billing_account_type);
    row_.text(Field::ProviderName, provider);
    row_.text(Field::PublisherName, names.publisher);
    row_.text(Field::ServiceProviderName, provider);
    row_.text(Field::HostProviderName, provider);
    row_.text(Field::InvoiceIssuerName,
              account.invoice_issuer.empty() ? provider : account.invoice_issuer);
    row_.text(Field::ServiceCategory, kServiceCategory);
    row_.text(Field::ServiceSubcategory, kServiceSubcategory);
    row_.text(Field::ServiceName,
              account.service_name.empty() ? names.service : account.service_name);
  }

  void periods(const TimeRange& billing, const TimeRange& charge) {
    row_.time(Field::BillingPeriodStart, billing.from);
    row_.time(Field::BillingPeriodEnd, billing.to);
    row_.time(Field::ChargePeriodStart, charge.from);
    row_.time(Field::ChargePeriodEnd, charge.to);
  }

  void quantities(const RowSums& sums, const PricedUnit& unit) {
    const Int128 places = power_of_ten(kQuantityPlaces);
    row_.number(Field::ConsumedQuantity, sums.quantity * (places / unit.steps));
    row_.text(Field::ConsumedUnit, unit.consumed);
    row_.number(Field::PricingQuantity, sums.quantity * (places / (Int128(unit.steps) * unit.per)));
    row_.text(Field::PricingUnit, unit.priced);
  }

  void prices(const RowKey& key, const RowSums& sums, const Account& account,
              const PricedUnit& unit) {
    // Price and quantity share the cost's 18 places, so that their product is exact.
    const int places = kCostPlaces - unit.places;
    const Int128 widened = power_of_ten(unit.places);
    const std::int64_t steps = unit.steps * unit.per;
    const Int128 contracted = engine::printed_price({key.pico, key.per}, steps, places);
    const Int128 listed = engine::printed_price({key.list_pico, key.list_per}, steps, places);
    row_.number(Field::ContractedUnitPrice, contracted * widened);
    row_.number(Field::ListUnitPrice, listed * widened);
    const Int128 effective = cost_cell(sums.cost);
    const bool prepaid = account.prepaid == Account::Prepaid::yes;
    row_.costs(engine::printed_cost(listed, sums.quantity),
               engine::printed_cost(contracted, sums.quantity), prepaid ? 0 : effective, effective);
    row_.text(Field::PricingCategory, "Standard");
    pricing_currency(account, key.currency, effective);
    pricing_prices(account, contracted * widened, listed * widened);
  }

  void pricing_currency(const Account& account, Currency currency, Int128 effective) {
    row_.text(Field::PricingCurrency,
              account.pricing_currency.empty() ? currency.code() : account.pricing_currency);
    row_.number(Field::PricingCurrencyEffectiveCost, in_credits(account, effective));
  }

  void pricing_prices(const Account& account, Int128 contracted, Int128 listed) {
    row_.number(Field::PricingCurrencyContractedUnitPrice, in_credits(account, contracted));
    row_.number(Field::PricingCurrencyListUnitPrice, in_credits(account, listed));
  }

  /// A value of 18 places in the virtual currency, rounded to 18 places.
  static Int128 in_credits(const Account& account, Int128 value) {
    return engine::converted(value, kCostPlaces, account.credits_per_unit);
  }

  void sku(const RowKey& key) {
    const std::string id = fmt::format("{}/{}/{}", key.provider, key.model, to_string(key.meter));
    row_.text(Field::SkuId, id);
    row_.text(Field::SkuMeter, sku_meter(key.meter));
    row_.text(Field::SkuPriceId, id + key.variant);
    std::string details;
    json::Writer json(details);
    json.object().key("x_Model").value(key.model);
    json.key("x_TokenType").value(to_string(key.meter));
    json.key("x_ServiceTier").value(key.tier.empty() ? "standard" : key.tier);
    json.end_object();
    row_.text(Field::SkuPriceDetails, details);
    row_.text(Field::x_Model, key.model);
    row_.text(Field::x_Meter, to_string(key.meter));
    row_.text(Field::x_ServiceTier, key.tier.empty() ? "standard" : key.tier);
    row_.text(Field::x_PriceId, key.price_id);
    row_.text(Field::x_PriceSource, key.price_source);
    row_.text(Field::x_CostBasis, "estimated");
  }

  void owner(const RowKey& key) {
    row_.text(Field::RegionId, key.region);
    row_.text(Field::RegionName, key.region);
    row_.text(Field::SubAccountId, key.project);
    row_.text(Field::SubAccountName, key.project);
    row_.text(Field::SubAccountType, key.project.empty() ? "" : "Project");
    row_.text(Field::x_UserId, key.user);
    if (key.tags.empty()) return;
    std::string text;
    json::Writer json(text);
    json.object();
    write_tags(json, key.tags);
    json.end_object();
    row_.text(Field::Tags, text);
  }

  /// "team=search" and "team:search" are key and value; a bare tag has the value true, as FOCUS
  /// wants. Of a repeated key the first counts.
  static void write_tags(json::Writer& json, std::string_view list) {
    std::vector<std::string> seen;
    for (const std::string& tag : tags_of(list)) {
      const std::size_t split = tag.find_first_of("=:");
      const std::string name = tag.substr(0, split);
      if (name.empty() || std::find(seen.begin(), seen.end(), name) != seen.end()) continue;
      seen.push_back(name);
      json.key(name);
      if (split == std::string::npos) {
        json.value(true);
      } else {
        json.value(tag.substr(split + 1));
      }
    }
  }

  void purchase(const OtherCharge& charge) {
    const Amount price = engine::unit_price(charge.amount, charge.quantity).value_or(Amount{});
    row_.number(Field::PricingQuantity, charge.quantity.pico());
    row_.text(Field::PricingUnit, charge.unit);
    for (const Field field :
         {Field::ListUnitPrice, Field::ContractedUnitPrice, Field::PricingCurrencyListUnitPrice,
          Field::PricingCurrencyContractedUnitPrice}) {
      row_.number(field, cost_cell(price));
    }
    row_.text(Field::PricingCategory, "Standard");
    row_.text(Field::SkuId, charge.provider + "/" + charge.sku);
    row_.text(Field::SkuMeter, charge.sku);
    row_.text(Field::SkuPriceId, charge.provider + "/" + charge.sku + "#standard");
  }

  const Settings& settings_;
  Grain bucket_;
  FocusRow row_;
};

}  // namespace

struct Dataset::State {
  Settings settings;
  Grain bucket = Grain::day;
  UsageSums usage;
  std::vector<OtherCharge> charges;  ///< Those of the range.
  std::vector<Field> fields;
  exports::Schema schema;
  ExportFacts facts;

  /// Each purchase must have a unit price.
  Result<void> check_purchases() const {
    for (const OtherCharge& charge : charges) {
      if (charge.category != OtherCharge::Category::purchase) continue;
      const auto price = engine::unit_price(charge.amount, charge.quantity);
      if (!price) return fail(price.error());
    }
    return {};
  }

  Result<void> check_accounts() const {
    for (const auto& [key, sums] : usage.rows) {
      if (settings.account_of(key.provider, key.organization) == nullptr) {
        return fail(no_account(settings, key));
      }
    }
    for (const OtherCharge& charge : charges) {
      if (settings.account_of(charge.provider, charge.organization) != nullptr) continue;
      RowKey key;
      key.provider = charge.provider;
      key.organization = charge.organization;
      return fail(no_account(settings, key));
    }
    return {};
  }

  void total() {
    facts.rows = usage.rows.size() + charges.size();
    facts.records = usage.records;
    facts.unpriced = usage.unpriced;
    for (const auto& [key, sums] : usage.rows) {
      const Account& account = *settings.account_of(key.provider, key.organization);
      const bool prepaid = account.prepaid == Account::Prepaid::yes;
      facts.usage.add({sums.cost, key.currency});
      facts.effective.add({sums.cost, key.currency});
      facts.billed.add({prepaid ? Amount{} : sums.cost, key.currency});
    }
    for (const OtherCharge& charge : charges) {
      const bool prepays = charge.category == OtherCharge::Category::purchase &&
                           charge.covers == OtherCharge::Covers::future;
      facts.billed.add({charge.amount, charge.currency});
      facts.effective.add({prepays ? Amount{} : charge.amount, charge.currency});
    }
  }
};

Dataset::Dataset(std::unique_ptr<State> state) : state_(std::move(state)) {}
Dataset::Dataset(Dataset&&) noexcept = default;
Dataset::~Dataset() = default;
const exports::Schema& Dataset::schema() const { return state_->schema; }
const ExportFacts& Dataset::facts() const { return state_->facts; }

Result<Dataset> Dataset::of(const storage::Ledger& ledger, const Settings& settings,
                            const ExportRequest& request) {
  auto state = std::make_unique<State>();
  state->settings = settings;
  state->bucket = request.bucket;
  auto usage = sum_usage(ledger, request, settings.closes_after_days);
  if (!usage) return fail(usage.error());
  state->usage = std::move(*usage);
  for (const OtherCharge& charge : settings.charges) {
    if (request.selection.range.contains(charge.period.from)) state->charges.push_back(charge);
  }
  std::stable_sort(
      state->charges.begin(), state->charges.end(),
      [](const OtherCharge& a, const OtherCharge& b) { return a.period.from < b.period.from; });
  if (auto checked = state->check_accounts(); !checked) return fail(checked.error());
  if (auto checked = state->check_purchases(); !checked) return fail(checked.error());
  state->fields = fields_of(request.version, request.preset);
  state->schema = schema_of(request.version, state->fields);
  state->total();
  return Dataset(std::move(state));
}

Result<void> Dataset::rows(const Visitor& visit) {
  exports::BatchBuilder builder(state_->schema);
  RowMaker maker(state_->settings, state_->bucket);
  const auto take = [&](const FocusRow& row) -> Result<void> {
    row.append_to(builder, state_->fields);
    if (builder.rows() < kRowsPerBatch) return {};
    auto visited = visit(builder.batch());
    builder.clear();
    return visited;
  };
  for (const auto& [key, sums] : state_->usage.rows) {
    if (auto taken = take(maker.usage(key, sums)); !taken) return taken;
  }
  for (const OtherCharge& charge : state_->charges) {
    if (auto taken = take(maker.other(charge)); !taken) return taken;
  }
  return builder.rows() > 0 ? visit(builder.batch()) : Result<void>{};
}

}  // namespace costops::focus
