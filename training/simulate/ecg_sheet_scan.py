"""What happens to a sheet before it is a file: folds, shadows, a camera's angle, blur, noise, grey, JPEG."""

import numpy as np


def photograph(sheet: np.ndarray, rng: np.random.Generator, damage: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Return the picture of a sheet (uint8 RGB) and the 3x3 homography from sheet pixels to picture pixels.

    A third of the pictures stay as exported; a third are scans (turned by a degree or two, grey, worn); a third are
    photographs (perspective, shade, folds, a table behind). ``damage`` scales how strong each change is.
    """
    way = rng.random()
    homography = np.eye(3)
    picture = sheet
    if way > 0.34:
        camera = way > 0.67
        picture, homography = _turned(picture, rng, damage, camera)
        if camera or rng.random() < 0.3:
            picture = _shaded(picture, rng, damage, camera)
        picture = _blurred(picture, rng, damage)
        picture = _noisy(picture, rng, damage)
        if rng.random() < 0.35:
            picture = _toned(picture, rng)
    if rng.random() < 0.15:
        grey = np.rint(picture @ np.array([0.299, 0.587, 0.114])).astype(np.uint8)
        picture = np.repeat(grey[..., None], 3, 2)
    if rng.random() < 0.5:
        picture = _compressed(picture, int(rng.integers(round(90 - 60 * damage), 96)))
    return picture, homography


def _turned(
    picture: np.ndarray, rng: np.random.Generator, damage: float, camera: bool
) -> tuple[np.ndarray, np.ndarray]:
    import cv2

    rows, columns = picture.shape[:2]
    corners = np.array([[0, 0], [columns, 0], [columns, rows], [0, rows]], np.float64)
    centre = corners.mean(0)
    angle = np.deg2rad(rng.normal(0, 3.0 if camera else 0.8) * damage)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    moved = (corners - centre) @ turn.T
    if camera:
        moved += rng.normal(0, 0.025 * damage, (4, 2)) * (columns, rows)
    low, high = moved.min(0), moved.max(0)
    tight = camera and rng.random() < 0.5  # most photographs are cropped to the paper
    pad = rng.uniform(*((-0.05, 0.0) if tight else (-0.015, 0.05)), 2) * (columns, rows) * damage
    origin, size = low - pad, high - low + 2 * pad
    homography = cv2.getPerspectiveTransform(corners.astype(np.float32), (moved - origin).astype(np.float32))
    table = _table(rng) if camera else (255, 255, 255)
    turned = cv2.warpPerspective(
        picture, homography, (round(size[0]), round(size[1])), flags=cv2.INTER_LINEAR, borderValue=table
    )
    return turned, np.asarray(homography)


def _table(rng: np.random.Generator) -> tuple[int, int, int]:
    """A table's or a bedsheet's colour: mostly wood, grey or white, never gaudy."""
    grey = rng.integers(25, 240)
    r, g, b = np.clip(grey + rng.normal(0, 22, 3) + (12, 0, -12), 0, 255)
    return int(r), int(g), int(b)


def _shaded(picture: np.ndarray, rng: np.random.Generator, damage: float, camera: bool) -> np.ndarray:
    """Uneven light, the edge of a shadow, and creases: multiplied over a coarse grid, then enlarged."""
    import cv2

    rows, columns = picture.shape[:2]
    y, x = np.mgrid[0:1:48j, 0:1:64j].astype(np.float32)
    light = np.ones_like(x)
    if camera:
        direction = rng.uniform(0, 2 * np.pi)
        light -= rng.uniform(0, 0.3) * damage * (np.cos(direction) * (x - 0.5) + np.sin(direction) * (y - 0.5) + 0.5)
        if rng.random() < 0.4:
            edge = (x - rng.random()) * np.cos(direction + 1) + (y - rng.random()) * np.sin(direction + 1)
            light -= rng.uniform(0.05, 0.35) * damage / (1 + np.exp(-edge * rng.uniform(8, 60)))
    for _ in range(rng.integers(0, 3)):
        along = x if rng.random() < 0.6 else y
        light += (
            rng.choice([-1, 1]) * rng.uniform(0.02, 0.12) * damage * np.exp(-(((along - rng.random()) / 0.012) ** 2))
        )
    field = cv2.resize(np.clip(light * 256, 0, 300).astype(np.float32), (columns, rows), interpolation=cv2.INTER_LINEAR)
    return cv2.multiply(picture, cv2.merge([field] * 3), scale=1 / 256, dtype=cv2.CV_8U)


def _blurred(picture: np.ndarray, rng: np.random.Generator, damage: float) -> np.ndarray:
    import cv2

    if rng.random() < 0.5:
        return picture
    return cv2.GaussianBlur(picture, (0, 0), float(rng.uniform(0.3, 0.3 + 0.0006 * picture.shape[1] * damage)))


def _noisy(picture: np.ndarray, rng: np.random.Generator, damage: float) -> np.ndarray:
    """Grain from a stored patch, shifted at random: the same look as fresh noise in a fraction of the time."""
    import cv2

    if rng.random() < 0.4:
        return picture
    rows, columns = picture.shape[:2]
    patch = rng.normal(0, rng.uniform(1, 9) * damage, (256, 256)).astype(np.float32)
    grain = np.tile(patch, (rows // 256 + 1, columns // 256 + 1))[:rows, :columns]
    return cv2.add(picture, cv2.merge([np.rint(grain).astype(np.int16)] * 3), dtype=cv2.CV_8U)


def _toned(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """White balance, exposure and contrast."""
    import cv2

    gamma, gain = rng.uniform(0.75, 1.35), rng.uniform(0.85, 1.08, 3) * rng.uniform(0.85, 1.05)
    ramp = np.linspace(0, 1, 256)[:, None] ** gamma * gain * 255
    return cv2.LUT(picture, np.clip(ramp, 0, 255).astype(np.uint8)[None])


def _compressed(picture: np.ndarray, quality: int) -> np.ndarray:
    import cv2

    _, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR))
