"""Temporary."""
def as_table(kind, body, now):
    return body
