"""One engine plans, applies, reads back and undoes every change."""
