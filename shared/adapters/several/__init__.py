"""Ports over several clouds: whatever is asked about goes to the cloud that it is of."""
