"""Measurements: `./run bench core` (speed, memory, size), `nlu` (understanding), `gateway` (what the way over it costs)."""
