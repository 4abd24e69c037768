// providers.h - how those who sell models are called on bills, and whose price lists are public.
#pragma once

#include <string>
#include <string_view>

namespace costops::pricing {

struct ProviderNames {
  std::string provider;   ///< "Anthropic", "Amazon Web Services".
  std::string service;    ///< "Claude API", "Amazon Bedrock".
  std::string publisher;  ///< Who made the model: "Anthropic" for Claude on Bedrock.
};
/// A provider that is not known goes by its own name.
[[nodiscard]] ProviderNames names_of(std::string_view provider, std::string_view model);

/// Whether prices of this source (Provenance::source) are a public list's; any other is an
/// agreement of one's own.
[[nodiscard]] bool is_public_list(std::string_view source);

}  // namespace costops::pricing
