#include "command.h"

#include <CLI/CLI.hpp>

namespace costops::cli {

Command::Command(CLI::App& parent, const char* name, const char* summary, const char* help,
                 Uses uses)
    : app_(parent.add_subcommand(name, summary)), uses_(uses) {
  app_->footer(help);
  app_->fallthrough();
}

bool Command::chosen() const { return app_->parsed(); }

CLI::App& add_group(CLI::App& parent, const char* name, const char* summary, const char* help) {
  CLI::App& group = *parent.add_subcommand(name, summary);
  group.footer(help);
  group.fallthrough();
  group.require_subcommand(0, 1);
  return group;
}

}  // namespace costops::cli
