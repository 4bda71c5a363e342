"""Drawn pictures that are something else: pages, forms, charts, other signals, textures, blanks."""

from collections.abc import Callable

import numpy as np

TEXT = """patient report of the and with normal left right history medication date ward blood pressure result laboratory
total invoice figure table method in to a is was for no change since previous follow up weeks daily mg review signed"""
WORDS = tuple(TEXT.split())


def draw(rng: np.random.Generator) -> tuple[str, np.ndarray]:
    """Return (what, uint8 RGB picture) of a random sort and look."""
    name = str(rng.choice(list(SORTS)))
    return name, SORTS[name](rng)


def page(rng: np.random.Generator) -> np.ndarray:
    """A page of text, perhaps with a heading, a table or columns."""
    import cv2

    picture, ink = _paper(rng, 1000, 720)
    y, size = 60, float(rng.uniform(0.4, 0.8))
    while y < 940:
        text = " ".join(rng.choice(WORDS, rng.integers(3, 12)))
        cv2.putText(picture, text, (50, y), _font(rng), size, ink, 1, cv2.LINE_AA)
        y += int(rng.choice([22, 28, 28, 60]))
    if rng.random() < 0.4:
        _table(picture, ink, rng)
    return picture


def screen(rng: np.random.Generator) -> np.ndarray:
    """A program's window: title bar, side bar, buttons, fields, text."""
    import cv2

    dark = rng.random() < 0.5
    picture = np.full((600, 960, 3), rng.integers(20, 60) if dark else rng.integers(225, 256), np.uint8)
    ink = (220, 220, 220) if dark else (30, 30, 30)
    cv2.rectangle(picture, (0, 0), (960, 34), _colour(rng), -1)
    cv2.rectangle(picture, (0, 34), (int(rng.integers(100, 240)), 600), _colour(rng), -1)
    for _ in range(int(rng.integers(6, 30))):
        x, y = int(rng.integers(10, 850)), int(rng.integers(40, 570))
        w, h = int(rng.integers(40, 260)), int(rng.integers(18, 90))
        cv2.rectangle(picture, (x, y), (x + w, y + h), _colour(rng), -1 if rng.random() < 0.5 else 1)
        cv2.putText(picture, " ".join(rng.choice(WORDS, 2)), (x + 4, y + 14), _font(rng), 0.45, ink, 1, cv2.LINE_AA)
    return picture


