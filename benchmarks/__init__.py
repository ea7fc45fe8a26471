"""One file a hot path; each prints ours, the rival's and the ratio: `python -m benchmarks.NAME`."""
