#include "costops/benchmarks/environment.h"

#include <fmt/format.h>
#include <gnu/libc-version.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <array>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "costops/domain/identity.h"

namespace costops::benchmarks {
namespace {

namespace fs = std::filesystem;

std::string first_line(const fs::path& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

/// Value of "key : value" or "key=value" in a file of such lines.
std::string value_in(const char* path, std::string_view key, char separator) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with(key)) continue;
    const auto at = line.find(separator);
    if (at == std::string::npos) continue;
    auto value = line.substr(line.find_first_not_of(" \t\"", at + 1));
    while (!value.empty() && (value.back() == '"' || value.back() == ' ')) value.pop_back();
    return value;
  }
  return {};
}

/// The nearest .git at or above `folder`; what it points to, where it is a worktree's file.
fs::path git_folder(const fs::path& folder) {
  std::error_code error;
  for (fs::path at = fs::absolute(folder, error); !error; at = at.parent_path()) {
    const fs::path git = at / ".git";
    std::error_code absent;
    if (fs::is_directory(git, absent)) return git;
    const std::string pointer = first_line(git);
    if (pointer.starts_with("gitdir: ")) return at / pointer.substr(8);
    if (at == at.parent_path()) break;
  }
  return {};
}

/// Virtualisation as the firmware names it; "none" on plain hardware.
std::string virtualisation() {
  if (std::ifstream("/.dockerenv").good()) return "container";
  const std::string flags = value_in("/proc/cpuinfo", "flags", ':');
  const bool hypervisor = (" " + flags + " ").find(" hypervisor ") != std::string::npos;
  const std::string vendor = first_line("/sys/class/dmi/id/sys_vendor");
  if (!vendor.empty() && hypervisor) return vendor;
  return hypervisor ? "virtual machine" : "none";
}

/// Median cost of one reading of a clock, by 1,000 readings.
double clock_cost_ns(clockid_t clock) {
  constexpr int kReadings = 1000;
  timespec from{};
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &from);
  for (int i = 0; i < kReadings; ++i) ::clock_gettime(clock, &now);
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  const double elapsed = static_cast<double>(now.tv_sec - from.tv_sec) * 1e9 +
                         static_cast<double>(now.tv_nsec - from.tv_nsec);
  return elapsed / kReadings;
}

void put(Json& facts, const char* name, std::string value) {
  if (!value.empty()) facts[name] = std::move(value);
}

/// Ticks of the line "cpu ... steal" of /proc/stat: time that the hypervisor took.
std::string steal_ticks() {
  std::istringstream words(first_line("/proc/stat"));
  std::string word;
  for (int i = 0; i <= 8; ++i) words >> word;
  return word;
}

/// What the processors are beyond their name.
void put_processor(Json& facts) {
  for (const auto& [name, key] : {std::pair{"cpu_family", "cpu family"},
                                  {"cpu_stepping", "stepping"},
                                  {"cpu_microcode", "microcode"},
                                  {"cpu_mhz_now", "cpu MHz"}}) {
    put(facts, name, value_in("/proc/cpuinfo", key, ':'));
  }
  put(facts, "smt_active", first_line("/sys/devices/system/cpu/smt/active"));
  put(facts, "turbo_off", first_line("/sys/devices/system/cpu/intel_pstate/no_turbo"));
  put(facts, "boost", first_line("/sys/devices/system/cpu/cpufreq/boost"));
  put(facts, "cgroup_cpu_max", first_line("/sys/fs/cgroup/cpu.max"));
  put(facts, "affinity", value_in("/proc/self/status", "Cpus_allowed_list", ':'));
  put(facts, "transparent_hugepages", first_line("/sys/kernel/mm/transparent_hugepage/enabled"));
  put(facts, "steal_ticks", steal_ticks());
}

/// Tells machines apart without naming them.
void put_host(Json& facts) {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return;
  facts["host"] = to_string(record_id("benchmark-host", {name.data()})).substr(0, 8);
  put(facts, "libc", std::string("glibc ") + ::gnu_get_libc_version());
}

