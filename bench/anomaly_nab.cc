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

#include "costops/json/json.h"
#include "nab_detector.h"

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

/// The scorer against file scores that the benchmark publishes for twitterADVec (its results
/// folder, twitterADVec_standard_scores.csv). Published are scores and counts, not rows: the row of
/// the one detection was solved from its score, and the two false ones may stand anywhere before a
/// window.
bool is_proven(const std::vector<File>& files) {
  bool fine = true;
  const auto expect = [&](std::string_view name, const std::vector<std::size_t>& alarms,
                          double published) {
    for (const File& file : files) {
      if (!file.name.ends_with(name)) continue;
      const double score = score_of(file, alarms);
      if (std::abs(score - published) < 1e-10) continue;
      fmt::print("scorer: {} gives {:.12f}, published {:.12f}\n", name, score, published);
      fine = false;
    }
  };
  expect("ec2_cpu_utilization_5f5533.csv", {2970}, -0.35099824357);
  expect("iio_us-east-1_i-a2eb1cd9_NetworkIn.csv", {}, -2.0);
  expect("ambient_temperature_system_failure.csv", {}, -2.0);
  expect("nyc_taxi.csv", {}, -5.0);
  expect("rogue_agent_key_hold.csv", {283, 284}, -2.22);
  return fine;
}

int run(const std::filesystem::path& folder) {
  const std::vector<File> files = files_in(folder);
  if (files.empty()) {
    fmt::print(stderr, "anomaly_nab: no combined_windows.json with its files in {}\n",
               folder.string());
    return 1;
  }
  if (!is_proven(files)) return 1;
  std::vector<std::vector<double>> scores;
  std::size_t points = 0, windows = 0;
  const std::clock_t start = std::clock();
  for (const File& file : files) {
    NabDetector detector;
    std::vector<double> all;
    all.reserve(file.values.size());
    for (const double value : file.values) all.push_back(detector.score(value));
    points += all.size();
    windows += file.windows.size();
    scores.push_back(std::move(all));
  }
  const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  double best = -1e9, threshold = 0.0;
  for (double t = 1.0; t < 60.0; t *= 1.02) {
    double total = 0.0;
    for (std::size_t f = 0; f < files.size(); ++f) {
      std::vector<std::size_t> alarms;
      for (std::size_t i = 0; i < scores[f].size(); ++i) {
        if (scores[f][i] >= t) alarms.push_back(i);
      }
      total += score_of(files[f], alarms);
    }
    if (total > best) {
      best = total;
      threshold = t;
    }
  }
  const auto n = static_cast<double>(windows);
  fmt::print(
      "{} files, {} windows, standard profile {:.1f} at threshold {:.2f}; {:.1f} M points/s\n",
      files.size(), windows, 100.0 * (best + n) / (2.0 * n), threshold,
      static_cast<double>(points) / seconds / 1e6);
  if (std::getenv("NAB_FILES") == nullptr) return 0;
  for (std::size_t f = 0; f < files.size(); ++f) {
    std::vector<std::size_t> alarms;
    for (std::size_t i = 0; i < scores[f].size(); ++i) {
      if (scores[f][i] >= threshold) alarms.push_back(i);
    }
    fmt::print("{:60} {:6.2f} of {} with {} alarms\n", files[f].name, score_of(files[f], alarms),
               files[f].windows.size(), alarms.size());
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
