"""One try of the claims, here: plugin, check, report, environment, deviations."""
