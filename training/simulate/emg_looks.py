"""How EMG machines look: grounds, grids, colours, panels, words. Each list keeps options for validation and test."""

from dataclasses import dataclass

import numpy as np

from training.simulate.emg.draws import Draw

Colour = tuple[int, int, int]

# ground, trace, grid, words
PALETTES: tuple[tuple[Colour, Colour, Colour, Colour], ...] = (
    ((0, 0, 0), (0, 255, 0), (0, 90, 0), (200, 200, 200)),
    ((0, 0, 0), (255, 255, 0), (80, 80, 80), (255, 255, 255)),
    ((0, 0, 0), (255, 255, 255), (90, 90, 90), (0, 255, 255)),
    ((0, 0, 0), (0, 255, 255), (60, 60, 90), (255, 255, 0)),
    ((0, 0, 0), (255, 150, 40), (70, 60, 50), (220, 220, 220)),
    ((0, 0, 80), (255, 255, 0), (70, 70, 170), (255, 255, 255)),
    ((0, 0, 128), (255, 255, 255), (90, 90, 200), (255, 255, 0)),
    ((0, 40, 50), (180, 255, 200), (30, 90, 100), (210, 230, 230)),
    ((20, 20, 26), (120, 200, 255), (60, 60, 72), (190, 190, 200)),
    ((38, 38, 38), (255, 210, 90), (80, 80, 80), (220, 220, 220)),
    ((10, 25, 12), (150, 255, 90), (40, 75, 44), (160, 230, 160)),
    ((48, 10, 40), (255, 160, 220), (96, 50, 90), (240, 220, 240)),
    ((255, 255, 255), (0, 0, 0), (200, 200, 200), (0, 0, 0)),
    ((255, 255, 255), (0, 0, 180), (190, 210, 230), (40, 40, 40)),
    ((255, 255, 255), (170, 0, 0), (225, 205, 205), (0, 0, 0)),
    ((255, 255, 255), (0, 100, 20), (195, 220, 195), (20, 60, 20)),
    ((255, 255, 240), (30, 30, 30), (225, 215, 170), (60, 40, 20)),
    ((236, 233, 216), (0, 0, 0), (190, 185, 165), (0, 0, 120)),
    ((212, 220, 228), (10, 30, 90), (170, 184, 200), (20, 30, 50)),
    ((224, 240, 224), (0, 60, 0), (180, 210, 180), (0, 60, 0)),
    ((255, 240, 240), (20, 20, 20), (245, 180, 180), (80, 20, 20)),
    ((192, 192, 192), (0, 0, 0), (150, 150, 150), (0, 0, 128)),
    ((160, 170, 180), (255, 255, 255), (130, 140, 150), (20, 20, 20)),
    ((60, 75, 90), (255, 255, 255), (95, 110, 125), (230, 235, 240)),
)
GRIDS = ("none", "dots", "dotted lines", "lines", "ticks", "paper", "crosses", "dashes", "rows", "axes")
DIVISIONS = ((10, 8), (10, 10), (10, 6), (8, 8), (12, 8), (20, 10), (5, 4), (10, 12))
LAYOUTS = (
    "bare",
    "header",
    "footer",
    "side right",
    "side left",
    "window",
    "report",
    "two panels",
    "corners",
    "frame",
    "axes",
    "axes boxed",
)
FONTS = ("simplex", "plain", "duplex", "sans", "mono", "serif", "small")
SWEEPS = (1, 1, 2, 3, 4, 5, 6, 7, 8, 10)


@dataclass(frozen=True)
class Look:
    """One machine's way of showing sweeps."""

    ground: Colour
    trace: Colour
    grid_colour: Colour
    words: Colour
    grid: str
    divisions: tuple[int, int]
    layout: str
    font: str
    width: int
    height: int
    pen: int
    smooth: bool
    many_colours: bool
    panel: Colour


def random_look(draw: Draw) -> Look:
    """Return a look; a quarter of those in training have colours of no list at all."""
    ground, trace, grid, words = draw.look(PALETTES)
    if draw.part in ("train", "any") and draw.chance(0.25):
        ground, trace, grid, words = _any_colours(draw)
    ground, trace, grid, words = (_near(draw, c) for c in (ground, trace, grid, words))
    width = round(draw.between(360, 1500, log=True))
    height = round(width * draw.pick((0.5, 0.6, 0.75, 0.8, 1.0), (1, 2, 5, 2, 0.7)))
    return Look(
        ground,
        trace,
        grid,
        words,
        draw.look(GRIDS),
        draw.look(DIVISIONS),
        draw.look(LAYOUTS),
        draw.look(FONTS),
        width,
        height,
        pen=draw.pick((1, 2, 3), (6, 3, 1)) if width > 600 else draw.pick((1, 2), (5, 1)),
        smooth=draw.chance(0.75),
        many_colours=draw.chance(0.12),
        panel=draw.pick((ground, (212, 208, 200), (240, 240, 240), (40, 40, 44), (25, 60, 110))),
    )


