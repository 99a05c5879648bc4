"""What somebody typed, read as plain values. Pure; what is wrong with it is for the asking form to say."""


def whole_number(typed: str, *, digits: int) -> int | None:
    """A number written with at most so many of the digits 0 to 9; None for anything else."""
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) <= digits else None


def page_number(typed: str) -> int:
    """Which page of a list an address asks for; the first when it names none that could be."""
    return max(1, whole_number(typed, digits=5) or 1)


def one_line(text: str) -> str:
    """A text on one line: whatever cannot be printed, and every run of blanks, becomes a blank."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
