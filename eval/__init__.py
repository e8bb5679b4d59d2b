"""The programs that color, look at results, measure, and export."""
