#include "costops/pricing/price.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace costops::pricing {
namespace {

constexpr std::int64_t kMillion = 1'000'000;

// The meter with exactly these dimensions; none if no unit of the field has them.
std::optional<Meter> meter_with(MeterFacts wanted) {
  for (std::size_t i = 0; i < kMeterCount; ++i) {
    const MeterFacts& f = facts(static_cast<Meter>(i));
    if (f.family == wanted.family && f.direction == wanted.direction &&
        f.modality == wanted.modality && f.token_type == wanted.token_type &&
        f.cache_ttl == wanted.cache_ttl) {
      return static_cast<Meter>(i);
    }
  }
  return std::nullopt;
}

// The meters whose rate may cover `meter`, nearest first. Dropping a token type drops its time to
// live with it. The order matters only where a source prices both "audio" and "cached" but not
// "cached audio".
std::vector<Meter> compute_covering(Meter meter) {
  const MeterFacts own = facts(meter);
  std::vector<Meter> covering{meter};
  if (own.family != Family::tokens) {
    for (auto next = less_specific(meter); next; next = less_specific(*next)) {
      covering.push_back(*next);
    }
    return covering;
  }
  struct Dropped {
    bool modality, ttl, type;
  };
  constexpr std::array<Dropped, 5> kOrder{{{true, false, false},
                                           {false, true, false},
                                           {true, true, false},
                                           {false, true, true},
                                           {true, true, true}}};
  for (const Dropped& dropped : kOrder) {
    MeterFacts wanted = own;
    if (dropped.modality) wanted.modality = Modality::none;
    if (dropped.ttl) wanted.cache_ttl = CacheTtl::none;
    if (dropped.type) wanted.token_type = TokenType::none;
    const auto found = meter_with(wanted);
    if (found && std::ranges::find(covering, *found) == covering.end()) covering.push_back(*found);
  }
  return covering;
}

const std::vector<Meter>& covering(Meter meter) {
  static const std::vector<std::vector<Meter>> table = [] {
    std::vector<std::vector<Meter>> all;
    for (std::size_t i = 0; i < kMeterCount; ++i) {
      all.push_back(compute_covering(static_cast<Meter>(i)));
    }
    return all;
  }();
  return table[static_cast<std::size_t>(meter)];
}

// Collects rates in meter order and keeps the first failure, naming the field.
class RateList {
 public:
  void add(Meter meter, std::string_view field, std::string_view amount) {
    const auto rate = parse_rate(amount, kMillion);
    if (!rate) {
      if (error_.empty()) error_ = fmt::format("{}: {}", field, rate.error().message);
      return;
    }
    rates_.push_back({meter, *rate, {}});
  }
  [[nodiscard]] const std::string& error() const { return error_; }
  [[nodiscard]] std::vector<MeterRate> take() {
    std::ranges::sort(rates_, {}, &MeterRate::meter);
    return std::move(rates_);
  }

 private:
  std::vector<MeterRate> rates_;
  std::string error_;
};

// Bands cover [0, infinity) without overlap or gap, in this order.
std::string band_fault(const std::vector<Band>& bands) {
  if (bands.empty()) return "a tiered price needs at least one band";
  if (bands.front().from != 0) {
    return fmt::format("the first band starts at {}, expected 0", bands.front().from);
  }
  for (std::size_t i = 0; i < bands.size(); ++i) {
    const Band& band = bands[i];
    const bool last = i + 1 == bands.size();
    if (!band.to) {
      if (!last) return fmt::format("band {} has no end, but is not the last", i + 1);
      return {};
    }
    if (*band.to <= band.from) {
      return fmt::format("band {} ends at {}, expected more than its start {}", i + 1, *band.to,
                         band.from);
    }
    if (last) {
      return fmt::format(
          "the last band ends at {}, expected no end: usage above it would have no "
          "price",
          *band.to);
    }
    const std::int64_t next = bands[i + 1].from;
    if (next < *band.to) {
      return fmt::format("bands {} and {} overlap from {} to {}", i + 1, i + 2, next, *band.to);
    }
    if (next > *band.to) {
      return fmt::format("gap between bands {} and {} from {} to {}", i + 1, i + 2, *band.to, next);
    }
  }
  return {};
}

}  // namespace

const MeterRate* Price::rate_of(Meter meter) const {
  for (const Meter candidate : covering(meter)) {
    const auto found = std::ranges::lower_bound(rates, candidate, {}, &MeterRate::meter);
    if (found != rates.end() && found->meter == candidate) return &*found;
  }
  return nullptr;
}

Result<Price> per_token_price(std::string_view input_per_million,
                              std::string_view output_per_million,
                              std::optional<std::string_view> cached_discount) {
  RateList list;
  list.add(Meter::input_tokens_uncached, "input", input_per_million);
  list.add(Meter::output_tokens, "output", output_per_million);
  if (!list.error().empty()) return fail(ErrorCode::invalid_input, list.error());
  Price price;
  price.rates = list.take();
  if (!cached_discount) return price;

  const auto discount = parse_ratio(*cached_discount);
  if (!discount || discount->numerator > discount->denominator) {
    return fail(
        ErrorCode::invalid_input,
        fmt::format("cached discount \"{}\" must be a decimal from 0 to 1", *cached_discount));
  }
  const Ratio kept{discount->denominator - discount->numerator, discount->denominator};
  const auto cached = scaled(price.rates.front().base, kept);
  if (!cached) return fail(cached.error());
  price.rates.push_back({Meter::cache_read_tokens, *cached, {}});
  std::ranges::sort(price.rates, {}, &MeterRate::meter);
  return price;
}

Result<Price> per_request_price(std::string_view per_request, std::int64_t included_tokens,
                                std::string_view overage_per_million) {
  if (included_tokens < 0) {
    return fail(ErrorCode::invalid_input,
                fmt::format("included tokens {} must not be negative", included_tokens));
  }
  const auto request = parse_rate(per_request, 1);
  if (!request) {
    return fail(request.error().code, fmt::format("per request: {}", request.error().message));
  }
  const auto overage = parse_rate(overage_per_million, kMillion);
  if (!overage) {
    return fail(overage.error().code, fmt::format("overage: {}", overage.error().message));
  }
  Price price;
  price.rates = {{Meter::requests, *request, {}}};
  price.allowance = Allowance{.included = included_tokens, .overage = *overage};
  return price;
}

Result<Price> tiered_price(const std::vector<Band>& bands) {
  if (std::string fault = band_fault(bands); !fault.empty()) {
    return fail(ErrorCode::invalid_input, std::move(fault));
  }
  Price price;
  price.steps.kind = StepRule::Kind::graduated;
  MeterRate input{Meter::input_tokens_uncached, {}, {}};
  MeterRate output{Meter::output_tokens, {}, {}};
  for (std::size_t i = 0; i < bands.size(); ++i) {
    const auto in = parse_rate(bands[i].input_per_million, kMillion);
    const auto out = parse_rate(bands[i].output_per_million, kMillion);
    if (!in || !out) {
      return fail(ErrorCode::invalid_input,
                  fmt::format("band {} {}: {}", i + 1, in ? "output" : "input",
                              (in ? out : in).error().message));
    }
    if (i == 0) {
      input.base = *in;
      output.base = *out;
    } else {
      input.steps.push_back({bands[i].from, *in});
      output.steps.push_back({bands[i].from, *out});
    }
  }
  price.rates = {std::move(input), std::move(output)};
  return price;
}

}  // namespace costops::pricing
