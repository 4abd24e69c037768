# R's forecast package on the same M4 files, as a peer for forecast_m4: sMAPE, MASE, series/s.
# usage: Rscript bench/forecast_m4.R TRAIN TEST FREQUENCY HORIZON EVERY [method ...]
suppressMessages(library(forecast))
arguments <- commandArgs(TRUE)
number <- as.integer(arguments[3:5])
methods <- if (length(arguments) > 5) arguments[-(1:5)] else c("snaive", "thetaf", "ets")
train <- read.csv(arguments[1], row.names = 1)
test <- read.csv(arguments[2], row.names = 1)
chosen <- seq(1, nrow(train), by = number[3])
for (method in methods) {
  scores <- c(0, 0)
  begin <- proc.time()[["user.self"]]
  for (i in chosen) {
    y <- as.numeric(train[i, ])
    y <- ts(y[!is.na(y)], frequency = number[1])
    actual <- as.numeric(test[i, ])[seq_len(number[2])]
    path <- switch(method, ets = forecast(ets(y), number[2])$mean,
                   get(method)(y, number[2])$mean)
    error <- abs(actual - path)
    scale <- mean(abs(diff(as.numeric(y), lag = number[1])))
    scores <- scores + c(mean(200 * error / (abs(actual) + abs(path))), mean(error) / scale)
  }
  seconds <- proc.time()[["user.self"]] - begin
  cat(sprintf("R %-8s sMAPE %7.3f  MASE %6.3f  %8.2f series/s\n", method,
              scores[1] / length(chosen), scores[2] / length(chosen), length(chosen) / seconds))
}
