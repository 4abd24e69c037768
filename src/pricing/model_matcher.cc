#include "pricing/model_matcher.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>

namespace costops::pricing {

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

ModelMatcher::ModelMatcher(Source::Choice choice) : choice_(choice) {}
ModelMatcher::~ModelMatcher() = default;
ModelMatcher::ModelMatcher(ModelMatcher&&) noexcept = default;
ModelMatcher& ModelMatcher::operator=(ModelMatcher&&) noexcept = default;

Result<void> ModelMatcher::add(std::uint32_t candidate, const ModelMatch& match) {
  using Kind = ModelMatch::Kind;
  if (match.kind == Kind::exact || match.kind == Kind::alias) {
    const auto [found, inserted] =
        exact_.try_emplace(lower_case(match.pattern), Hit{match.kind, candidate});
    // An exact id takes over from another model's alias; else the earlier model stays.
    const bool stronger = choice_ == Source::Choice::most_specific && match.kind == Kind::exact &&
                          found->second.kind == Kind::alias;
    if (!inserted && stronger) found->second = {match.kind, candidate};
    return {};
  }
  Pattern pattern{match.kind, candidate, {}, nullptr};
  if (match.kind == Kind::regex) {
    RE2::Options options;
    options.set_log_errors(false);
    pattern.text = match.pattern;
    pattern.regex = std::make_unique<RE2>(match.pattern, options);
    if (!pattern.regex->ok()) {
      return fail(ErrorCode::invalid_input,
                  fmt::format("regular expression \"{}\" is not valid: {}", match.pattern,
                              pattern.regex->error()));
    }
  } else {
    pattern.text = lower_case(match.pattern);
  }
  // Kept in the order in which they are tried: the first that fits is the answer.
  const auto before = [this](const Pattern& a, const Pattern& b) {
    if (choice_ == Source::Choice::first_listed) return a.candidate < b.candidate;
    if (a.kind != b.kind) return a.kind < b.kind;
    const bool by_length = a.kind != Kind::regex && a.text.size() != b.text.size();
    return by_length ? a.text.size() > b.text.size() : a.candidate < b.candidate;
  };
  patterns_.insert(std::ranges::upper_bound(patterns_, pattern, before), std::move(pattern));
  return {};
}

bool ModelMatcher::matches(const Pattern& pattern, std::string_view id) {
  switch (pattern.kind) {
    case ModelMatch::Kind::exact:
    case ModelMatch::Kind::alias:
      return id == pattern.text;
    case ModelMatch::Kind::starts_with:
      return id.starts_with(pattern.text);
    case ModelMatch::Kind::ends_with:
      return id.ends_with(pattern.text);
    case ModelMatch::Kind::contains:
      return id.find(pattern.text) != std::string_view::npos;
    case ModelMatch::Kind::regex:
      return RE2::PartialMatch(re2::StringPiece(id.data(), id.size()), *pattern.regex);
  }
  return false;
}

std::optional<std::uint32_t> ModelMatcher::match(std::string_view id) const {
  std::optional<std::uint32_t> best;
  if (const auto found = exact_.find(id); found != exact_.end()) best = found->second.candidate;
  if (best && choice_ == Source::Choice::most_specific) return best;
  for (const Pattern& pattern : patterns_) {
    if (best && pattern.candidate >= *best) return best;
    if (matches(pattern, id)) return pattern.candidate;
  }
  return best;
}

}  // namespace costops::pricing
