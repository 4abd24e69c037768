// focus_settings.h - what a FOCUS file must say and no usage record tells: whose account is billed,
// who sends the invoice, and the charges that are not usage (credits, seats, tax).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "costops/domain/money.h"
#include "costops/domain/time.h"

namespace costops::focus {

/// The account that a provider bills.
struct Account {
  std::string provider;      ///< Folded; required.
  std::string organization;  ///< Only usage of this organization; "": what no other entry takes.
  std::string billing_account_id;    ///< Required: it is never made up.
  std::string billing_account_name;  ///< Required.
  std::string billing_account_type = "Organization";
  std::string provider_name;   ///< "": the provider's usual name.
  std::string service_name;    ///< "": likewise ("Claude API").
  std::string invoice_issuer;  ///< "": provider_name.
  /// yes: usage is paid from credits bought before. Its BilledCost is 0; the money was billed with
  /// the purchase.
  enum class Prepaid : std::uint8_t { no, yes } prepaid = Prepaid::no;
  /// Name of the virtual currency that prices are in, and how much of it one unit of the billing
  /// currency is.
  std::string pricing_currency;
  Amount credits_per_unit = Amount::pico(kPicoPerUnit);
};

/// A charge that is not usage.
struct OtherCharge {
  enum class Category : std::uint8_t { purchase, credit, tax, adjustment };
  Category category = Category::purchase;
  /// What a purchase buys: charges to come (EffectiveCost 0) or the period itself (seats).
  enum class Covers : std::uint8_t { period, future } covers = Covers::period;
  std::string provider;
  std::string organization;
  std::string description;
  Amount amount;  ///< Negative for a credit.
  Currency currency = Currency::usd();
  TimeRange period;
  std::string frequency;  ///< "One-Time", "Recurring".
  std::string invoice_id;
  std::string sku;  ///< Of a purchase.
  std::string unit = "Units";
  Amount quantity = Amount::pico(kPicoPerUnit);
};

struct Settings {
  std::string file;  ///< For messages.
  std::vector<Account> accounts;
  std::vector<OtherCharge> charges;
  /// A month stays open for late records this long after its end.
  std::int64_t closes_after_days = 3;

  /// The entry for this provider and organization, else the provider's without organization.
  [[nodiscard]] const Account* account_of(std::string_view provider,
                                          std::string_view organization) const;
};

/// Reads TOML; docs/focus.md has every key. Fails with invalid_input, with file and line, for
/// broken syntax, unknown or missing keys and values that cannot be.
[[nodiscard]] Result<Settings> read_settings(std::string_view toml, std::string file);

/// The commented file to start from.
[[nodiscard]] std::string settings_template();

}  // namespace costops::focus
