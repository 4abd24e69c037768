// environment.h - the machine and the build that produced a result, and the key that says whether
// two results may be compared at all.
#pragma once

#include <filesystem>
#include <string>

#include "costops/benchmarks/result.h"

namespace costops::benchmarks {

struct Environment {
  /// Free-form facts, flat: os, kernel, virtualisation, cpu_model, logical_cpus, load, pressure,
  /// timer costs, compiler, flags, build type, binary id, git revision, ...
  Json facts = Json::object();
  /// Hash of what makes results comparable: architecture, CPU model, logical CPUs,
  /// virtualisation, OS major version, compiler major version, optimisation flags. 16 hexadecimal
  /// digits. Never of clock rates or patch levels, which change by themselves.
  std::string env_key;
};

/// Reads this machine's facts; what cannot be read is left out, nothing fails.
[[nodiscard]] Environment current_environment();

/// The commit that `folder` has checked out, as 40 hexadecimal digits, read from the nearest .git
/// at or above it; empty where there is none.
[[nodiscard]] std::string checked_out_revision(const std::filesystem::path& folder);

/// Version of this program, "0.1.0".
[[nodiscard]] std::string_view harness_version();

}  // namespace costops::benchmarks
