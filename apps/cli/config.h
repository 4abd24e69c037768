// config.h - where things live for this user, and the configuration file.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "costops/domain/error.h"

namespace costops::cli {

/// Folders of this user, after the XDG base directory specification.
struct Folders {
  std::string home;    ///< "" if the system does not know.
  std::string config;  ///< $XDG_CONFIG_HOME/cost-ops, else ~/.config/cost-ops.
  std::string data;    ///< $XDG_DATA_HOME/cost-ops, else ~/.local/share/cost-ops.
};
/// A relative XDG_* is ignored, as that specification says. Fails with not_found if there is
/// neither such a variable nor a home.
[[nodiscard]] Result<Folders> folders_of_user();

/// What the configuration file says; each key is named like the option that it stands in for.
struct Config {
  std::string path;  ///< "" if none was read.
  std::string store, book, timezone, color;
  std::string provider, organization, project, user;
  std::vector<std::string> tags;
};

/// Reads `path`, or where it is empty `<folders.config>/config.toml` if that exists.
/// Fails with not_found (a named file that is absent), io_error, and invalid_input for a syntax
/// error, an unknown key or a value of the wrong type, with file and line.
[[nodiscard]] Result<Config> read_config(const std::string& path, const Folders& folders);

/// The commented file that `init` writes.
[[nodiscard]] std::string config_template();

}  // namespace costops::cli
