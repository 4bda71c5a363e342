"""What befalls a picture on its way into a file: resizing, grey scans, few colours, JPEG, photographs, fading."""

import io

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import gaussian_filter

Picture = NDArray[np.uint8]
Corners = NDArray[np.float64]  # (n, 4) boxes as x0, y0, x1, y1 in px


def resize(
    rng: np.random.Generator, image: Image.Image, boxes: Corners, factor: float
) -> tuple[Image.Image, Corners, float]:
    """Rescale, now and then a little unevenly; the last item is what pixels a millisecond are multiplied by."""
    if factor == 1.0:
        return image, boxes, 1.0
    uneven = rng.uniform(0.9, 1.12) if rng.random() < 0.3 else 1.0
    w, h = max(60, round(image.width * factor)), max(40, round(image.height * factor * uneven))
    ways = [Image.Resampling.BILINEAR, Image.Resampling.LANCZOS, Image.Resampling.BICUBIC, Image.Resampling.BOX]
    sx, sy = w / image.width, h / image.height
    return image.resize((w, h), ways[rng.integers(4)]), boxes * (sx, sy, sx, sy), sx


def photograph(rng: np.random.Generator, image: Picture, boxes: Corners) -> tuple[Picture, Corners, float]:
    """A screen or page seen a little askew, unevenly lit; boxes become those round the turned ones."""
    h, w = image.shape[:2]
    angle = np.deg2rad(rng.normal(0, 1.2))
    lean = rng.uniform(-0.03, 0.03, 2)
    size = rng.uniform(0.9, 1.0)
    c, s = np.cos(angle) * size, np.sin(angle) * size
    matrix = np.array([[c, -s, 0], [s, c, 0], [lean[0] / w, lean[1] / h, 1]])
    centre = np.array([[1, 0, w / 2], [0, 1, h / 2], [0, 0, 1]], float)
    back = np.array([[1, 0, -w / 2], [0, 1, -h / 2], [0, 0, 1]], float)
    matrix = centre @ matrix @ back
    fill = tuple(int(v) for v in rng.integers(0, 256, 3)) if rng.random() < 0.4 else (int(image[0, 0, 0]),) * 3
    out = np.asarray(cv2.warpPerspective(image, matrix, (w, h), flags=cv2.INTER_LINEAR, borderValue=fill))
    if len(boxes):
        ends = boxes[:, [0, 1, 2, 1, 2, 3, 0, 3]].reshape(-1, 1, 2)
        moved = cv2.perspectiveTransform(ends, matrix).reshape(-1, 4, 2)
        boxes = np.c_[moved.min(axis=1), moved.max(axis=1)]
        boxes = np.clip(boxes, 0, (w - 1, h - 1, w - 1, h - 1))
    small = rng.uniform(0.75, 1.1, (2, 3)).astype(np.float32)
    light = cv2.resize(small, (w, h), interpolation=cv2.INTER_CUBIC)[:, :, None]
    return np.clip(out * light, 0, 255).astype(np.uint8), boxes, float(c)


def grain(rng: np.random.Generator, image: Picture, sd: float) -> Picture:
    """Scanner or sensor noise, the same in all three colours."""
    noise = rng.standard_normal((*image.shape[:2], 1), np.float32) * np.float32(sd)
    return np.clip(image + noise, 0, 255).astype(np.uint8)


def few_colours(rng: np.random.Generator, image: Picture) -> Picture:
    """A GIF-like palette, dithered or not."""
    small = Image.fromarray(image)
    dither = Image.Dither.FLOYDSTEINBERG if rng.random() < 0.5 else Image.Dither.NONE
    if rng.random() < 0.5:
        return np.asarray(small.convert("P", palette=Image.Palette.WEB, dither=dither).convert("RGB"))
    return np.asarray(small.quantize(int(rng.choice([4, 8, 16, 32])), Image.Quantize.FASTOCTREE).convert("RGB"))


def scan(rng: np.random.Generator, image: Picture) -> Picture:
    """Grey print and scan: stretched contrast, paper tone, dark screens often turned light."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)
    if rng.random() < 0.5 and grey.mean() < 100:
        grey = 255 - grey  # dark screens are printed light
    if rng.random() < 0.5:
        grey = gaussian_filter(grey, rng.uniform(0.3, 0.8))
    low, high = np.percentile(grey, 0.5), grey.max()
    if rng.random() < 0.7 and high - low > 40:
        grey = (grey - low) / (high - low) * rng.uniform(200, 255) + rng.uniform(0, 30)
    tone = 1 - rng.uniform(0, 0.12, 3) * (rng.random() < 0.4)
    return np.clip(grey[:, :, None] * tone, 0, 255).astype(np.uint8)


def fade(rng: np.random.Generator, image: Picture) -> Picture:
    """Dim, washed out, tinted or of another gamma, never to nothing."""
    table = np.linspace(0, 1, 256)[:, None] ** rng.uniform(0.6, 1.6)
    low, high = rng.uniform(0, 0.3), rng.uniform(0.65, 1.0)
    table = (low + (high - low) * table) * rng.uniform(0.88, 1.0, 3)
    return np.stack([(table[:, k] * 255).astype(np.uint8)[image[:, :, k]] for k in range(3)], axis=2)


def jpeg(image: Picture, quality: int) -> Picture:
    """Through JPEG and back."""
    store = io.BytesIO()
    Image.fromarray(image).save(store, "JPEG", quality=quality)
    return np.asarray(Image.open(store).convert("RGB"))


def wear(rng: np.random.Generator, image: Picture, boxes: Corners, web: bool) -> tuple[Picture, Corners, float]:
    """What happens to one picture; the last item is what pixels a millisecond are multiplied by."""
    stretch = 1.0
    dice = rng.random(7)
    if dice[0] < 0.06:
        image = np.asarray(255 - image)  # inverted colours
    if dice[1] < 0.13:
        image = scan(rng, image)
    if dice[2] < 0.14:
        image, boxes, stretch = photograph(rng, image, boxes)
    if dice[3] < 0.12:
        image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.4, 1.0)).astype(np.uint8)
    if dice[4] < 0.15:
        image = fade(rng, image)
    if dice[5] < 0.15:
        image = grain(rng, image, rng.uniform(2, 9))
    if dice[6] < (0.5 if web else 0.06):
        few = few_colours(rng, image)
        image = few if few.std() > 0.7 * image.std() else image  # a palette may swallow a thin trace whole
    elif rng.random() < 0.5:
        image = jpeg(image, int(rng.choice([35, 50, 65, 75, 85, 95])))
    return image, boxes, stretch