def chart(rng: np.random.Generator) -> np.ndarray:
    """A chart with axes, ticks and title: smooth lines, bars, points or steps."""
    import cv2

    picture, ink = _paper(rng, 520, 800)
    left, right, top, bottom = 80, 760, 60, 450
    if rng.random() < 0.5:
        for x in np.linspace(left, right, int(rng.integers(4, 9))):
            cv2.line(picture, (int(x), top), (int(x), bottom), (200, 200, 200), 1)
        for y in np.linspace(top, bottom, int(rng.integers(4, 9))):
            cv2.line(picture, (left, int(y)), (right, int(y)), (200, 200, 200), 1)
    for _ in range(int(rng.integers(1, 5))):
        colour, n = _colour(rng), int(rng.integers(6, 40))
        x = np.linspace(left + 10, right - 10, n)
        y = _walk(n, rng) * (bottom - top - 40) + top + 20
        sort = rng.integers(4)
        if sort == 0:
            cv2.polylines(picture, [np.stack([x, y], 1).astype(np.int32)], False, colour, int(rng.integers(1, 4)), 16)
        for a, b in zip(x.astype(int), y.astype(int), strict=True):
            if sort == 1:
                cv2.rectangle(picture, (a, b), (a + 500 // n, bottom), colour, -1)
            elif sort == 2:
                cv2.circle(picture, (a, b + int(rng.normal(0, 20))), int(rng.integers(2, 7)), colour, -1, 16)
        if sort == 3:
            steps = np.stack([np.repeat(x, 2)[1:], np.repeat(y, 2)[:-1]], 1).astype(np.int32)
            cv2.polylines(picture, [steps], False, colour, 2, 16)
    cv2.rectangle(picture, (left, top), (right, bottom), ink, 1)
    for i in range(6):
        x, y = left + i * (right - left) // 5, bottom - i * (bottom - top) // 5
        cv2.putText(picture, str(i * 20), (x - 10, bottom + 22), _font(rng), 0.45, ink, 1, cv2.LINE_AA)
        cv2.putText(picture, f"{i / 5:.1f}", (left - 45, y), _font(rng), 0.45, ink, 1, cv2.LINE_AA)
    cv2.putText(picture, " ".join(rng.choice(WORDS, 4)), (260, 40), _font(rng), 0.7, ink, 1, cv2.LINE_AA)
    return picture


def sound(rng: np.random.Generator) -> np.ndarray:
    """An audio editor's waveform: a filled, symmetrical envelope, one or two tracks."""
    picture = np.full((400, 900, 3), rng.choice([15, 40, 200, 240]), np.uint8)
    tracks = int(rng.integers(1, 3))
    colour = np.array(_colour(rng), np.uint8)
    for t in range(tracks):
        middle, reach = (2 * t + 1) * 200 / tracks, 180 / tracks
        envelope = np.repeat(_walk(90, rng), 10) * rng.uniform(0.4, 1, 900) * reach
        rows = np.arange(400)[:, None]
        picture[np.abs(rows - middle) <= envelope[None]] = colour
    return picture


def channels(rng: np.random.Generator) -> np.ndarray:
    """A montage of many slow channels on a plain ground (EEG, polysomnography): 14 to 32 rows, no grid."""
    import cv2

    picture, ink = _paper(rng, 800, 1100)
    count = int(rng.integers(14, 33))
    gap = 780 / count
    x = np.arange(60, 1090)
    for c in range(count):
        rhythm = np.sin(np.cumsum(rng.normal(0.35, 0.2, x.size))) * np.repeat(_walk(103, rng), 10)
        y = (c + 0.7) * gap + gap * (0.4 * rhythm + rng.normal(0, 0.08, x.size))
        cv2.polylines(picture, [np.stack([x, y], 1).astype(np.int32)], False, ink, 1, 16)
        cv2.putText(picture, f"F{c}-C{c + 1}", (4, int((c + 0.8) * gap)), _font(rng), 0.35, ink, 1, cv2.LINE_AA)
    return picture


def spectrogram(rng: np.random.Generator) -> np.ndarray:
    """A false-colour field: spectrogram, map, heat map."""
    import cv2

    rough = cv2.resize(rng.random((int(rng.integers(3, 40)), int(rng.integers(3, 60)))), (700, 450))
    maps = (cv2.COLORMAP_JET, cv2.COLORMAP_VIRIDIS, cv2.COLORMAP_INFERNO, cv2.COLORMAP_HOT, cv2.COLORMAP_BONE)
    grey = cv2.normalize(rough, np.empty_like(rough), 0, 255, cv2.NORM_MINMAX).astype(np.uint8)
    return np.ascontiguousarray(cv2.applyColorMap(grey, maps[int(rng.integers(5))])[..., ::-1])


def texture(rng: np.random.Generator) -> np.ndarray:
    """Noise, clouds, stripes, checks, gradients."""
    import cv2

    side = 400
    sort = rng.integers(5)
    y, x = np.mgrid[:side, :side] / side
    if sort == 0:
        field = rng.normal(0, 1, (side, side, 1 if rng.random() < 0.5 else 3))
    elif sort == 1:
        octaves = [cv2.resize(rng.normal(0, 1, (2**k, 2**k)), (side, side)) / k for k in range(1, 7)]
        field = np.sum(octaves, axis=0)[..., None]
    elif sort == 2:
        angle = rng.uniform(0, np.pi)
        field = np.sin((x * np.cos(angle) + y * np.sin(angle)) * rng.uniform(10, 200))[..., None]
    elif sort == 3:
        n = int(rng.integers(2, 20))
        field = (((x * n).astype(int) + (y * n).astype(int)) % 2)[..., None].astype(float)
    else:
        field = np.hypot(x - rng.random(), y - rng.random())[..., None] if rng.random() < 0.5 else (x + y)[..., None]
    field = (field - field.min()) / max(float(np.ptp(field)), 1e-9)
    low, high = rng.integers(0, 256, 3), rng.integers(0, 256, 3)
    if rng.random() < 0.5:
        low, high = np.full(3, rng.integers(0, 100)), np.full(3, rng.integers(150, 256))
    return np.clip(low + field * (high - low), 0, 255).astype(np.uint8)


def blank(rng: np.random.Generator) -> np.ndarray:
    """An empty page or screen, perhaps with a graph paper's ruling or a few marks."""
    import cv2

    picture, ink = _paper(rng, int(rng.integers(300, 900)), int(rng.integers(300, 900)))
    if rng.random() < 0.3:
        step = int(rng.integers(12, 50))
        line = [int(v) for v in rng.integers(150, 230, 3)]
        for v in range(0, 900, step):
            cv2.line(picture, (v, 0), (v, 900), line, 1)
            if rng.random() < 0.9:
                cv2.line(picture, (0, v), (900, v), line, 1)
    for _ in range(int(rng.integers(0, 4))):
        cv2.circle(picture, [int(v) for v in rng.integers(0, 600, 2)], int(rng.integers(1, 60)), ink, 1, 16)
    return picture


SORTS: dict[str, Callable[[np.random.Generator], np.ndarray]] = {
    "page": page,
    "screen": screen,
    "chart": chart,
    "sound": sound,
    "channels": channels,
    "spectrogram": spectrogram,
    "texture": texture,
    "blank": blank,
}


def _paper(rng: np.random.Generator, rows: int, columns: int) -> tuple[np.ndarray, tuple[int, int, int]]:
    dark = rng.random() < 0.2
    ground = rng.integers(0, 50) if dark else rng.integers(215, 256)
    picture = np.full((rows, columns, 3), ground, np.uint8)
    ink = int(rng.integers(180, 256)) if dark else int(rng.integers(0, 90))
    return picture, (ink, ink, ink)


def _walk(n: int, rng: np.random.Generator) -> np.ndarray:
    walk = np.convolve(rng.normal(0, 1, n + 8).cumsum(), np.ones(5) / 5, "same")[4 : n + 4]
    return (walk - walk.min()) / max(float(np.ptp(walk)), 1e-9)


def _colour(rng: np.random.Generator) -> tuple[int, int, int]:
    r, g, b = (int(v) for v in rng.integers(0, 256, 3))
    return r, g, b


def _font(rng: np.random.Generator) -> int:
    return int(rng.integers(0, 5))


def _table(picture: np.ndarray, ink: tuple[int, int, int], rng: np.random.Generator) -> None:
    import cv2

    top, rows = int(rng.integers(100, 600)), int(rng.integers(3, 9))
    picture[top : top + rows * 30, 40:680] = picture[0, 0]
    for r in range(rows + 1):
        cv2.line(picture, (40, top + r * 30), (680, top + r * 30), ink, 1)
    for x in np.linspace(40, 680, int(rng.integers(3, 7))).astype(int):
        cv2.line(picture, (int(x), top), (int(x), top + rows * 30), ink, 1)
        for r in range(rows):
            cv2.putText(
                picture, f"{rng.random() * 99:.1f}", (int(x) + 6, top + r * 30 + 20), 0, 0.5, ink, 1, cv2.LINE_AA
            )
