// anomaly_nab.cc - anomaly detection on a folder in the format of the Numenta Anomaly Benchmark.
//
//   anomaly_nab FOLDER      FOLDER has combined_windows.json and */NAME.csv (timestamp,value)
//
// Scores a streaming detector with NAB's standard profile, by a scorer written from its
// definition: Lavin and Ahmad, "Evaluating Real-time Anomaly Detection Algorithms", ICMLA 2015.
// The first 15 % of a file (at most 750 rows) are not scored; the first detection in a window
// counts by how early it is, each one outside costs; one threshold serves all files.
// NAB_FILES=1 prints the score of each file.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "costops/domain/time.h"
#include "costops/json/json.h"
#include "nab_detector.h"
#include "nab_published.h"

namespace costops::nab {
namespace {

constexpr double kFalsePositive = 0.11;

struct Window {
  std::size_t first = 0, last = 0;  // [first, last]
};
struct File {
  std::string name;
  std::vector<std::string> times;
  std::vector<double> values;
  std::vector<std::size_t> slots;  ///< The half hour of the week of each row.
  std::vector<Window> windows;
  std::size_t probation = 0;
};

double sigmoid(double position) {
  return position > 3.0 ? -1.0 : 2.0 / (1.0 + std::exp(5.0 * position)) - 1.0;
}

/// What a detection at `row` is worth, and in which window it lies (SIZE_MAX: in none).
struct Worth {
  double score = 0.0;
  std::size_t window = SIZE_MAX;
};

Worth worth_of(const File& file, std::size_t row) {
  const Window* before = nullptr;
  for (std::size_t w = 0; w < file.windows.size(); ++w) {
    const Window& window = file.windows[w];
    const auto width = static_cast<double>(window.last - window.first + 1);
    if (row >= window.first && row <= window.last) {
      const double position = -static_cast<double>(window.last - row + 1) / width;
      return {sigmoid(position) / sigmoid(-1.0), w};
    }
    if (window.last < row) before = &window;
  }
  if (before == nullptr) return {-kFalsePositive, SIZE_MAX};
  const auto past = static_cast<double>(row - before->last);
  const auto width = static_cast<double>(before->last - before->first);
  return {kFalsePositive * sigmoid(past / width), SIZE_MAX};
}

/// The standard profile's score of one file for the rows that a detector alarms.
double score_of(const File& file, const std::vector<std::size_t>& alarms) {
  std::vector<double> best;
  for (const Window& w : file.windows) best.push_back(w.last < file.probation ? 0.0 : -1.0);
  double score = 0.0;
  for (const std::size_t row : alarms) {
    if (row < file.probation) continue;
    const Worth worth = worth_of(file, row);
    if (worth.window == SIZE_MAX) {
      score += worth.score;
    } else {
      best[worth.window] = std::max(best[worth.window], worth.score);
    }
  }
  for (const double each : best) score += each;
  return score;
}

/// Of "2014-02-14 14:30:00"; 0 for anything else.
std::size_t slot_of(const std::string& time) {
  std::string rfc3339 = time + "Z";
  if (rfc3339.size() > 10) rfc3339[10] = 'T';
  const auto at = parse_instant(rfc3339);
  if (!at) return 0;
  const auto slots = std::chrono::floor<std::chrono::minutes>(at->time_since_epoch()).count() / 30;
  constexpr auto kSlots = static_cast<std::int64_t>(NabDetector::kSlots);
  return static_cast<std::size_t>((slots % kSlots + kSlots) % kSlots);
}

std::vector<File> files_in(const std::filesystem::path& folder) {
  std::ifstream labels(folder / "combined_windows.json");
  std::stringstream text;
  text << labels.rdbuf();
  json::Document document;
  const auto root = document.parse_copy(text.str());
  std::vector<File> files;
  if (!root) return files;
  for (json::Value each = root->first(); each.exists(); each = each.next()) {
    std::ifstream csv(folder / std::string(each.name()));
    if (!csv) continue;
    File file;
    file.name = each.name();
    std::string line;
    std::getline(csv, line);
    while (std::getline(csv, line)) {
      const std::size_t comma = line.find(',');
      file.times.push_back(line.substr(0, comma));
      file.slots.push_back(slot_of(file.times.back()));
      double value = 0.0;
      std::from_chars(line.data() + comma + 1, line.data() + line.size(), value);
      file.values.push_back(value);
    }
    for (json::Value w = each.first(); w.exists(); w = w.next()) {
      const auto row_of = [&](json::Value at) {
        const std::string time(at.string()->substr(0, 19));
        return static_cast<std::size_t>(std::find(file.times.begin(), file.times.end(), time) -
                                        file.times.begin());
      };
      file.windows.push_back({row_of(w.first()), row_of(w.first().next())});
    }
    file.probation = std::min<std::size_t>(file.values.size() * 15 / 100, 750);
    files.push_back(std::move(file));
  }
  return files;
}

/// The scorer and the reading of files against a published detector's published scores.
bool is_proven(const std::vector<File>& files) {
  std::size_t proven = 0;
  for (const File& file : files) {
    for (const PublishedScore& published : kWindowedGaussian) {
      if (published.file != file.name) continue;
      const double score = score_of(file, windowed_gaussian(file.values));
      if (std::abs(score - published.score) > 1e-10) {
        fmt::print("scorer: {} gives {:.12f}, published {:.12f}\n", file.name, score,
                   published.score);
        return false;
      }
      ++proven;
    }
  }
  fmt::print("scorer: gives the published score of windowedGaussian on {} of {} files\n", proven,
             files.size());
  return true;
}

/// Per file, the rows' scores; thresholds are compared with these.
using Scores = std::vector<std::vector<double>>;

std::vector<std::size_t> alarms_of(const std::vector<double>& scores, double threshold) {
  std::vector<std::size_t> alarms;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    if (scores[i] >= threshold) alarms.push_back(i);
  }
  return alarms;
}

std::vector<double> detect(const File& file) {
  NabDetector detector;
  std::vector<double> scores;
  scores.reserve(file.values.size());
  for (std::size_t i = 0; i < file.values.size(); ++i) {
    scores.push_back(detector.score(file.values[i], file.slots[i]));
  }
  return scores;
}

std::string folder_of(const File& file) { return file.name.substr(0, file.name.find('/')); }

/// What each threshold scores on each file.
class Sweep {
 public:
  Sweep(const std::vector<File>& files, const Scores& scores) : files_(files) {
    for (double t = 0.5; t < 60.0; t *= 1.02) {
      std::vector<double> row;
      for (std::size_t f = 0; f < files.size(); ++f) {
        row.push_back(score_of(files[f], alarms_of(scores[f], t)));
      }
      thresholds_.push_back(t);
      rows_.push_back(std::move(row));
    }
  }

