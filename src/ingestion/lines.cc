#include "costops/ingestion/lines.h"

#include <cstring>

#include "ingestion/emitter.h"
#include "ingestion/line_shapes.h"
#include "ingestion/occurrences.h"
#include "ingestion/usage_record_fields.h"

namespace costops::ingestion {
namespace {

/// A portion whose dictionaries hold more texts than this gets new ones.
constexpr std::size_t kTextsMax = 100'000;

class PortionSink final : public RecordSink {
 public:
  void begin(Portion& portion) { portion_ = &portion; }
  /// The text of the record that comes.
  void expect(std::string_view content) { content_ = content; }

  void record(const UsageRecord& record) override {
    // Only a record without a source's id is named after its content.
    if (record.source_id.empty()) {
      portion_->unnamed.push_back({portion_->records.size(), std::string(content_)});
    }
    portion_->records.append(record);
  }
  void rejected(Rejection rejection) override {
    portion_->rejections.push_back(std::move(rejection));
  }

 private:
  Portion* portion_ = nullptr;
  std::string_view content_;
};

std::string_view without_end(std::string_view line) {
  if (line.ends_with('\n')) line.remove_suffix(1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

}  // namespace

void Portion::clear() {
  std::size_t texts = 0;
  for (std::size_t d = 0; d < kDimensionCount; ++d) {
    texts += records.dictionary(static_cast<Dimension>(d)).size();
  }
  if (texts > kTextsMax) {
    records = UsageBatch();
  } else {
    records.clear();
  }
  rejections.clear();
  unnamed.clear();
  lines = compared = 0;
}

bool reads_in_stretches(Format format, std::string_view head) {
  return format == Format::usage_record && reads_by_line(head);
}

struct LinesReader::State {
  State(const ReadOptions& options, std::string file)
      : shapes(options, file), emitter(options, sink, std::move(file)) {}

  /// The line the long way.
  void parse(std::string_view line, std::uint64_t number, Portion& into) {
    if (line.find_first_not_of(" \t\r\n") == std::string_view::npos) return;
    sink.expect(line);
    const auto root = document.parse(line);
    if (!root) return emitter.reject(number, root.error().message, line);
    const std::size_t before = into.records.size();
    bool whole = false;
    const auto visit = [&](json::Value value, const Element& element) {
      whole = element.text.data() == line.data();
      sink.expect(element.text);
      read_usage_record(value, element, emitter);
    };
    visit_values(*root, {line, number}, kUsageRecordContainers, emitter, visit);
    const bool named = into.unnamed.empty() || into.unnamed.back().row < before;
    if (whole && named && into.records.size() == before + 1) shapes.learn(line);
  }

  PortionSink sink;
  LineShapes shapes;
  Emitter emitter;
  json::Document document;
};

LinesReader::LinesReader(const ReadOptions& options, std::string file)
    : state_(std::make_unique<State>(options, std::move(file))) {}
LinesReader::~LinesReader() = default;

void LinesReader::read(std::string_view lines, std::uint64_t first_line, Portion& into) {
  State& state = *state_;
  state.sink.begin(into);
  const char* at = lines.data();
  const char* const end = at + lines.size();
  for (std::uint64_t number = first_line; at < end; ++number) {
    ++into.lines;
    if (const char* const next = state.shapes.read(at, end, number, into.records)) {
      ++into.compared;
      at = next;
      continue;
    }
    const void* const newline = std::memchr(at, '\n', static_cast<std::size_t>(end - at));
    const char* const next = newline == nullptr ? end : static_cast<const char*>(newline) + 1;
    const std::string_view line(at, static_cast<std::size_t>(next - at));
    state.parse(without_end(line), number, into);
    at = next;
  }
}

struct ContentNames::State {
  Occurrences occurrences;
};

ContentNames::ContentNames() : state_(std::make_unique<State>()) {}
ContentNames::~ContentNames() = default;

void ContentNames::name(Portion& portion) {
  for (const Portion::Unnamed& unnamed : portion.unnamed) {
    const RecordId first = content_id(unnamed.content, 0);
    const std::uint64_t occurrence = state_->occurrences.next(first.low);
    portion.records.ids[unnamed.row] =
        occurrence == 0 ? first : content_id(unnamed.content, occurrence);
  }
}

}  // namespace costops::ingestion
