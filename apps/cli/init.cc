// init - create the ledger and a configuration file to fill in.
#include <fmt/format.h>

#include "command.h"
#include "costops/export/output_file.h"

namespace costops::cli {
namespace {

constexpr const char* kHelp = R"(
Not needed before the first ingest: the ledger is created when absent. What is there
already stays as it is.
)";

class Init : public Command {
 public:
  explicit Init(CLI::App& parent)
      : Command(parent, "init", "Create the ledger and a configuration template", kHelp,
                {.store = Uses::Store::yes}) {}

  Result<ExitCode> run(Session& session) override {
    const auto ledger = session.ledger(Session::Use::write);
    if (!ledger) return fail(ledger.error());
    const auto config = ensure_config(session);
    if (!config) return fail(config.error());
    session.out().write(fmt::format("ledger         {}\nconfiguration  {}\nown prices     {}\n",
                                    (*ledger)->url(), *config, session.folders().data + "/prices"));
    session.note("Next: cost-ops ingest");
    return ExitCode::fine;
  }

 private:
  /// The configuration's path; writes the template there if nothing is.
  static Result<std::string> ensure_config(const Session& session) {
    if (!session.config().path.empty()) return session.config().path;
    const std::string& folder = session.folders().config;
    const std::string path = folder + "/config.toml";
    if (auto written = exports::write_file(path, config_template()); !written) {
      return fail(written.error());
    }
    return path;
  }
};

}  // namespace

void add_init(CLI::App& parent, Commands& into) { into.push_back(std::make_unique<Init>(parent)); }

}  // namespace costops::cli
