"""Where the program's own files are, the same in a checkout, an installed wheel and a frozen program."""

import sys
from functools import cache
from pathlib import Path

import platformdirs


@cache
def resources_dir() -> Path:
    """Return the folder that holds ``models/``, ``samples/``, ``icons/`` and ``licences/``."""
    package = Path(__file__).resolve().parent
    frozen = Path(getattr(sys, "_MEIPASS", package))
    for folder in (frozen / "resources", package / "resources", package.parent / "resources"):
        if (folder / "models").is_dir():
            return folder
    raise FileNotFoundError(f"the program's resources are missing beside {package}; install it again")


def sample_files() -> list[Path]:
    """Return the bundled samples, in order of name."""
    return sorted(p for p in (resources_dir() / "samples").iterdir() if p.suffix not in (".md", ".txt"))


def user_models_dir() -> Path:
    """Return the folder for models a person has installed (it may not exist yet)."""
    return Path(platformdirs.user_data_dir("leadlight", appauthor=False)) / "models"