/// Share of time in which some task waited for a CPU in the last ten seconds, in percent.
void put_pressure(Json& facts) {
  const std::string line = first_line("/proc/pressure/cpu");
  const auto at = line.find("avg10=");
  if (at == std::string::npos) return;
  facts["psi_cpu_some_avg10"] = line.substr(at + 6, line.find(' ', at) - at - 6);
}

void put_build(Json& facts) {
#if defined(__clang__)
  facts["compiler"] = fmt::format("clang {}.{}", __clang_major__, __clang_minor__);
#elif defined(__GNUC__)
  facts["compiler"] = fmt::format("gcc {}.{}", __GNUC__, __GNUC_MINOR__);
#endif
  facts["build_type"] = COSTOPS_BUILD_TYPE;
  facts["build_flags"] = COSTOPS_BUILD_FLAGS;
  facts["harness_version"] = std::string(harness_version());
}

int compiler_major() {
#if defined(__clang__)
  return __clang_major__;
#else
  return __GNUC__;
#endif
}

}  // namespace

Environment current_environment() {
  Environment environment;
  Json& facts = environment.facts;
  utsname system{};
  ::uname(&system);
  const std::string os = value_in("/etc/os-release", "PRETTY_NAME", '=');
  const std::string model = value_in("/proc/cpuinfo", "model name", ':');
  const std::string virt = virtualisation();
  const long cpus = ::sysconf(_SC_NPROCESSORS_ONLN);
  put(facts, "os", os);
  put(facts, "kernel", system.release);
  put(facts, "architecture", system.machine);
  put(facts, "cpu_model", model);
  facts["logical_cpus"] = cpus;
  put(facts, "virt", virt);
  put(facts, "load", first_line("/proc/loadavg"));
  put(facts, "clocksource",
      first_line("/sys/devices/system/clocksource/clocksource0/current_clocksource"));
  put(facts, "governor", first_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"));
  put(facts, "aslr", first_line("/proc/sys/kernel/randomize_va_space"));
  put(facts, "mem_total", value_in("/proc/meminfo", "MemTotal", ':'));
  put(facts, "mem_available", value_in("/proc/meminfo", "MemAvailable", ':'));
  put_processor(facts);
  put_host(facts);
  put_pressure(facts);
  facts["timer_cost_wall_ns"] = clock_cost_ns(CLOCK_MONOTONIC);
  facts["timer_cost_cpu_ns"] = clock_cost_ns(CLOCK_THREAD_CPUTIME_ID);
  put_build(facts);
  const RecordId key =
      record_id("benchmark-environment",
                {system.machine, model, std::to_string(cpus), virt,
                 value_in("/etc/os-release", "VERSION_ID", '='), std::to_string(compiler_major()),
                 COSTOPS_BUILD_TYPE, COSTOPS_BUILD_FLAGS});
  environment.env_key = to_string(key).substr(0, 16);
  return environment;
}

std::string checked_out_revision(const fs::path& folder) {
  const auto hexadecimal = [](const std::string& text) {
    return text.size() == 40 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
  };
  const fs::path git = git_folder(folder);
  if (git.empty()) return {};
  std::string head = first_line(git / "HEAD");
  if (!head.starts_with("ref: ")) return hexadecimal(head) ? head : "";
  const std::string ref = head.substr(5);
  // A linked worktree keeps its branches in the repository that "commondir" names.
  const std::string common = first_line(git / "commondir");
  const fs::path refs = common.empty() ? git : git / common;
  if (std::string revision = first_line(refs / ref); hexadecimal(revision)) return revision;
  std::ifstream packed(refs / "packed-refs");
  for (std::string line; std::getline(packed, line);) {
    if (line.size() == ref.size() + 41 && line.ends_with(" " + ref)) return line.substr(0, 40);
  }
  return {};
}

std::string_view harness_version() { return COSTOPS_VERSION; }

}  // namespace costops::benchmarks
