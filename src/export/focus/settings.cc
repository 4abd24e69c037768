#include <fmt/format.h>

#include <map>

#include "costops/domain/identity.h"
#include "costops/engine/printed_price.h"
#include "costops/export/focus_settings.h"
#include "costops/json/toml.h"

namespace costops::focus {
namespace {

/// One table of the file, read key by key; keeps the first failure.
class Entry {
 public:
  Entry(const std::string& file, std::string_view name, const toml::table& table)
      : file_(file), name_(name), table_(table) {}

  std::string text(std::string_view key) {
    known_.emplace_back(key);
    const toml::node* node = table_.get(key);
    if (node == nullptr) return "";
    if (const auto value = node->value_exact<std::string>()) return *value;
    fail_at(*node, fmt::format("\"{}\" must be a text in quotes", key));
    return "";
  }
  std::string required(std::string_view key) {
    std::string value = text(key);
    if (value.empty()) fail_at(table_, fmt::format("{} needs \"{}\"", name_, key));
    return value;
  }
  bool flag(std::string_view key) {
    known_.emplace_back(key);
    const toml::node* node = table_.get(key);
    if (node == nullptr) return false;
    if (const auto value = node->value_exact<bool>()) return *value;
    fail_at(*node, fmt::format("\"{}\" must be true or false", key));
    return false;
  }
  /// A decimal number in quotes: TOML's own numbers with a fraction are binary floating point.
  std::optional<Amount> amount(std::string_view key) {
    const std::string value = text(key);
    if (value.empty()) return std::nullopt;
    const auto read = parse_amount(value);
    if (read) return *read;
    fail_at(table_, fmt::format("\"{}\": {}", key, read.error().message));
    return std::nullopt;
  }
  std::optional<Instant> time(std::string_view key) {
    const std::string value = required(key);
    if (value.empty()) return std::nullopt;
    const auto read = parse_instant(value);
    if (read) return *read;
    fail_at(table_, fmt::format("\"{}\": {}", key, read.error().message));
    return std::nullopt;
  }
  /// One of some words; the first where the key is absent.
  template <typename T>
  T choice(std::string_view key, const std::vector<std::pair<std::string, T>>& words) {
    const std::string value = text(key);
    if (value.empty()) return words.front().second;
    std::string list;
    for (const auto& [word, meaning] : words) {
      if (word == value) return meaning;
      list += (list.empty() ? "" : ", ") + word;
    }
    fail_at(table_, fmt::format("\"{}\" must be one of {}, not {}", key, list, quoted(value)));
    return words.front().second;
  }
  void fail_at(const toml::node& node, const std::string& message) {
    if (error_.empty()) error_ = fmt::format("{}:{}: {}", file_, node.source().begin.line, message);
  }
  /// Requires that every key has been asked for.
  Result<void> finish() {
    for (const auto& [key, node] : table_) {
      bool found = false;
      for (const std::string& name : known_) found = found || name == key.str();
      if (!found) {
        fail_at(node, fmt::format("unknown key \"{}\" in {}; known are {}", key.str(), name_,
                                  fmt::join(known_, ", ")));
      }
    }
    if (error_.empty()) return {};
    return fail(ErrorCode::invalid_input, error_);
  }

