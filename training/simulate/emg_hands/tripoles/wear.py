"""What befalls a picture: photographed, printed and scanned, rescaled, compressed; each step gives its 3x3 map too."""

import cv2
import numpy as np

from training.simulate.emg_hands.tripoles.look import Look

INTERPOLATIONS = (cv2.INTER_AREA, cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_NEAREST)


def rescale(rng: np.random.Generator, image: np.ndarray, across: float, down: float) -> tuple[np.ndarray, np.ndarray]:
    """To a share of its width and height; shrinking without a filter would lose thin lines, so it is by area."""
    wide, high = max(round(image.shape[1] * across), 60), max(round(image.shape[0] * down), 40)
    way = cv2.INTER_AREA if min(across, down) < 0.95 else int(rng.choice(INTERPOLATIONS))
    move = np.diag([wide / image.shape[1], high / image.shape[0], 1.0])
    return cv2.resize(image, (wide, high), interpolation=way), move


def grain(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """Noise of film or a sensor, -1..1 or so, drawn small and tiled to spare time."""
    tile = rng.standard_normal((128, 160)).astype(np.float32)
    if rng.random() < 0.5:
        tile = np.asarray(cv2.GaussianBlur(tile, (0, 0), 0.8) * 2, np.float32)
    return np.tile(tile, (shape[0] // 128 + 1, shape[1] // 160 + 1))[: shape[0], : shape[1]]


def photograph(rng: np.random.Generator, image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Held at a slight angle: perspective, light fall-off, a reflection, raster lines of the tube, sensor noise."""
    high, wide = image.shape[:2]
    corners = np.array([(0, 0), (wide, 0), (wide, high), (0, high)], np.float32)
    moved = corners + rng.uniform(-0.03, 0.03, (4, 2)).astype(np.float32) * np.array([wide, high], np.float32)
    move = cv2.getPerspectiveTransform(corners, moved)
    around = [int(v) for v in rng.integers(0, 60, 3)]
    seen = cv2.warpPerspective(image, move, (wide, high), flags=cv2.INTER_LINEAR, borderValue=around).astype(np.float32)
    yy, xx = np.mgrid[-1 : 1 : high * 1j, -1 : 1 : wide * 1j].astype(np.float32)
    light = 1 - rng.uniform(0, 0.4) * (xx**2 + yy**2) / 2
    if rng.random() < 0.4:
        light = light * (1 + rng.uniform(0.03, 0.1) * np.sin(yy * high / rng.uniform(1.2, 6)))
    seen *= light[..., None]
    if rng.random() < 0.4:
        glare = np.exp(-((xx - rng.uniform(-1, 1)) ** 2 + (yy - rng.uniform(-1, 1)) ** 2) / rng.uniform(0.05, 0.6))
        seen += (rng.uniform(10, 60) * glare)[..., None]
    seen += (rng.uniform(1, 9) * grain(rng, (high, wide)))[..., None]
    return np.clip(seen, 0, 255).astype(np.uint8), move


def scan(rng: np.random.Generator, image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Printed, laid a little askew, scanned: grey or faded ink, dead heads of the printer, specks."""
    high, wide = image.shape[:2]
    if image.mean() < 110 and rng.random() < 0.6:
        image = 255 - image  # printers save ink
    move = np.vstack([cv2.getRotationMatrix2D((wide / 2, high / 2), rng.normal(0, 0.7), 1.0), [0, 0, 1]])
    page = tuple(int(v) for v in np.median(image[:: max(high // 20, 1), :: max(wide // 20, 1)].reshape(-1, 3), axis=0))
    sheet = cv2.warpPerspective(image, move, (wide, high), flags=cv2.INTER_LINEAR, borderValue=page).astype(np.float32)
    if rng.random() < 0.6:
        sheet = np.repeat(sheet.mean(axis=2, keepdims=True), 3, axis=2)
    ink = rng.uniform(0.5, 1.0)
    sheet = 255 - (255 - sheet) * ink - rng.uniform(0, 25)
    if rng.random() < 0.3:
        for row in rng.integers(0, high, 3):
            sheet[row] += 60
    sheet += (rng.uniform(0, 7) * grain(rng, (high, wide)))[..., None]
    sheet = np.clip(sheet, 0, 255).astype(np.uint8)
    for px, py in rng.integers(0, [wide, high], (int(rng.integers(0, 12)), 2)):
        cv2.circle(sheet, (int(px), int(py)), 1, (60, 60, 60), -1)
    return sheet, move


def tone(rng: np.random.Generator, image: np.ndarray) -> np.ndarray:
    """Dim, washed out, cast or grey: a table a channel."""
    level = np.linspace(0, 1, 256) ** np.exp(rng.normal(0, 0.25))
    low, top = rng.uniform(0, 0.2) * (rng.random() < 0.5), 1 - rng.uniform(0, 0.35) * (rng.random() < 0.5)
    cast = rng.uniform(0.88, 1.0, 3)
    table = np.stack([np.clip(255 * (low + (top - low) * level) * c, 0, 255) for c in cast], 1).astype(np.uint8)
    return cv2.LUT(image, table[None])


def jpeg(rng: np.random.Generator, image: np.ndarray) -> np.ndarray:
    quality = int(rng.integers(25, 96))
    packed = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.uint8)


def age(rng: np.random.Generator, image: np.ndarray, look: Look) -> tuple[np.ndarray, np.ndarray]:
    """By family: tubes are photographed, strips and figures scanned, programs captured."""
    photo = {"tube": 0.5, "storage": 0.85, "lcd": 0.3, "window": 0.12}.get(look.family, 0.1)
    paper = {"thermal": 0.75, "figure": 0.5, "window": 0.1, "lcd": 0.12}.get(look.family, 0.05)
    move, draw = np.eye(3), rng.random()
    if draw < photo:
        image, move = photograph(rng, image)
    elif draw < photo + paper:
        image, move = scan(rng, image)
    if rng.random() < 0.3:
        image = tone(rng, image)
    if rng.random() < 0.2:
        image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.4, 1.1))
    if rng.random() < 0.08:
        image = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    if rng.random() < 0.6:
        image = jpeg(rng, image)
    return image, move
