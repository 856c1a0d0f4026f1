"""The front desk: who gets in, and what staff do with tickets. docs/desk.md explains it."""
