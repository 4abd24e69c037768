#include "version.h"

#include "command.h"

namespace costops::cli {
namespace {

class Version : public Command {
 public:
  explicit Version(CLI::App& parent)
      : Command(parent, "version", "Print the version", "", Uses{}) {}

  Result<ExitCode> run(Session& session) override {
    session.out().write(version_text() + "\n");
    return ExitCode::fine;
  }
};

}  // namespace

std::string version_text() { return "cost-ops " COSTOPS_VERSION; }

void add_version(CLI::App& parent, Commands& into) {
  into.push_back(std::make_unique<Version>(parent));
}

}  // namespace costops::cli
