"""What RQ's worker does."""


def add(a, b):
    return a + b


def fail():
    raise ValueError("on purpose")
