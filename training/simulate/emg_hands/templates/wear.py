"""What befalls pictures: scaling, blur, JPEG, a photographed laptop, print and scan, dim or washed-out screens."""

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Matrix = NDArray[np.float64]


def scale(picture: Picture, factor: float, how: int) -> tuple[Picture, Matrix]:
    """Resizes; the matrix (3, 3) maps old pixels to new ones."""
    h, w = picture.shape[:2]
    new_w, new_h = max(round(w * factor), 60), max(round(h * factor), 40)
    small = cv2.resize(picture, (new_w, new_h), interpolation=how)
    return np.asarray(small, np.uint8), np.diag([new_w / w, new_h / h, 1.0])


def laptop(rng: np.random.Generator, picture: Picture) -> tuple[Picture, Matrix]:
    """A photograph of the screen: a slight perspective, a bezel or room behind, moire, glare, falling light, noise."""
    h, w = picture.shape[:2]
    corners = np.array([[0, 0], [w, 0], [w, h], [0, h]], np.float32)
    border = rng.uniform(0, 0.07)
    inner = corners * (1 - 2 * border) + np.array([w, h], np.float32) * border
    moved = (inner + rng.uniform(-0.022, 0.022, (4, 2)) * [w, h]).astype(np.float32)
    matrix = cv2.getPerspectiveTransform(corners, moved)
    back = tuple(int(v) for v in rng.integers(0, 90, 3))
    out = cv2.warpPerspective(picture, matrix, (w, h), flags=cv2.INTER_AREA, borderValue=back).astype(float)
    y, x = np.mgrid[0:h, 0:w].astype(np.float32)
    if rng.random() < 0.5:  # the camera's raster beats with the screen's
        out *= (1 + rng.uniform(0.01, 0.06) * np.sin(x * rng.uniform(0.3, 2.5) + y * rng.uniform(-1.5, 1.5)))[..., None]
    light = 1 - rng.uniform(0, 0.4) * (((x / w - rng.uniform(0.2, 0.8)) ** 2) + (y / h - rng.uniform(0.2, 0.8)) ** 2)
    out *= light[..., None] * rng.uniform(0.85, 1.05, 3).astype(np.float32)
    if rng.random() < 0.4:  # a lamp in the glass
        spot = ((x / w - rng.random()) / rng.uniform(0.1, 0.4)) ** 2 + (
            (y / h - rng.random()) / rng.uniform(0.1, 0.4)
        ) ** 2
        out += (rng.uniform(15, 70) * np.exp(-spot))[..., None]
    out = np.asarray(cv2.GaussianBlur(out, (0, 0), rng.uniform(0.4, 0.9)))
    grain = rng.standard_normal((h, w), np.float32) * rng.uniform(1, 6)
    return np.clip(out + grain[..., None], 0, 255).astype(np.uint8), np.asarray(matrix, np.float64)


def scan(rng: np.random.Generator, picture: Picture) -> tuple[Picture, Matrix]:
    """Printed and scanned: grey, a little turned, paper not white, ink not black, specks."""
    h, w = picture.shape[:2]
    matrix = np.vstack([cv2.getRotationMatrix2D((w / 2, h / 2), rng.uniform(-0.9, 0.9), 1), [0, 0, 1]])
    out = cv2.warpAffine(picture, matrix[:2], (w, h), borderMode=cv2.BORDER_REPLICATE)
    grey = cv2.GaussianBlur(cv2.cvtColor(out, cv2.COLOR_RGB2GRAY), (0, 0), rng.uniform(0.4, 0.8)).astype(float)
    low, high = rng.uniform(0, 60), rng.uniform(205, 252)
    grey = low + grey * (high - low) / 255
    count = int(rng.integers(0, h * w // 4000 + 2))
    grey[rng.integers(0, h, count), rng.integers(0, w, count)] = rng.choice([low, high])
    paper = np.array([1, rng.uniform(0.95, 1), rng.uniform(0.85, 1)], np.float32)
    return np.clip(grey[..., None] * paper, 0, 255).astype(np.uint8), matrix


def tone(rng: np.random.Generator, picture: Picture) -> Picture:
    """Dim, washed out or with another gamma; the trace keeps most of its contrast."""
    low, high = rng.uniform(0, 60), rng.uniform(185, 255)
    ramp = np.linspace(0, 1, 256) ** rng.uniform(0.7, 1.4)
    return np.asarray((low + ramp * (high - low)).astype(np.uint8)[picture])


def jpeg(rng: np.random.Generator, picture: Picture) -> Picture:
    """Saved as JPEG at quality 35-95."""
    _, packed = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(35, 96))])
    return np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.uint8)[..., ::-1].copy()


def befall(rng: np.random.Generator, picture: Picture, shrink: float) -> tuple[Picture, Matrix]:
    """One to several of these, or none; `shrink` is the least factor that leaves the potentials readable."""
    matrix: Matrix = np.eye(3)
    chance = rng.random()
    steps = []
    if chance < 0.14:
        steps.append(laptop)
    elif chance < 0.22:
        steps.append(scan)
    for step in steps:
        picture, moved = step(rng, picture)
        matrix = moved @ matrix
    if rng.random() < 0.4:
        w = picture.shape[1]
        factor = min(np.exp(rng.uniform(np.log(max(shrink, 0.4)), np.log(1.7))), 1900 / w)
        kinds = [cv2.INTER_AREA, cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_NEAREST]
        how = kinds[int(rng.integers(3 if factor < 1 else 4))]
        picture, moved = scale(picture, float(factor), how)
        matrix = moved @ matrix
    if rng.random() < 0.15:
        picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.4, 1.1)), np.uint8)
    if rng.random() < 0.15:
        picture = tone(rng, picture)
    if rng.random() < 0.5:
        picture = jpeg(rng, picture)
    return np.ascontiguousarray(picture), matrix
