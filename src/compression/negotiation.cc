#include "costops/compression/negotiation.h"

#include <algorithm>
#include <array>

namespace costops::compression {
namespace {

constexpr int kFullWeight = 1000;  // q=1, in thousandths
constexpr int kUnnamed = -1;

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

/// The part before `separator`; takes it and the separator off the front of `rest`.
std::string_view next_part(std::string_view& rest, char separator) {
  const std::size_t end = std::min(rest.find(separator), rest.size());
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return trimmed(part);
}

/// RFC 9110, section 12.4.2: "0" or "1", then up to three decimals, which must be 0 behind 1.
std::optional<int> parse_weight(std::string_view text) {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return std::nullopt;
  if (text.size() > 1 && text[1] != '.') return std::nullopt;
  int weight = (text[0] - '0') * kFullWeight;
  int place = kFullWeight / 10;
  for (const char digit : text.substr(std::min<std::size_t>(2, text.size()))) {
    if (digit < '0' || digit > '9') return std::nullopt;
    weight += (digit - '0') * place;
    place /= 10;
  }
  if (weight > kFullWeight) return std::nullopt;
  return weight;
}

/// Weights as a header field states them, in thousandths; kUnnamed where it does not.
struct Wishes {
  std::array<int, kCodecCount> of{};
  int others = kUnnamed;  ///< "*".

  [[nodiscard]] int weight(Codec codec) const {
    const int named = of[static_cast<std::size_t>(codec)];
    return named != kUnnamed ? named : others;
  }
};

/// The codings' registered names alone, in any case (RFC 9110, section 8.4.1).
std::optional<Codec> parse_coding(std::string_view word) {
  const auto codec = parse_codec(word);
  const bool registered = codec && (word.size() == to_string(*codec).size() ||
                                    (*codec == Codec::gzip && word.size() == 6));
  return registered ? codec : std::nullopt;
}

void add_member(std::string_view member, Wishes& wishes) {
  const std::string_view word = next_part(member, ';');
  int weight = kFullWeight;
  if (!member.empty()) {
    const std::string_view parameter = next_part(member, ';');
    const bool q = parameter.starts_with("q=") || parameter.starts_with("Q=");
    const auto given = q && member.empty() ? parse_weight(parameter.substr(2)) : std::nullopt;
    if (!given) return;
    weight = *given;
  }
  if (word == "*") {
    if (wishes.others == kUnnamed) wishes.others = weight;
    return;
  }
  const auto codec = parse_coding(word);
  if (!codec) return;
  int& slot = wishes.of[static_cast<std::size_t>(*codec)];
  if (slot == kUnnamed) slot = weight;
}

}  // namespace

std::optional<Codec> negotiate(std::optional<std::string_view> accept_encoding,
                               std::span<const Codec> offered) {
  if (!accept_encoding) return Codec::identity;
  Wishes wishes;
  wishes.of.fill(kUnnamed);
  for (std::string_view rest = *accept_encoding; !rest.empty();) {
    add_member(next_part(rest, ','), wishes);
  }
  std::optional<Codec> best;
  int best_weight = 0;
  const auto consider = [&](Codec codec) {
    const int weight = wishes.weight(codec);
    if (weight <= best_weight) return;
    best = codec;
    best_weight = weight;
  };
  std::for_each(offered.begin(), offered.end(), consider);
  consider(Codec::identity);
  if (best) return best;
  // Not named at all, identity is acceptable, but the last choice.
  if (wishes.weight(Codec::identity) == kUnnamed) return Codec::identity;
  return std::nullopt;
}

}  // namespace costops::compression
