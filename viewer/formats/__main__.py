"""``python -m viewer.formats`` prints the README's table of formats."""

from viewer.formats.registry import table

if __name__ == "__main__":
    print(table(), end="")
