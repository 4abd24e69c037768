// price_text.h - a price of the book in words: rates, conditions, where it comes from.
#pragma once

#include <string>
#include <vector>

#include "costops/json/json.h"
#include "costops/pricing/price.h"

namespace costops::cli {

/// The amount of the meter's own rate where it is per million, else with what it is per; "" if
/// none.
[[nodiscard]] std::string column_text(const pricing::Price& price, Meter meter);
/// "at any time", "since ...", "until ...", "from ... until ...".
[[nodiscard]] std::string effective_text(const TimeRange& range);
/// Everything but the period that must hold: "tier batch, region us"; "" if nothing.
[[nodiscard]] std::string conditions_text(const pricing::Conditions& conditions);
/// "2026-03-13", with the time if it is not midnight UTC; "" where unbounded.
[[nodiscard]] std::string date_text(Instant at);

/// Everything a price says, line by line.
void append_price(std::string& out, const pricing::Price& price);
void write_price(json::Writer& json, const pricing::Price& price);

}  // namespace costops::cli
