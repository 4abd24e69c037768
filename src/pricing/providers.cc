#include "costops/pricing/providers.h"

#include <algorithm>
#include <array>

namespace costops::pricing {
namespace {

struct KnownProvider {
  std::string_view id, name, service;
};
constexpr KnownProvider kProviders[] = {
    {"anthropic", "Anthropic", "Claude API"},
    {"aws", "Amazon Web Services", "Amazon Bedrock"},
    {"azure", "Microsoft", "Azure OpenAI"},
    {"cohere", "Cohere", "Cohere API"},
    {"deepseek", "DeepSeek", "DeepSeek API"},
    {"fireworks", "Fireworks AI", "Fireworks API"},
    {"google", "Google", "Gemini API"},
    {"groq", "Groq", "GroqCloud"},
    {"mistral", "Mistral AI", "Mistral API"},
    {"openai", "OpenAI", "OpenAI API"},
    {"openrouter", "OpenRouter", "OpenRouter API"},
    {"perplexity", "Perplexity", "Perplexity API"},
    {"together", "Together AI", "Together API"},
    {"x-ai", "xAI", "xAI API"},
};

/// Makers by how their models' ids begin on platforms that sell the models of others.
constexpr std::pair<std::string_view, std::string_view> kPublishers[] = {
    {"anthropic", "Anthropic"}, {"claude", "Anthropic"},   {"openai", "OpenAI"},
    {"gpt", "OpenAI"},          {"meta", "Meta"},          {"llama", "Meta"},
    {"mistral", "Mistral AI"},  {"cohere", "Cohere"},      {"amazon", "Amazon Web Services"},
    {"google", "Google"},       {"gemini", "Google"},      {"deepseek", "DeepSeek"},
    {"ai21", "AI21 Labs"},      {"qwen", "Alibaba Cloud"}, {"x-ai", "xAI"},
};

bool sells_models_of_others(std::string_view provider) {
  constexpr std::array kPlatforms = {"aws",  "azure",    "google",   "openrouter",
                                     "groq", "together", "fireworks"};
  return std::find(kPlatforms.begin(), kPlatforms.end(), provider) != kPlatforms.end();
}

std::string publisher_of(std::string_view model, std::string_view otherwise) {
  // Bedrock puts a geography before the maker: "us.anthropic.claude-...".
  for (const std::string_view geography : {"us.", "eu.", "apac.", "global."}) {
    if (model.starts_with(geography)) model.remove_prefix(geography.size());
  }
  for (const auto& [prefix, name] : kPublishers) {
    if (model.starts_with(prefix)) return std::string(name);
  }
  return std::string(otherwise);
}

}  // namespace

ProviderNames names_of(std::string_view provider, std::string_view model) {
  ProviderNames names{std::string(provider), std::string(provider) + " API", ""};
  for (const KnownProvider& known : kProviders) {
    if (known.id == provider) names = {std::string(known.name), std::string(known.service), ""};
  }
  names.publisher =
      sells_models_of_others(provider) ? publisher_of(model, names.provider) : names.provider;
  return names;
}

bool is_public_list(std::string_view source) {
  return source == "genai-prices" || source == "litellm";
}

}  // namespace costops::pricing
