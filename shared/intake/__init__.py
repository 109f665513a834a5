"""Raw events become signals, or a typed refusal."""
