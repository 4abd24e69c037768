// nab_published.h - a published detector with its published scores: the proof of a NAB scorer.
#pragma once

#include <array>
#include <cmath>
#include <string_view>
#include <vector>

namespace costops::nab {

struct PublishedScore {
  std::string_view file;
  double score;
};
/// windowedGaussian, standard profile, per file; the sum -24.0131 is the published 39.65 of 100.
/// Source: github.com/numenta/NAB, results/windowedGaussian/windowedGaussian_standard_scores.csv,
/// commit de8e91a.
inline constexpr std::array<PublishedScore, 58> kWindowedGaussian = {{
    {"artificialNoAnomaly/art_daily_no_noise.csv", 0.0},
    {"artificialNoAnomaly/art_daily_perfect_square_wave.csv", 0.0},
    {"artificialNoAnomaly/art_daily_small_noise.csv", 0.0},
    {"artificialNoAnomaly/art_flatline.csv", 0.0},
    {"artificialNoAnomaly/art_noisy.csv", 0.0},
    {"artificialWithAnomaly/art_daily_flatmiddle.csv", -1.0},
    {"artificialWithAnomaly/art_daily_jumpsdown.csv", -1.0},
    {"artificialWithAnomaly/art_daily_jumpsup.csv", -1.0},
    {"artificialWithAnomaly/art_daily_nojump.csv", -1.0},
    {"artificialWithAnomaly/art_increase_spike_density.csv", -1.0},
    {"artificialWithAnomaly/art_load_balancer_spikes.csv", -0.692444609523},
    {"realAWSCloudwatch/ec2_cpu_utilization_24ae8d.csv", -1.26667875935},
    {"realAWSCloudwatch/ec2_cpu_utilization_53ea38.csv", -0.141423196117},
    {"realAWSCloudwatch/ec2_cpu_utilization_5f5533.csv", -2.0},
    {"realAWSCloudwatch/ec2_cpu_utilization_77c1ca.csv", -1.0},
    {"realAWSCloudwatch/ec2_cpu_utilization_825cc2.csv", 0.956537840284},
    {"realAWSCloudwatch/ec2_cpu_utilization_ac20cd.csv", 0.86067182427},
    {"realAWSCloudwatch/ec2_cpu_utilization_c6585a.csv", -1.32},
    {"realAWSCloudwatch/ec2_cpu_utilization_fe7f93.csv", 0.638757791772},
    {"realAWSCloudwatch/ec2_disk_write_bytes_1ef3de.csv", -4.19089678552},
    {"realAWSCloudwatch/ec2_disk_write_bytes_c0d644.csv", -1.09599853032},
    {"realAWSCloudwatch/ec2_network_in_257a54.csv", 0.86067182427},
    {"realAWSCloudwatch/ec2_network_in_5abac7.csv", -3.52193223519},
    {"realAWSCloudwatch/elb_request_count_8c0756.csv", -0.138449197924},
    {"realAWSCloudwatch/grok_asg_anomaly.csv", 2.37942230674},
    {"realAWSCloudwatch/iio_us-east-1_i-a2eb1cd9_NetworkIn.csv", -2.0},
    {"realAWSCloudwatch/rds_cpu_utilization_cc0c53.csv", -0.138449197924},
    {"realAWSCloudwatch/rds_cpu_utilization_e47b3b.csv", -0.138449197924},
    {"realAdExchange/exchange-2_cpc_results.csv", -1.0},
    {"realAdExchange/exchange-2_cpm_results.csv", -2.0},
    {"realAdExchange/exchange-3_cpc_results.csv", 2.50266326119},
    {"realAdExchange/exchange-3_cpm_results.csv", 0.862098587352},
    {"realAdExchange/exchange-4_cpc_results.csv", 0.292288463428},
    {"realAdExchange/exchange-4_cpm_results.csv", 1.27471036268},
    {"realKnownCause/ambient_temperature_system_failure.csv", -2.0},
    {"realKnownCause/cpu_utilization_asg_misconfiguration.csv", -1.11},
    {"realKnownCause/ec2_request_latency_system_failure.csv", 2.02150685678},
    {"realKnownCause/machine_temperature_system_failure.csv", -4.0},
    {"realKnownCause/nyc_taxi.csv", -5.0},
    {"realKnownCause/rogue_agent_key_hold.csv", -2.44},
    {"realKnownCause/rogue_agent_key_updown.csv", -1.3964908955},
    {"realTraffic/TravelTime_387.csv", -1.79598133079},
    {"realTraffic/TravelTime_451.csv", -1.0},
    {"realTraffic/occupancy_6005.csv", -1.0},
    {"realTraffic/occupancy_t4013.csv", 1.72522152023},
    {"realTraffic/speed_6005.csv", 0.832538201468},
    {"realTraffic/speed_7578.csv", 3.47059145681},
    {"realTraffic/speed_t4013.csv", 1.76631783122},
    {"realTweets/Twitter_volume_AAPL.csv", 1.51399683626},
    {"realTweets/Twitter_volume_AMZN.csv", 1.55848299457},
    {"realTweets/Twitter_volume_CRM.csv", 0.763845764094},
    {"realTweets/Twitter_volume_CVS.csv", 0.773682061394},
    {"realTweets/Twitter_volume_FB.csv", 0.119750278191},
    {"realTweets/Twitter_volume_GOOG.csv", -0.146777355167},
    {"realTweets/Twitter_volume_IBM.csv", -0.799109479229},
    {"realTweets/Twitter_volume_KO.csv", -0.914196106944},
    {"realTweets/Twitter_volume_PFE.csv", 0.26557999349},
    {"realTweets/Twitter_volume_UPS.csv", -2.2051646682},
}};

/// The rows that windowedGaussian alarms: those whose tail probability under the normal
/// distribution of the 6400 values before, renewed every 100, is so small that 1 minus it was
/// written as 1.0, with 12 digits, into the published results.
inline std::vector<std::size_t> windowed_gaussian(const std::vector<double>& values) {
  constexpr std::size_t kWindow = 6400, kStep = 100;
  std::vector<std::size_t> alarms;
  std::size_t from = 0, to = 0;  // the window, [from, to)
  long double sum = 0.0L, squares = 0.0L;
  double mean = 0.0, deviation = 1.0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double tail = 0.5 * std::erfc(std::abs(values[i] - mean) / deviation / 1.4142);
    if (i > 0 && tail < 5e-13) alarms.push_back(i);
    if (i >= kWindow && (i + 1 - kWindow) % kStep != 0) continue;
    for (; to <= i; ++to) {
      const long double x = static_cast<long double>(values[to]) - values[0];
      sum += x;
      squares += x * x;
    }
    for (; to - from > kWindow; ++from) {
      const long double x = static_cast<long double>(values[from]) - values[0];
      sum -= x;
      squares -= x * x;
    }
    const auto n = static_cast<long double>(to - from);
    mean = static_cast<double>(values[0] + sum / n);
    deviation = std::sqrt(static_cast<double>(squares / n - sum / n * sum / n));
    if (!(deviation > 0.0)) deviation = 1e-6;
  }
  return alarms;
}

}  // namespace costops::nab