def _any_colours(draw: Draw) -> tuple[Colour, Colour, Colour, Colour]:
    ground = draw.rng.integers(0, 256, 3)
    light = ground @ (0.299, 0.587, 0.114)
    for _ in range(50):
        trace = draw.rng.integers(0, 256, 3)
        if abs(trace @ (0.299, 0.587, 0.114) - light) > 75:
            break
    else:
        trace = np.array((0, 0, 0) if light > 127 else (255, 255, 255))
    share = draw.rng.uniform(0.1, 0.45)
    grid = ground * (1 - share) + draw.rng.integers(0, 256, 3) * share
    return _colour(ground), _colour(trace), _colour(grid), _colour(trace)


def _near(draw: Draw, colour: Colour) -> Colour:
    return _colour(np.clip(np.array(colour) + draw.rng.normal(0, 8, 3), 0, 255))


def _colour(values: np.ndarray) -> Colour:
    r, g, b = (int(v) for v in values)
    return r, g, b


MUSCLES = (
    "R TIB ANT", "L TIB ANTERIOR", "R APB", "L FDI", "R BICEPS", "L DELTOID", "R VAST LAT", "L GASTROC",
    "M. tib. ant. li", "R 1st DORSAL INT", "L EDC", "R ILIOPSOAS", "tibialis anterior", "Vastus medialis",
    "R Ext. dig. brev.", "C7 PSP", "ADM re",
)  # fmt: skip
PHRASES = (
    "Rest", "SPONTANEOUS", "Needle EMG", "EMG", "Free run", "FREE RUN", "Live", "Freeze", "Recall",
    "Insertional", "Store 3", "Amp 1", "Ch1", "Trig: Off", "TRIG 50 uV", "Vol 40%", "Patient: ----",
    "ID ******", "Site 2", "Rec 12", "MUP", "Page 1/4", "12:41:07", "03.11.2009", "2014-05-21", "A1", "Capture",
    "F1 Help", "Raster", "Delay", "Stim Off", "Impedance OK", "Print", "Next", "Report", "Sound", "Quit",
    "Cursor", "Marker",
)  # fmt: skip


@dataclass(frozen=True)
class Settings:
    """What a machine says of its display: the words, and what they are about."""

    words: str
    ms_per_div: float
    uv_per_div: float


def setting_words(draw: Draw, uv_per_div: float, ms_per_div: float, band_hz: tuple[float, float]) -> str:
    """Return the settings as one of many machines spells them."""
    if draw.chance(0.4):
        return _any_settings(draw, uv_per_div, ms_per_div, band_hz)
    low, high = band_hz
    upper = f"{high / 1000:g} kHz" if high >= 1000 else f"{high:g} Hz"
    gain = f"{uv_per_div / 1000:g} mV" if uv_per_div >= 1000 else f"{uv_per_div:g} uV"
    forms = (
        f"{gain}/D {ms_per_div:g} ms/D {low:g} Hz-{upper}",
        f"{gain}/div  {ms_per_div:g} ms/div",
        f"Sens {gain}  Sweep {ms_per_div:g} ms",
        f"{ms_per_div:g}ms {gain}",
        f"LF {low:g} Hz HF {upper} {gain}/Div",
        f"Gain: {gain}/DIV  Time: {ms_per_div:g} ms/DIV  Filter: {low:g}-{high:g} Hz",
        f"{gain}   {ms_per_div * 10:g} ms",
    )
    return draw.look(forms)


def _any_settings(draw: Draw, uv_per_div: float, ms_per_div: float, band_hz: tuple[float, float]) -> str:
    """Return the settings in any order, with any spelling of units and divisions."""
    per = draw.pick(("/D", "/div", "/Div", "/DIV", " /div", "/d", " per div"))
    gap = draw.pick(("", " "))
    mark = draw.pick(("", "", ": ", " ", " = "))
    ms, uv = draw.pick(("ms", "ms", "mS", "msec", "ms.")), draw.pick(("uV", "uV", "\u00b5V", "\u03bcV"))
    time_name = draw.pick(("Sweep", "Time", "Timebase", "Speed", "Kipp", "T")) + mark if mark else ""
    gain_name = draw.pick(("Gain", "Sens", "Sensitivity", "Amp", "Ch1", "Empf.")) + mark if mark else ""
    large = uv_per_div >= 1000
    parts = [
        f"{time_name}{ms_per_div:g}{gap}{ms}{per}",
        f"{gain_name}{uv_per_div / 1000 if large else uv_per_div:g}{gap}{'mV' if large else uv}{per}",
    ]
    if draw.chance(0.5):
        low, high = band_hz
        parts.append(draw.pick((f"{low:g}Hz-{high / 1000:g}kHz", f"LC {low:g} Hz  HC {high / 1000:g} kHz")))
    order = draw.rng.permutation(len(parts))
    return draw.pick(("  ", "   ", ", ", " | ", "  ")).join(parts[i] for i in order)
