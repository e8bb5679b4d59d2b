"""The training programs, one for each network, and what they share."""
