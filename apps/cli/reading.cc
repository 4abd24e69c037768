#include "reading.h"

#include <fmt/format.h>

#include "options.h"

namespace costops::cli {
namespace {

std::vector<std::string> format_names() {
  std::vector<std::string> names;
  for (const ingestion::Format format : ingestion::all_formats()) {
    names.emplace_back(to_string(format));
  }
  return names;
}

const std::string& first_of(const std::string& option, const std::string& configured) {
  return option.empty() ? configured : option;
}

}  // namespace

void ReadingOptions::declare(CLI::App& app, const char* paths_description) {
  add_arguments(app, paths, "PATH", paths_description);
  add_list(app, "--file", files, "PATH", "The same as PATH.");
  declare_defaults(app);
}

void ReadingOptions::declare_defaults(CLI::App& app) {
  const auto check = [](const std::string& word) {
    if (ingestion::parse_format(word)) return std::string();
    return fmt::format("unknown format \"{}\"; known are {}", word, joined(format_names()));
  };
  const std::string description =
      "Read as this format instead of detecting it: " + joined(format_names()) + ".";
  add_checked(app, "--format", format, "FORMAT", description.c_str(), check);
  add_text(app, "--provider", provider, "NAME", "Provider of records that name none.");
  add_text(app, "--organization", organization, "NAME", "Organization of records that name none.");
  add_text(app, "--project", project, "NAME", "Project of records that name none.");
  add_text(app, "--user", user, "NAME", "User of records that name none.");
  add_list(app, "--tag", tags, "TAG", "Add this tag to every record. Repeat it for more.");
}

Result<std::vector<std::string>> ReadingOptions::expanded() const {
  std::vector<std::string> all = paths;
  all.insert(all.end(), files.begin(), files.end());
  return ingestion::expand_paths(all);
}

Result<accounting::IngestOptions> ReadingOptions::resolve(const Session& session) const {
  accounting::IngestOptions options;
  const Config& config = session.config();
  if (!format.empty()) options.read.format = ingestion::parse_format(format);
  options.read.default_provider = fold_provider(first_of(provider, config.provider));
  options.read.default_organization = first_of(organization, config.organization);
  options.read.default_project = first_of(project, config.project);
  options.read.default_user = first_of(user, config.user);
  options.read.extra_tags = config.tags;
  options.read.extra_tags.insert(options.read.extra_tags.end(), tags.begin(), tags.end());
  options.read.now = session.now();
  const auto at = session.at();
  if (!at) return fail(at.error());
  options.default_at = *at;
  return options;
}

}  // namespace costops::cli
