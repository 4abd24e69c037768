// ledger_fixture.h - an empty ledger in a folder of its own, for tests.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <memory>
#include <string>

#include "costops/storage/ledger.h"

namespace costops::accounting {

class LedgerFixture : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/costops-accounting-XXXXXX";
    folder_ = mkdtemp(name);
    open();
  }
  void TearDown() override {
    ledger_.reset();
    std::filesystem::remove_all(folder_);
  }

  void open() {
    ledger_.reset();
    ledger_ =
        storage::open_ledger("duckdb:" + folder_ + "/ledger", storage::OpenMode::create).value();
  }

  std::string folder_;
  std::unique_ptr<storage::Ledger> ledger_;
};

}  // namespace costops::accounting
