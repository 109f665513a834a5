"""Paging people by a call list, over whatever each level of it is reached by."""
