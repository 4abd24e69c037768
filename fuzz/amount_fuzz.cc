// Any text: an amount that is accepted is written in a form that is read as the same amount, and
// prices made of it are within half a pico-unit of the exact product.
#include <cstddef>
#include <cstdint>

#include "costops/domain/rate.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace costops;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Result<Ratio> ratio = parse_ratio(text);
  const Result<Amount> amount = parse_amount(text);
  if (ratio && !amount) __builtin_trap();
  if (!amount) return 0;
  if (parse_amount(to_string(*amount)) != *amount) __builtin_trap();

  const auto per = static_cast<std::int64_t>(1 + size * 999'983);
  const Result<Rate> rate = make_rate(*amount, per);
  if (!rate) return 0;
  const auto quantity = static_cast<std::int64_t>(size * 7 + 1);
  const Int128 twice_off = 2 * (price_of(*rate, quantity).pico() * rate->per -
                                static_cast<Int128>(rate->pico) * quantity);
  if ((twice_off < 0 ? -twice_off : twice_off) > rate->per) __builtin_trap();
  if (ratio) {
    const Result<Rate> product = scaled(*rate, *ratio);
    // Exact: both sides as fractions over the same denominator, where 128 bits hold them.
    if (product && product->per == rate->per &&
        static_cast<Int128>(product->pico) * ratio->denominator !=
            static_cast<Int128>(rate->pico) * ratio->numerator) {
      __builtin_trap();
    }
  }
  return 0;
}