 private:
  const std::string& file_;
  std::string_view name_;
  const toml::table& table_;
  std::vector<std::string> known_;
  std::string error_;
};

Result<void> read_account(Entry entry, Settings& into) {
  Account account;
  account.provider = fold_provider(entry.required("provider"));
  account.organization = entry.text("organization");
  account.billing_account_id = entry.required("billing_account_id");
  account.billing_account_name = entry.required("billing_account_name");
  if (std::string type = entry.text("billing_account_type"); !type.empty()) {
    account.billing_account_type = std::move(type);
  }
  account.provider_name = entry.text("provider_name");
  account.service_name = entry.text("service_name");
  account.invoice_issuer = entry.text("invoice_issuer");
  account.prepaid = entry.flag("prepaid") ? Account::Prepaid::yes : Account::Prepaid::no;
  account.pricing_currency = entry.text("pricing_currency");
  if (const auto credits = entry.amount("credits_per_unit")) account.credits_per_unit = *credits;
  if (auto read = entry.finish(); !read) return read;
  into.accounts.push_back(std::move(account));
  return {};
}

Result<void> read_charge(Entry entry, const toml::table& table, Settings& into) {
  using Category = OtherCharge::Category;
  OtherCharge charge;
  charge.category = entry.choice<Category>("category", {{"Purchase", Category::purchase},
                                                        {"Credit", Category::credit},
                                                        {"Tax", Category::tax},
                                                        {"Adjustment", Category::adjustment}});
  charge.provider = fold_provider(entry.required("provider"));
  charge.organization = entry.text("organization");
  charge.description = entry.required("description");
  (void)entry.required("amount");
  if (const auto amount = entry.amount("amount")) charge.amount = *amount;
  if (const std::string code = entry.text("currency"); !code.empty()) {
    const auto currency = Currency::parse(code);
    if (currency) charge.currency = *currency;
    if (!currency) entry.fail_at(table, "\"currency\": " + currency.error().message);
  }
  charge.period.from = entry.time("from").value_or(Instant{});
  charge.period.to = entry.time("to").value_or(Instant{});
  if (charge.period.to <= charge.period.from) {
    entry.fail_at(table, "\"to\" must be later than \"from\"");
  }
  charge.frequency = entry.choice<std::string>(
      "frequency", {{"One-Time", "One-Time"}, {"Recurring", "Recurring"}});
  charge.covers = entry.choice<OtherCharge::Covers>(
      "covers", {{"period", OtherCharge::Covers::period}, {"future", OtherCharge::Covers::future}});
  charge.invoice_id = entry.text("invoice_id");
  charge.sku = entry.text("sku");
  if (std::string unit = entry.text("unit"); !unit.empty()) charge.unit = std::move(unit);
  if (const auto quantity = entry.amount("quantity")) charge.quantity = *quantity;
  if (charge.category == Category::purchase && charge.sku.empty()) {
    entry.fail_at(table, "a purchase needs \"sku\": what was bought (credits, seat)");
  }
  if (charge.category == Category::credit && charge.amount > Amount{}) {
    entry.fail_at(table, "a credit's \"amount\" is negative");
  }
  if (charge.quantity <= Amount{}) entry.fail_at(table, "\"quantity\" must be above zero");
  if (charge.quantity > Amount{}) {
    const auto price = engine::unit_price(charge.amount, charge.quantity);
    if (!price) entry.fail_at(table, "\"amount\" / \"quantity\": " + price.error().message);
  }
  if (auto read = entry.finish(); !read) return read;
  into.charges.push_back(std::move(charge));
  return {};
}

Result<void> read_entries(const toml::node& node, std::string_view name, Settings& into) {
  const toml::array* list = node.as_array();
  if (list == nullptr || !list->is_array_of_tables()) {
    return fail(ErrorCode::invalid_input,
                fmt::format("{}:{}: \"{}\" must be written as [[{}]]", into.file,
                            node.source().begin.line, name, name));
  }
  for (const toml::node& element : *list) {
    const toml::table& table = *element.as_table();
    const std::string title = fmt::format("[[{}]]", name);
    Entry entry(into.file, title, table);
    auto read = name == "account" ? read_account(std::move(entry), into)
                                  : read_charge(std::move(entry), table, into);
    if (!read) return read;
  }
  return {};
}

}  // namespace

const Account* Settings::account_of(std::string_view provider,
                                    std::string_view organization) const {
  const Account* of_all = nullptr;
  for (const Account& account : accounts) {
    if (account.provider != provider) continue;
    if (account.organization == organization) return &account;
    if (account.organization.empty()) of_all = &account;
  }
  return of_all;
}

Result<Settings> read_settings(std::string_view text, std::string file) {
  Settings settings;
  settings.file = std::move(file);
  const toml::parse_result parsed = toml::parse(text);
  if (!parsed) {
    return fail(ErrorCode::invalid_input,
                fmt::format("{}:{}: {}", settings.file, parsed.error().source().begin.line,
                            parsed.error().description()));
  }
  for (const auto& [key, node] : parsed.table()) {
    Result<void> read;
    if (key == "account" || key == "charge") {
      read = read_entries(node, key.str(), settings);
    } else if (const auto days = node.value_exact<std::int64_t>();
               key == "closes_after_days" && days && *days >= 0 && *days <= 366) {
      settings.closes_after_days = *days;
    } else {
      read = fail(ErrorCode::invalid_input,
                  fmt::format("{}:{}: {}", settings.file, key.source().begin.line,
                              key == "closes_after_days"
                                  ? "\"closes_after_days\" must be a whole number from 0 to 366"
                                  : fmt::format("unknown key \"{}\"; known are closes_after_days, "
                                                "[[account]] and [[charge]]",
                                                key.str())));
    }
    if (!read) return fail(read.error());
  }
  return settings;
}

std::string settings_template() {
  return R"(# What a FOCUS export must say and no usage record tells.

# closes_after_days = 3        # a month stays open for late records this long

[[account]]
provider = "anthropic"
billing_account_id = ""        # the organization's id at the provider: required
billing_account_name = ""      # its name there: required
# billing_account_type = "Organization"
# organization = ""            # only usage of this organization
# prepaid = false              # true: usage is paid from credits bought before

# Credits, seats and tax, which are no usage:
# [[charge]]
# provider = "anthropic"
# category = "Tax"             # Purchase, Credit, Tax, Adjustment
# description = "VAT, July"
# amount = "12.34"
# from = "2026-07-01"
# to = "2026-08-01"
)";
}

}  // namespace costops::focus
