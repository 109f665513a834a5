"""The whole system as it is deployed, running in an emulator: an event on the bus, and nothing else."""
