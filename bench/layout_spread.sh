#!/bin/sh
# How much code layout alone moves a small kernel: the same source, built with 8 different paddings
# before it, with and without the alignment flags of our builds. Times are medians of many
# interleaved rounds, so that the machine's load meets all builds alike. (The least time is of no
# use: a core whose twin happens to idle is 17 % faster, which few rounds see on a busy machine.)
#
# usage: bench/layout_spread.sh [ROUNDS]
set -eu
rounds=${1:-40}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
trap 'exit 130' INT TERM
compiler=${CXX:-g++}
aligned="-falign-functions=64 -falign-loops=64 -falign-jumps=32"

cat >"$folder/kernel.cc" <<'KERNEL'
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <vector>

__asm__(".pushsection .text\n.skip " PADDING ", 0x90\n.popsection");

// A hash table with open addressing: a tight loop with branches, which layout moves most.
__attribute__((noinline)) std::uint64_t count(const std::vector<std::uint64_t>& keys,
                                              std::vector<std::uint64_t>& table) {
  const std::uint64_t mask = table.size() - 1;
  std::uint64_t found = 0;
  for (const std::uint64_t key : keys) {
    std::uint64_t at = (key * 0x9e3779b97f4a7c15u) & mask;
    while (table[at] != 0 && table[at] != key) at = (at + 1) & mask;
    if (table[at] == key) {
      ++found;
    } else {
      table[at] = key;
    }
  }
  return found;
}

int main() {
  std::vector<std::uint64_t> keys;
  std::uint64_t state = 88172645463325252u;
  for (int i = 0; i < 4096; ++i) {
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    keys.push_back(state % 3000 + 1);
  }
  std::vector<std::uint64_t> table(8192);
  count(keys, table);  // From here on every key is found.
  std::vector<double> times;
  std::uint64_t sum = 0;
  for (int block = 0; block < 21; ++block) {
    timespec from{}, to{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
    for (int i = 0; i < 50; ++i) sum += count(keys, table);
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
    const double ns = (to.tv_sec - from.tv_sec) * 1e9 + (to.tv_nsec - from.tv_nsec);
    times.push_back(ns / 50 / 4096);
  }
  if (sum != 1050u * 4096u) return 1;
  std::sort(times.begin(), times.end());
  std::printf("%.5f\n", times[10]);
}
KERNEL

for kind in plain aligned; do
  flags=
  [ "$kind" = plain ] || flags=$aligned
  for padding in 64 16 21 32 37 48 53 7; do
    # shellcheck disable=SC2086  # a list of flags
    "$compiler" -O3 -std=c++20 $flags "-DPADDING=\"$padding\"" "$folder/kernel.cc" \
      -o "$folder/$kind.$padding"
  done
done

round=0
while [ "$round" -lt "$rounds" ]; do
  for program in "$folder"/*.[0-9] "$folder"/*.[0-9][0-9]; do
    "$program" >>"$program.times" || { echo "layout_spread: wrong count" >&2; exit 1; }
  done
  round=$((round + 1))
done

for kind in plain aligned; do
  for padding in 64 16 21 32 37 48 53 7; do
    sort -n "$folder/$kind.$padding.times" |
      awk '{ time[NR] = $1 } END { print time[int((NR + 1) / 2)] }'
  done | sort -n | awk -v kind="$kind" '
    { value[NR] = $1 }
    END { printf "%-8s %d builds: %.4f to %.4f ns a key, spread %.2f %%\n", kind, NR, value[1],
                 value[NR], (value[NR] / value[1] - 1) * 100 }'
done
