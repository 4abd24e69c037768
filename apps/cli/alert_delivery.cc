#include "alert_delivery.h"

#include <fmt/format.h>
#include <sys/wait.h>

#include <cstdio>

#include "webhook_options.h"

namespace costops::cli {
namespace {

Result<void> to_command(const std::string& command, const std::string& json) {
  std::FILE* pipe = popen(command.c_str(), "w");
  if (pipe == nullptr) return fail(ErrorCode::io_error, "cannot run the alert's command");
  std::fwrite(json.data(), 1, json.size(), pipe);
  const int status = pclose(pipe);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  return fail(ErrorCode::io_error,
              fmt::format("the alert's command {} failed with status {}", quoted(command),
                          WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status)));
}

}  // namespace

Result<void> deliver(const AlertTargets& targets, const Session& session, const std::string& json) {
  if (auto told = tell(targets.webhook, session, json); !told) return told;
  if (targets.command.empty()) return {};
  return to_command(targets.command, json);
}

}  // namespace costops::cli
