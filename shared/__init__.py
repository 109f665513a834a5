"""Codeblue: contains a breach of health data and proves what was done."""
