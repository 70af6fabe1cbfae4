# SPDX-License-Identifier: MIT
# Writes the files beside it: data sets that R and its packages ship, and what R finds in them. Run in this folder with `Rscript make.R`; made with
# R 4.2.2 and pROC 1.18.0 (Debian's r-base-core and r-cran-proc). No test needs R.
suppressMessages(library(pROC))

digits <- function(values) vapply(values, format, "", digits = 17)
rounded <- function(model, data, places) round(predict(model, data, type = "response"), places)
save <- function(name, label, ...) {
  write.csv(data.frame(id = seq_along(label), label = label, ...), paste0(name, ".csv"), row.names = FALSE, quote = FALSE)
}
found <- list()
note <- function(set, metric, baseline, candidate, values) {
  fields <- c(sprintf('"%s": "%s"', c("set", "metric", "baseline", "candidate"), c(set, metric, baseline, candidate)),
    sprintf('"%s": %s', names(values), digits(values)))
  found[[length(found) + 1]] <<- paste0("  { ", paste(fields, collapse = ", "), " }")
}
delong <- function(set, label, data, baseline, candidate) {
  curve <- function(column) roc(label, data[[column]], levels = 0:1, direction = "<")
  before <- curve(baseline)
  after <- curve(candidate)
  test <- roc.test(after, before, method = "delong", paired = TRUE)
  error <- sqrt(var(before) + var(after) - 2 * cov(before, after))
  note(set, "roc_auc", baseline, candidate, c(baselineValue = as.numeric(auc(before)), candidateValue = as.numeric(auc(after)),
    standardError = error, statistic = unname(test$statistic), p = test$p.value))
}

# Patients after a haemorrhage: three markers of a poor outcome.
data(aSAH)
hemorrhage <- data.frame(s100b = aSAH$s100b, ndka = aSAH$ndka, wfns = as.integer(aSAH$wfns))
poor <- as.integer(aSAH$outcome == "Poor")
save("aSAH", poor, hemorrhage)
for (pair in list(c("ndka", "s100b"), c("ndka", "wfns"), c("s100b", "wfns"))) delong("aSAH", poor, hemorrhage, pair[1], pair[2])

# Diabetes among Pima women: two logistic regressions, on one variable and on all.
train <- MASS::Pima.tr
test <- MASS::Pima.te
diabetic <- as.integer(test$type == "Yes")
pima <- data.frame(mass = rounded(glm(type ~ bmi, binomial, train), test, 6), all = rounded(glm(type ~ ., binomial, train), test, 6))
save("pima", diabetic, pima)
delong("pima", diabetic, pima, "mass", "all")
right <- lapply(pima, function(p) (p >= 0.5) == diabetic)
gained <- sum(right$all & !right$mass)
lost <- sum(right$mass & !right$all)
note("pima", "accuracy", "mass", "all", c(baselineValue = mean(right$mass), candidateValue = mean(right$all),
  gainedAtLeast = binom.test(gained, gained + lost)$conf.int[1], disagreements = gained + lost))

# Stations that noticed an earthquake off Fiji: two linear regressions.
fiji <- data.frame(magnitude = rounded(lm(stations ~ mag, quakes), quakes, 3),
  place = rounded(lm(stations ~ mag + depth + lat + long, quakes), quakes, 3))
save("quakes", quakes$stations, fiji)
losses <- list(mae = abs, mse = function(e) e^2)
for (metric in names(losses)) {
  loss <- lapply(fiji, function(p) losses[[metric]](p - quakes$stations))
  paired <- t.test(loss$magnitude, loss$place, paired = TRUE)
  note("quakes", metric, "magnitude", "place", c(baselineValue = mean(loss$magnitude), candidateValue = mean(loss$place),
    standardError = paired$stderr, statistic = unname(paired$statistic), p = paired$p.value))
}
writeLines(c("[", paste(unlist(found), collapse = ",\n"), "]"), "expected.json")
