"""``python -m viewer`` is ``leadlight``."""

from viewer.cli import main

if __name__ == "__main__":
    main()
