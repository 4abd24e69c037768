// TOML price files: turned into the JSON of our own format, so that one reader knows the rules.
//
// TOML's numbers with a fraction are binary floating point, so an amount must be a quoted text; a
// number that is not whole is refused.
#include <fmt/format.h>

#include <sstream>

#include "costops/json/json.h"
#include "costops/json/toml.h"
#include "costops/pricing/importers.h"

namespace costops::pricing {
namespace {

constexpr int kDepthMax = 32;  // Our own format needs six levels.

template <typename T>
std::string printed(const T& value) {
  std::ostringstream out;
  out << value;
  return out.str();
}

// Writes TOML as JSON; keeps the first failure.
class JsonFromToml {
 public:
  explicit JsonFromToml(std::string& out) : writer_(out) {}

  void write(const toml::node& node, std::string_view key, int depth) {
    if (depth > kDepthMax) return fail(node, "the file is nested too deeply");
    switch (node.type()) {
      case toml::node_type::table:
        writer_.object();
        for (const auto& [name, value] : *node.as_table()) {
          writer_.key(name.str());
          write(value, name.str(), depth + 1);
        }
        writer_.end_object();
        return;
      case toml::node_type::array:
        writer_.array();
        for (const toml::node& value : *node.as_array()) write(value, key, depth + 1);
        writer_.end_array();
        return;
      case toml::node_type::string:
        writer_.value(node.as_string()->get());
        return;
      case toml::node_type::integer:
        writer_.value(node.as_integer()->get());
        return;
      case toml::node_type::boolean:
        writer_.value(node.as_boolean()->get());
        return;
      case toml::node_type::date:
        writer_.value(printed(node.as_date()->get()));
        return;
      case toml::node_type::time:
        writer_.value(printed(node.as_time()->get()));
        return;
      case toml::node_type::date_time:
        writer_.value(printed(node.as_date_time()->get()));
        return;
      case toml::node_type::floating_point:
        return fail(node, fmt::format("{} is a number with a fraction, which TOML does not keep "
                                      "exactly: put it in quotes",
                                      key));
      case toml::node_type::none:
        break;
    }
    writer_.null();
  }

  [[nodiscard]] const std::string& fault() const { return fault_; }

 private:
  void fail(const toml::node& node, const std::string& message) {
    writer_.null();
    if (fault_.empty()) fault_ = fmt::format("line {}: {}", node.source().begin.line, message);
  }

  json::Writer writer_;
  std::string fault_;
};

}  // namespace

Result<ImportNotes> import_own_toml(std::string_view text, PriceBookBuilder& into) {
  const toml::parse_result parsed = toml::parse(text);
  if (!parsed) {
    return fail(ErrorCode::invalid_input,
                fmt::format("line {}: {}", parsed.error().source().begin.line,
                            parsed.error().description()));
  }
  std::string json;
  JsonFromToml converted(json);
  converted.write(parsed.table(), "", 0);
  if (!converted.fault().empty()) return fail(ErrorCode::invalid_input, converted.fault());
  return import_own_json(json, into);
}

}  // namespace costops::pricing
