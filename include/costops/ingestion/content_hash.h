// content_hash.h - XXH3-128 of bytes that come piece by piece.
#pragma once

#include <memory>
#include <string_view>

#include "costops/domain/identity.h"

namespace costops::ingestion {

class ContentHash {
 public:
  ContentHash();
  ContentHash(ContentHash&&) noexcept;
  ContentHash& operator=(ContentHash&&) noexcept;
  ~ContentHash();
  void add(std::string_view bytes);
  /// Of everything added so far; more may be added after.
  [[nodiscard]] RecordId digest() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace costops::ingestion
