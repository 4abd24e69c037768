// generate_price_book OUTPUT GENAI_PRICES.json DATE LITELLM.json DATE DISCOUNTS.json OVERLAY...
//
// Makes the built-in price book from the public price files and our own overlay, with the very
// importers that read these files for a user. Called by scripts/generate_price_book.py.
//
// Three things are joined that no single source has: the overlay's facts stand above both files;
// factors for regions and speeds that LiteLLM knows are put on the prices of genai-prices, whose
// format cannot say them; and discounts that a provider gives on everything (a batch at half the
// price) become prices of their own.
#include <fmt/format.h>
#include <zstd.h>

#include <fstream>
#include <iostream>
#include <iterator>
#include <set>
#include <span>
#include <string>

#include "costops/json/json.h"
#include "costops/pricing/importers.h"

namespace costops::pricing {
namespace {

constexpr std::string_view kOverlay = "cost-ops";
constexpr int kCompression = 19;

Result<std::string> text_of_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return fail(ErrorCode::io_error, "cannot read " + path);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

// A discount that a provider gives on every use of some models under a service tier.
struct Discount {
  std::string provider;
  std::set<std::string> models;  // Empty: all.
  std::string service_tier;
  Ratio factor;
  MeterSet meters;
  Provenance provenance;
};

Result<Discount> discount_of(json::Value object) {
  json::Fields in(object);
  Discount discount;
  discount.provider = in.require_text("provider");
  discount.service_tier = in.require_text("service_tier");
  const auto factor = parse_ratio(in.require_text("factor"));
  const auto learned_at = parse_instant(in.require_text("learned_at"));
  discount.provenance = {std::string(kOverlay), std::string(in.require_text("url")),
                         std::string(in.require_text("note")), learned_at.value_or(Instant{})};
  if (in.failed()) return fail(in.error());
  if (!factor) return fail(factor.error());
  if (!learned_at) return fail(learned_at.error());
  discount.factor = *factor;
  for (json::Value v = object["models"].first(); v.exists(); v = v.next()) {
    discount.models.emplace(v.string().value_or(""));
  }
  for (json::Value v = object["meters"].first(); v.exists(); v = v.next()) {
    const auto meter = parse_meter(v.string().value_or(""));
    if (!meter) return fail(ErrorCode::invalid_input, "unknown meter in a discount");
    discount.meters.set(static_cast<std::size_t>(*meter));
  }
  if (discount.meters.none()) discount.meters = Multiplier{}.meters;
  return discount;
}

bool is_standard(const Price& price) {
  return price.conditions.service_tier.empty() && price.conditions.region.empty() &&
         price.conditions.speed.empty();
}

// The factors that another source knows for the same model.
std::vector<Multiplier> known_multipliers(const PriceBook& book, const Price& price) {
  const PriceSet& set = book.resolve({.provider = price.provider, .model = price.model});
  for (const Price* other : set.candidates()) {
    if (is_standard(*other) && !other->multipliers.empty()) return other->multipliers;
  }
  return {};
}

// Whether a source above this price's own has the model: then the price is not the one in use.
bool is_in_use(const PriceBook& book, const Price& price) {
  const PriceSet& set = book.resolve({.provider = price.provider, .model = price.model});
  for (const Price* other : set.candidates()) {
    if (is_standard(*other)) return other->provenance.source == price.provenance.source;
  }
  return false;
}

Price discounted(Price price, const Discount& discount) {
  price.id.clear();
  price.conditions.service_tier = discount.service_tier;
  // What is sold at a discount of this kind is not sold at another speed.
  std::erase_if(price.multipliers,
                [](const Multiplier& m) { return m.on == Multiplier::On::speed; });
  price.multipliers.push_back({Multiplier::On::always, {}, discount.factor, discount.meters});
  price.provenance = discount.provenance;
  return price;
}

Result<PriceBook> joined(const PriceBook& book, const std::vector<Discount>& discounts) {
  PriceBookBuilder builder;
  for (const Source& source : book.sources()) builder.add(source);
  for (const Provider& provider : book.providers()) builder.add(provider);
  for (const Model& model : book.models()) builder.add(model);
  for (Price price : book.prices()) {
    if (is_standard(price) && price.multipliers.empty()) {
      price.multipliers = known_multipliers(book, price);
      if (!price.multipliers.empty()) {
        price.provenance.note = "factors for regions and speeds from litellm";
      }
    }
    for (const Discount& discount : discounts) {
      const bool meant = price.provider == discount.provider && is_standard(price) &&
                         (discount.models.empty() || discount.models.contains(price.model));
      if (!meant || !is_in_use(book, price)) continue;
      if (auto added = builder.add(discounted(price, discount)); !added) {
        return fail(added.error());
      }
    }
    if (auto added = builder.add(std::move(price)); !added) return fail(added.error());
  }
  return PriceBook::build(std::move(builder));
}

Result<void> write_compressed(const std::string& path, const std::string& text) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  const std::size_t size =
      ZSTD_compress(out.data(), out.size(), text.data(), text.size(), kCompression);
  if (ZSTD_isError(size) != 0) return fail(ErrorCode::io_error, ZSTD_getErrorName(size));
  std::ofstream file(path, std::ios::binary);
  file.write(out.data(), static_cast<std::streamsize>(size));
  if (!file.flush()) return fail(ErrorCode::io_error, "cannot write " + path);
  std::cerr << fmt::format("{}: {} bytes, {} compressed\n", path, text.size(), size);
  return {};
}

Result<void> import_into(PriceBookBuilder& builder, const std::string& path,
                         const std::string& date) {
  const auto text = text_of_file(path);
  if (!text) return fail(text.error());
  const auto learned_at = parse_instant(date);
  if (!learned_at) return fail(learned_at.error());
  const auto notes = import_price_file(*text, *learned_at, builder);
  if (!notes) return fail(notes.error().code, path + ": " + notes.error().message);
  std::cerr << fmt::format("{}: {} prices, {} left out\n", path, notes->prices, notes->skipped);
  for (const std::string& note : notes->notes) std::cerr << "  " << note << '\n';
  return {};
}

Result<void> generate(std::span<const std::string> args) {
  PriceBookBuilder builder;
  for (const std::string& overlay : args.subspan(6)) {
    if (auto done = import_into(builder, overlay, "1970-01-01"); !done) return done;
  }
  if (auto done = import_into(builder, args[1], args[2]); !done) return done;
  if (auto done = import_into(builder, args[3], args[4]); !done) return done;
  const auto sources = PriceBook::build(std::move(builder));
  if (!sources) return fail(sources.error());

  const auto text = text_of_file(args[5]);
  if (!text) return fail(text.error());
  json::Document document;
  const auto root = document.parse_copy(*text);
  if (!root) return fail(root.error());
  std::vector<Discount> discounts;
  for (json::Value v = (*root)["discounts"].first(); v.exists(); v = v.next()) {
    auto discount = discount_of(v);
    if (!discount) return fail(discount.error());
    discounts.push_back(std::move(*discount));
  }
  const auto book = joined(*sources, discounts);
  if (!book) return fail(book.error());
  return write_compressed(args[0], export_own_json(*book));
}

}  // namespace
}  // namespace costops::pricing

int main(int argc, char** argv) {
  const std::vector<std::string> args(argv + 1, argv + argc);
  if (args.size() < 6) {
    std::cerr << "usage: generate_price_book OUTPUT GENAI_PRICES.json DATE LITELLM.json DATE "
                 "DISCOUNTS.json OVERLAY...\n";
    return 2;
  }
  if (auto done = costops::pricing::generate(args); !done) {
    std::cerr << done.error().message << '\n';
    return 1;
  }
  return 0;
}
