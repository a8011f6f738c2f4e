"""What the Python programs share: say what is checked, end at the first difference."""

import sys

PORT = int(sys.argv[1])
URL = f"redis://127.0.0.1:{PORT}/0"


def brief(value):
    """A value on one line that a person reads."""
    text = repr(value)
    return text if len(text) < 500 else f"{text[:500]}… ({len(text)} characters)"


def same(what, found, wanted):
    """Compares; the first difference ends the program."""
    if found != wanted:
        print(f"DIFFERENT {what}: {brief(found)}, not {brief(wanted)}")
        sys.exit(1)
    print(f"ok {what}")


def fails(what, kind, words, work):
    """Checks that `work` raises an error of this kind whose text holds `words`."""
    try:
        found = work()
    except kind as error:
        same(what, words in str(error) or str(error), True)
        return
    print(f"DIFFERENT {what}: {brief(found)}, not an error")
    sys.exit(1)
