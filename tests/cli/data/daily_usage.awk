# 120 days of usage from 2026-03-02, ten calls a weekday, four a weekend day for each of two models: a
# spike on day 80 (2026-05-21), and small calls twice as large from day 100 (2026-06-10) on.
BEGIN {
  for (d = 0; d < 120; d++) {
    calls = d % 7 >= 5 ? 4 : 10
    size = d == 80 ? 3 : 1 + 0.1 * sin(d * 1.7)
    for (k = 0; k < calls; k++) for (m = 0; m < 2; m++) {
      input = int(100000 * size * (m == 0 && d >= 100 ? 2 : 1) * (1 + 0.2 * sin(d * 3 + k)))
      printf "{\"id\":\"r%d-%d-%d\",\"timestamp\":\"%s\",\"provider\":\"%s\",", d, k, m, \
             strftime("%Y-%m-%dT%H:%M:%SZ", 1772409600 + d * 86400 + k * 3600 + 3600, 1), m == 0 ? "acme" : "globex"
      printf "\"model\":{\"name\":\"%s\"},\"organization_id\":\"initech\",", \
             m == 0 ? "small" : "grand"
      printf "\"project_id\":\"%s\",\"prompt_tokens\":%d,\"completion_tokens\":%d,", \
             k % 2 ? "search" : "web", input, int(input / 5)
      printf "\"total_tokens\":%d}\n", input + int(input / 5)
    }
  }
}
