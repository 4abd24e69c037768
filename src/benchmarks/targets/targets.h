// targets.h - one factory per target; target.cc lists them in the order of the contract.
#pragma once

#include <memory>

#include "costops/benchmarks/target.h"

namespace costops::benchmarks {

std::unique_ptr<BenchTarget> make_cost_calculator_target();
std::unique_ptr<BenchTarget> make_aggregator_target();
std::unique_ptr<BenchTarget> make_forecasting_target();
std::unique_ptr<BenchTarget> make_compression_target();
std::unique_ptr<BenchTarget> make_export_target();
std::unique_ptr<BenchTarget> make_storage_target();

}  // namespace costops::benchmarks
