"""Measurements: `./run bench core` (speed, memory, size) and `./run bench nlu` (understanding)."""
