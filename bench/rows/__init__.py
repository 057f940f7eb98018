"""The rows of ./dev bench, by what they measure. Each function gives a list of rows (measure.row)."""
