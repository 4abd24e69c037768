// price_files.cc - records priced one by one, without a ledger.
//
// Records go straight through until the first one that may grow. From there on they wait as columns
// until everything is read, because any of them may still be superseded.
#include <map>
#include <numeric>
#include <optional>

#include "accounting/intake.h"
#include "costops/accounting/ingest.h"
#include "costops/engine/calculator.h"
#include "costops/ingestion/input.h"

namespace costops::accounting {
namespace {

/// How large a growing record is: output first, then everything.
using Extent = std::pair<std::int64_t, std::int64_t>;
Extent extent_of(const Quantities& quantities) {
  return {sum_of(quantities, token_meters(Direction::output)),
          std::accumulate(quantities.begin(), quantities.end(), std::int64_t{0})};
}

class Pricing final : public ingestion::RecordSink {
 public:
  Pricing(const IngestOptions& options, const pricing::PriceBook& book, PriceVisitor& visitor)
      : options_(options), book_(book), visitor_(visitor) {}

  void record(const UsageRecord& record) override {
    waiting_ = waiting_ || record.grows;
    if (!waiting_) return visit(record);
    const auto row = static_cast<std::uint32_t>(batch_.size());
    if (!record.grows) {
      order_.push_back(row);
      batch_.append(record);
      return;
    }
    const Extent extent = extent_of(record.quantities);
    const auto [known, is_new] = largest_.try_emplace(record.id, Largest{order_.size(), extent});
    if (is_new) {
      order_.push_back(row);
    } else if (extent > known->second.extent) {
      known->second.extent = extent;
      order_[known->second.place] = row;
    } else {
      return;
    }
    batch_.append(record);
  }

  void rejected(ingestion::Rejection rejection) override {
    if (!waiting_) return visitor_.rejected(rejection);
    order_.push_back(kRejection | static_cast<std::uint32_t>(rejections_.size()));
    rejections_.push_back(std::move(rejection));
  }

  [[nodiscard]] bool stopped() const override {
    return options_.cancel != nullptr && options_.cancel->load();
  }

  /// Visits what has waited.
  void finish() {
    for (const std::uint32_t entry : order_) {
      if ((entry & kRejection) != 0) {
        visitor_.rejected(rejections_[entry & ~kRejection]);
      } else {
        visit(batch_.record(entry));
      }
    }
  }

 private:
  static constexpr std::uint32_t kRejection = std::uint32_t{1} << 31;
  struct Largest {
    std::size_t place;  ///< In order_.
    Extent extent;
  };

  void visit(const UsageRecord& record) {
    if (record.at) {
      price(record);
      return;
    }
    timed_ = record;
    timed_.at = options_.default_at;
    price(timed_);
  }

  void price(const UsageRecord& record) {
    const auto priced = engine::CostCalculator::calculate(record, book_, cost_);
    if (!priced) {
      cost_ = CostRecord{};
      cost_.id = record.id;
      cost_.at = *record.at;
      cost_.status = PricingStatus::quarantined;
      cost_.reason = priced.error().message;
    }
    visitor_.priced(record, cost_);
  }

  const IngestOptions& options_;
  const pricing::PriceBook& book_;
  PriceVisitor& visitor_;
  CostRecord cost_;
  UsageRecord timed_;
  bool waiting_ = false;
  UsageBatch batch_;
  std::vector<ingestion::Rejection> rejections_;
  std::vector<std::uint32_t> order_;  ///< Rows, or rejections marked with kRejection.
  std::map<RecordId, Largest> largest_;
};

}  // namespace

Result<void> price_files(const std::vector<std::string>& files, const IngestOptions& options,
                         const pricing::PriceBook& book, PriceVisitor& visitor) {
  Pricing pricing(options, book, visitor);
  for (const std::string& file : files) {
    if (pricing.stopped()) break;
    auto input = ingestion::Input::open(file);
    const auto read =
        input ? ingestion::read(*input, options.read, pricing) : Result<void>(fail(input.error()));
    if (!read) pricing.rejected(rejection_of(file, read.error().message));
  }
  pricing.finish();
  if (pricing.stopped()) return fail(ErrorCode::cancelled, "stopped before the end of the input");
  return {};
}

}  // namespace costops::accounting
