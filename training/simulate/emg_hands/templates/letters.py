"""Words on screens: fonts of several kinds, and neutral words (none gives the finding away)."""

from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import ImageDraw, ImageFont

from training.simulate.emg_hands.templates.look import Colour

FONTS = Path(__file__).parents[4] / "resources" / "fonts"
Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

MUSCLES = (
    "L Tibialis anterior", "R Biceps brachii", "R First dorsal int.", "L Vastus lat.", "R Deltoid", "L APB", "R EDC",
    "Gastrocnemius", "L Iliopsoas", "R Triceps", "Abd. dig. min.", "Flex. carpi rad.", "Glut. med. L", "M. trapezius",
)  # fmt: skip
MENU = ("File", "Edit", "View", "Test", "Patient", "Tools", "Markers", "Report", "Options", "Window", "Help", "Setup")
BUTTONS = (
    "Run", "Stop", "Freeze", "Store", "Next Muscle", "Erase", "Raster", "Trigger", "Sound", "Gain +", "Gain -", "MUP",
    "Site +", "Replay", "Free Run", "Analyze", "Print", "Sweep", "Filters", "Cursor", "Clear", "Speaker", "Back",
)  # fmt: skip
TITLES = ("EMG", "Needle EMG", "Spontaneous Activity", "EMG - Free Run", "Electromyography", "Rest", "EMG1", "Live EMG")
COLUMNS = ("Amp", "Dur", "Phases", "Turns", "Rise", "Area", "Freq", "Rate", "Fib", "PSW", "Fasc", "IA", "Recruit", "#")


@lru_cache(maxsize=64)
def font(kind: int, size: int) -> Font:
    """0, 1: DejaVu regular and bold; 2: Pillow's own outline font; 3: its bitmap font (one size)."""
    if kind < 2:
        return ImageFont.truetype(FONTS / ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf")[kind], size)
    return ImageFont.load_default(size) if kind == 2 else ImageFont.load_default_imagefont()


def some(rng: np.random.Generator, words: tuple[str, ...]) -> str:
    return words[int(rng.integers(len(words)))]


def write(pen: ImageDraw.ImageDraw, place: tuple[float, float], words: str, letters: Font, ink: Colour) -> None:
    """Writes from the upper left corner; only DejaVu knows the micro sign."""
    if not str(getattr(letters, "path", "")).endswith(".ttf"):
        words = words.replace("µ", "u")
    pen.text(place, words, ink, letters)


def settings(rng: np.random.Generator, ms: float, uv: float) -> list[str]:
    """The time base and gain as makers write them, and often the filters."""
    gain = f"{uv:g}" if uv < 1000 or rng.random() < 0.5 else f"{uv / 1000:g}"
    volts = "mV" if gain != f"{uv:g}" else some(rng, ("uV", "µV"))
    per = some(rng, ("/D", "/div", "/Div", " / div", ""))
    words = [f"{gain} {volts}{per}", f"{ms:g} {some(rng, ('ms', 'ms', 'msec'))}{per}"]
    if rng.random() < 0.5:
        low, high = rng.choice([2, 3, 10, 20, 30]), rng.choice([5, 10])
        words.append(some(rng, (f"{low} Hz-{high} kHz", f"LFF {low}Hz HFF {high}kHz", f"{low}-{high}000 Hz")))
    if rng.random() < 0.5:
        words = words[::-1] if rng.random() < 0.5 else [words[1], words[0], *words[2:]]
    return words


def table(
    rng: np.random.Generator, pen: ImageDraw.ImageDraw, box: tuple[int, int, int, int], ink: Colour, letters: Font
) -> None:
    """A table of values (measurements, or grades of a muscle list); nothing in it follows from the picture's label."""
    x0, y0, x1, y1 = box
    columns = int(np.clip((x1 - x0) // 52, 1, 8))
    names = [COLUMNS[i] for i in rng.permutation(len(COLUMNS))[:columns]]
    row = int(rng.integers(14, 24))
    grades = rng.random() < 0.4
    for number, y in enumerate(range(y0 + 3, y1 - 14, row)):
        for index, name in enumerate(names):
            value = (
                name
                if number == 0
                else some(rng, ("0", "0", "1+", "2+", "N", "-"))
                if grades
                else f"{rng.gamma(2, 40):.1f}"
            )
            write(pen, (x0 + 4 + index * (x1 - x0) / columns, y), value, letters, ink)
        if number > 12 or (number and rng.random() < 0.06):
            break
    if rng.random() < 0.6:
        for y in range(y0 + 1, y1, row):
            pen.line([(x0, y), (x1, y)], fill=ink if rng.random() < 0.1 else (150, 150, 150))
