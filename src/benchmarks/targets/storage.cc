// One insert into an in-memory SQLite ledger with the real schema, a fresh id each time.
#include <fmt/format.h>

#include "benchmarks/targets/targets.h"
#include "costops/benchmarks/fixtures.h"
#include "costops/storage/ledger.h"

namespace costops::benchmarks {
namespace {

class SingleInserts final : public Workload {
 public:
  explicit SingleInserts(std::unique_ptr<storage::Ledger> ledger) : ledger_(std::move(ledger)) {
    usage_.append(create_test_usage(10'000, 5'000));
    batch_.usage = &usage_;
    batch_.status = status_;
    batch_.price = price_;
    for (std::size_t c = 0; c < kCostClassCount; ++c) batch_.pico[c] = {&pico_[c], 1};
    batch_.currency = currency_;
    batch_.reason = reason_;
    batch_.prices = prices_;
    batch_.reasons = reasons_;
  }

  Result<void> check() override {
    const auto counts = insert();
    if (!counts) return fail(counts.error());
    const auto sums = ledger_->query({});
    if (!sums) return fail(sums.error());
    const auto records = static_cast<std::int64_t>(inserted_);
    if (counts->added == 1 && sums->size() == 1 && sums->front().requests == records) return {};
    return fail(ErrorCode::conflict,
                fmt::format("the ledger does not hold the {} records inserted", inserted_));
  }
  void run(std::uint64_t iterations) override {
    for (std::uint64_t i = 0; i < iterations; ++i) consume(insert());
  }
  Json extra_metrics() const override {
    return {{"note",
             "in-memory SQLite: each insert is a transaction of its own, with identity "
             "and de-duplication, but nothing reaches a disk"}};
  }

 private:
  Result<storage::AppendCounts> insert() {
    usage_.ids[0] = {0x5eed, ++inserted_};
    return ledger_->append(batch_);
  }

  std::unique_ptr<storage::Ledger> ledger_;
  std::uint64_t inserted_ = 0;
  UsageBatch usage_;
  // By hand: 10,000 x 10 / 1,000,000 = 0.1 and 5,000 x 30 / 1,000,000 = 0.15.
  std::array<std::int64_t, kCostClassCount> pico_{kPicoPerUnit / 10, 0, 0, kPicoPerUnit / 100 * 15,
                                                  0};
  std::array<PricingStatus, 1> status_{PricingStatus::priced};
  std::array<std::uint32_t, 1> price_{0};
  std::array<Currency, 1> currency_{Currency::usd()};
  std::array<std::uint32_t, 1> reason_{0};
  std::array<storage::PriceUsed, 1> prices_{{{"test/model", "{}"}}};
  std::array<std::string, 1> reasons_{""};
  storage::LedgerBatch batch_;
};

class StorageTarget final : public BenchTarget {
 public:
  std::string id() const override { return "storage"; }
  std::string description() const override { return "one insert into an in-memory ledger"; }
  std::string workload() const override { return "one record, fresh id, sqlite::memory:, v1"; }
  Result<std::unique_ptr<Workload>> prepare() const override {
    auto ledger = storage::open_ledger("sqlite::memory:", storage::OpenMode::create);
    if (!ledger) return fail(ledger.error());
    return std::make_unique<SingleInserts>(std::move(*ledger));
  }
};

}  // namespace

std::unique_ptr<BenchTarget> make_storage_target() { return std::make_unique<StorageTarget>(); }

}  // namespace costops::benchmarks