  /// The best on all files that are not in the folder ("": on all).
  [[nodiscard]] std::size_t best_without(const std::string& folder) const {
    double best = -1e9;
    std::size_t which = 0;
    for (std::size_t t = 0; t < rows_.size(); ++t) {
      double total = 0.0;
      for (std::size_t f = 0; f < files_.size(); ++f) {
        if (folder_of(files_[f]) != folder) total += rows_[t][f];
      }
      if (total <= best) continue;
      best = total;
      which = t;
    }
    return which;
  }

  [[nodiscard]] double threshold(std::size_t t) const { return thresholds_[t]; }
  [[nodiscard]] double score(std::size_t t, std::size_t file) const { return rows_[t][file]; }

 private:
  const std::vector<File>& files_;
  std::vector<double> thresholds_;
  std::vector<std::vector<double>> rows_;
};

int run(const std::filesystem::path& folder) {
  const std::vector<File> files = files_in(folder);
  if (files.empty()) {
    fmt::print(stderr, "anomaly_nab: no combined_windows.json with its files in {}\n",
               folder.string());
    return 1;
  }
  if (!is_proven(files)) return 1;
  Scores scores;
  std::size_t points = 0, windows = 0;
  const std::clock_t start = std::clock();
  for (const File& file : files) scores.push_back(detect(file));
  const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  for (const File& file : files) {
    points += file.values.size();
    windows += file.windows.size();
  }
  const Sweep sweep(files, scores);
  const std::size_t best = sweep.best_without("");
  double fitted = 0.0, held_out = 0.0;
  for (std::size_t f = 0; f < files.size(); ++f) {
    fitted += sweep.score(best, f);
    held_out += sweep.score(sweep.best_without(folder_of(files[f])), f);
  }
  const auto n = static_cast<double>(windows);
  const auto of_100 = [&](double score) { return 100.0 * (score + n) / (2.0 * n); };
  fmt::print(
      "{} files, {} windows, standard profile {:.1f} at threshold {:.2f}; {:.1f} with each "
      "folder at the threshold of the others; {:.1f} M points/s\n",
      files.size(), windows, of_100(fitted), sweep.threshold(best), of_100(held_out),
      static_cast<double>(points) / seconds / 1e6);
  if (std::getenv("NAB_FILES") == nullptr) return 0;
  for (std::size_t f = 0; f < files.size(); ++f) {
    fmt::print("{:60} {:6.2f} of {}\n", files[f].name, sweep.score(best, f),
               files[f].windows.size());
  }
  return 0;
}

}  // namespace
}  // namespace costops::nab

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr, "usage: anomaly_nab FOLDER\n");
    return 2;
  }
  return costops::nab::run(argv[1]);
}
