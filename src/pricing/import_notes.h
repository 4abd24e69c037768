// import_notes.h - adding what an importer read, with a note instead of a failure per entry.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "costops/pricing/importers.h"

namespace costops::pricing {

/// Notes about one entry of a price file, each starting with the entry's name. The name is made
/// when a note needs it: of thousands of entries, few do.
class EntryNotes {
 public:
  EntryNotes(std::function<std::string()> name, ImportNotes& into)
      : name_(std::move(name)), into_(into) {}

  void note(std::string_view text) { into_.notes.push_back(name_() + ": " + std::string(text)); }
  void skip(std::string_view why) {
    note("left out: " + std::string(why));
    ++into_.skipped;
  }
  /// Adds the price, or leaves it out with the reason.
  void add(Price price, PriceBookBuilder& builder) {
    if (auto added = builder.add(std::move(price)); !added) return skip(added.error().message);
    ++into_.prices;
  }

 private:
  std::function<std::string()> name_;
  ImportNotes& into_;
};

}  // namespace costops::pricing
