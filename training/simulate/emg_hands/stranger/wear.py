"""What befalls pictures on their way: rescaling, photographs of screens, print and scan, dimness, blur, JPEG."""

import cv2
import numpy as np

from training.simulate.emg_screen import TrueBox


def moved(boxes: tuple[TrueBox, ...], matrix: np.ndarray, w: int, h: int) -> tuple[TrueBox, ...]:
    """Boxes after a homography (3, 3), as upright rectangles cut to a picture of w x h px."""
    out = []
    for b in boxes:
        corners = np.array([[[b.x, b.y], [b.x + b.w, b.y], [b.x, b.y + b.h], [b.x + b.w, b.y + b.h]]])
        at = cv2.perspectiveTransform(corners.astype(np.float64), matrix)[0]
        x0, y0 = np.clip(at.min(0), 0, (w, h))
        x1, y1 = np.clip(at.max(0), 0, (w, h))
        if x1 - x0 >= 1 and y1 - y0 >= 2:
            size = (float(x0), float(y0), float(x1 - x0), float(y1 - y0))
            out.append(TrueBox(b.label, b.generator, *size, b.amplitude_uv))
    return tuple(out)


def resized(rng: np.random.Generator, w: int, h: int, cut: bool) -> tuple[int, int]:
    """The size a picture is stored at: mostly its own, else somewhat smaller or larger; within the bounds asked for."""
    factor = 1.0 if rng.random() < 0.5 else float(rng.uniform(0.75, 1.5 if cut else 1.25))
    factor = max(factor, 61 / w, 42 / h)
    factor = min(factor, 1850 / w)
    return round(w * factor), round(h * factor)


def photographed(rng: np.random.Generator, image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A screen photographed slightly askew: a homography, uneven light, the raster's stripes; and the matrix."""
    h, w = image.shape[:2]
    inset = rng.uniform(-0.03, 0.05, (4, 2)) * (w, h)
    corners = np.array([[0, 0], [w, 0], [w, h], [0, h]], np.float32)
    to = corners + inset * np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]])
    matrix = cv2.getPerspectiveTransform(corners, to.astype(np.float32))
    beyond = tuple(int(c) for c in rng.integers(5, 90, 3))
    out = cv2.warpPerspective(image, matrix, (w, h), flags=cv2.INTER_LINEAR, borderValue=beyond)
    yy, xx = np.linspace(-1, 1, h)[:, None], np.linspace(-1, 1, w)[None]
    middle = rng.uniform(-0.5, 0.5, 2)
    light = 1 - rng.uniform(0.05, 0.22) * ((xx - middle[0]) ** 2 + (yy - middle[1]) ** 2)
    turn = rng.uniform(-0.6, 0.6)
    waves = np.cos((np.arange(w)[None] * np.cos(turn) + np.arange(h)[:, None] * np.sin(turn)) * rng.uniform(0.3, 2.2))
    shade = (light + rng.uniform(0, 0.05) * waves).astype(np.float32)
    glow = rng.uniform(0, 25)
    tint = rng.uniform(0.88, 1.05, 3).astype(np.float32)
    return np.clip(out * (shade[..., None] * tint) + glow, 0, 255).astype(np.uint8), matrix


def scanned(rng: np.random.Generator, image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Printed and scanned: grey (dark grounds mostly turned light), paper's tone, a slight turn; and the matrix."""
    h, w = image.shape[:2]
    grey: np.ndarray = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    if grey.mean() < 110 and rng.random() < 0.8:
        grey = 255 - grey
    matrix = np.vstack([cv2.getRotationMatrix2D((w / 2, h / 2), rng.normal(0, 0.5), 1.0), [0, 0, 1]])
    grey = cv2.warpPerspective(grey, matrix, (w, h), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    soft: np.ndarray = cv2.GaussianBlur(grey, (0, 0), rng.uniform(0.3, 0.7)).astype(np.float64)
    soft = 128 + (soft - 128) * rng.uniform(0.85, 1.15) + rng.normal(0, rng.uniform(1, 5), (h, w))
    paper = rng.uniform(0.9, 1.0, 3) * (1, 1, rng.uniform(0.93, 1))
    return np.clip(soft[..., None] * paper, 0, 255).astype(np.uint8), matrix


def toned(rng: np.random.Generator, image: np.ndarray) -> np.ndarray:
    """Dim, washed out or of another gamma, by a table of 256 values."""
    x = np.linspace(0, 1, 256) ** rng.uniform(0.75, 1.35)
    lo, hi = rng.uniform(0, 0.25), rng.uniform(0.7, 1.0)
    return cv2.LUT(image, np.round(255 * (lo + (hi - lo) * x)).astype(np.uint8))


def befallen(
    rng: np.random.Generator, image: np.ndarray, boxes: tuple[TrueBox, ...], cut: bool
) -> tuple[np.ndarray, tuple[TrueBox, ...], float]:
    """A picture after its way, its boxes moved along, and the factor by which its width grew."""
    matrix, fate = np.eye(3), rng.random()
    if fate < 0.1:
        image, matrix = photographed(rng, image)
    elif fate < 0.2:
        image, matrix = scanned(rng, image)
    h, w = image.shape[:2]
    centre = cv2.perspectiveTransform(np.array([[[w / 2 - 5, h / 2], [w / 2 + 5, h / 2]]]), matrix)[0]
    factor = float(np.linalg.norm(centre[1] - centre[0]) / 10)
    new_w, new_h = resized(rng, w, h, cut)
    if (new_w, new_h) != (w, h):
        kind = cv2.INTER_AREA if new_w < w else int(rng.choice((cv2.INTER_LINEAR, cv2.INTER_CUBIC)))
        image = cv2.resize(image, (new_w, new_h), interpolation=kind)
        matrix = np.diag([new_w / w, new_h / h, 1.0]) @ matrix
        factor *= new_w / w
    if rng.random() < 0.15:
        image = toned(rng, image)
    if rng.random() < 0.1:
        image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.4, 0.9))
    if rng.random() < 0.1:
        grain = rng.normal(0, rng.uniform(1, 5), (*image.shape[:2], 1))
        image = np.clip(image + grain, 0, 255).astype(np.uint8)
    if rng.random() < 0.5:
        quality = int(rng.integers(45, 96))
        coded = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        image = np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR))[..., ::-1]
    return np.ascontiguousarray(image), moved(boxes, matrix, new_w, new_h), factor
