"""What a person asked to be trained, and the recipe that says how."""

import json
import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from viewer import __version__
from viewer.errors import LeadlightError

RECIPES = Path(__file__).parent / "recipes"


@dataclass(frozen=True)
class Job:
    """A training: its recipe, the person's data, the folder it fills, where and from which weights it starts.

    ``device`` is torch's name of it; ``jobs`` is how many processes may draw pictures.
    """

    recipe: dict[str, Any]
    data: Path
    out: Path
    device: str = "cpu"
    weights: Path | None = None
    jobs: int = 1

    @property
    def bundle(self) -> Path:
        """The folder that the bundle is written into."""
        return self.out / "bundle" / self.recipe["id"]


def load_recipe(name: str) -> dict[str, Any]:
    """Return a shipped recipe by its name, or the one in a file; its trainer is that of its id where it names none.

    Raises LeadlightError with the names there are.
    """
    path = RECIPES / f"{name}.toml"
    if not path.is_file():
        path = Path(name)
    try:
        recipe = tomllib.loads(path.read_text("utf-8"))
    except (FileNotFoundError, IsADirectoryError) as error:
        known = ", ".join(sorted(p.stem for p in RECIPES.glob("*.toml")))
        raise LeadlightError("not-found", f"There is no recipe {name!r}", f"give one of {known}, or a file") from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise LeadlightError(
            "damaged", f"The recipe {path.name} cannot be read ({error})", "mend it, or copy a shipped one", path
        ) from error
    if not isinstance(recipe.get("id"), str):
        raise LeadlightError(
            "damaged", f"The recipe {path.name} has no 'id'", "copy a shipped recipe and change that", path
        )
    return {"trainer": recipe["id"]} | recipe


def begin(recipe: dict[str, Any], out: Path, resume: bool) -> None:
    """Note in ``out/run.json`` what is trained there.

    Raises LeadlightError where a run is there already and is not to be gone on with, or was one of another recipe.
    """
    note = out / "run.json"
    held = note.exists() or any(out.rglob("checkpoint.pt"))
    if held and not resume:
        raise LeadlightError(
            "output", f"{out} already holds a training run", "go on with it by --resume, or give another folder", out
        )
    if note.exists():
        if json.loads(note.read_text("utf-8"))["recipe"] != _plain(recipe):
            raise LeadlightError(
                "output",
                f"The run in {out} was begun with another recipe",
                "go on with that one, or give another folder",
                out,
            )
        return
    try:
        out.mkdir(parents=True, exist_ok=True)
        begun = {"recipe": recipe, "leadlight": __version__, "begun": datetime.now(UTC).isoformat(timespec="seconds")}
        note.write_text(json.dumps(begun, indent=1, default=str), "utf-8")
    except OSError as error:
        raise LeadlightError(
            "output", f"{out} cannot be written ({error.strerror})", "give another folder", out
        ) from error


def _plain(recipe: dict[str, Any]) -> dict[str, Any]:
    return json.loads(json.dumps(recipe, default=str))
