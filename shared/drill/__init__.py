"""A rehearsed breach: an imaginary hospital, a thief in it, and the response as it would be on a real night."""
