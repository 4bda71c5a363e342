"""A training film as another hospital, another scanner or another format might have shown it."""

import numpy as np

from viewer.models.preprocessing.film import spread


def vary(film: np.ndarray, boxes: np.ndarray, size: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return a varied (size, size) uint8 film and its boxes (class, x0, y0, x1, y1, fractions; those left in view)."""
    import cv2

    matrix = _geometry(film.shape[0], size, rng)
    fill = int(np.median(film[0])) if rng.random() < 0.7 else int(rng.integers(0, 256))
    seen = cv2.warpAffine(film, matrix, (size, size), flags=cv2.INTER_LINEAR, borderValue=fill)
    seen = _tone(seen, rng)
    if rng.random() < 0.3:
        seen = _coarse(seen, rng)
    if rng.random() < 0.15:
        _letters(seen, rng)
    if rng.random() < 0.4:
        seen = _jpeg(seen, int(rng.integers(35, 95)))
    if rng.random() < 0.05:
        seen = 255 - seen
    return spread(seen), _moved(boxes, matrix, film.shape[0], size)


def cells(boxes: np.ndarray, classes: int, grid: int) -> np.ndarray:
    """Return (classes, grid, grid): how far each cell lies in the class's boxes, the best cell 1; 0 without a box."""
    edge = np.arange(grid + 1) / grid
    found = np.zeros((classes, grid, grid), np.float32)
    for label, x0, y0, x1, y1 in boxes:
        across = np.clip(np.minimum(edge[1:], x1) - np.maximum(edge[:-1], x0), 0, None)
        down = np.clip(np.minimum(edge[1:], y1) - np.maximum(edge[:-1], y0), 0, None)
        cover = np.outer(down, across)
        if cover.max() > 0:
            found[int(label)] = np.maximum(found[int(label)], cover / cover.max())
    return found


def _geometry(side: int, size: int, rng: np.random.Generator) -> np.ndarray:
    scale = np.sqrt(rng.uniform(0.72, 1.1))  # below 1 crops, above 1 shows a border
    aspect = np.exp(rng.uniform(-0.2, 0.2) / 2)
    angle = np.deg2rad(rng.normal(0, 4))
    mirror = -1.0 if rng.random() < 0.5 else 1.0
    shift = rng.uniform(-0.08, 0.08, 2) * side
    c, s = np.cos(angle) * size / side / scale, np.sin(angle) * size / side / scale
    turn = np.array([[c * aspect * mirror, -s], [s * mirror, c / aspect]])
    centre = turn @ (np.full(2, side / 2) + shift)
    return np.column_stack([turn, size / 2 - centre])


def _tone(film: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    import cv2

    if rng.random() < 0.2:
        film = cv2.createCLAHE(float(rng.uniform(1, 3)), (8, 8)).apply(film)
    x = np.arange(256) / 255
    x = x ** np.exp(rng.uniform(-0.5, 0.5))
    if rng.random() < 0.3:  # an S-shaped film curve
        steep = rng.uniform(2, 6)
        x = 1 / (1 + np.exp(-steep * (x - rng.uniform(0.35, 0.65))))
    x = (x - 0.5) * rng.uniform(0.75, 1.35) + 0.5 + rng.uniform(-0.12, 0.12)
    return np.clip(np.rint(255 * x), 0, 255).astype(np.uint8)[film]


def _coarse(film: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    import cv2

    side = film.shape[0]
    choice = rng.integers(3)
    if choice == 0:
        small = int(side * rng.uniform(0.5, 0.9))
        return cv2.resize(cv2.resize(film, (small, small), interpolation=cv2.INTER_AREA), (side, side))
    if choice == 1:
        return cv2.GaussianBlur(film, (0, 0), float(rng.uniform(0.4, 1.2)))
    noise = rng.normal(0, rng.uniform(1, 8), film.shape)
    return np.clip(film + noise, 0, 255).astype(np.uint8)


def _letters(film: np.ndarray, rng: np.random.Generator) -> None:
    import cv2

    side = film.shape[0]
    place = (int(rng.uniform(0, 0.9) * side), int(rng.choice([rng.uniform(0.05, 0.2), rng.uniform(0.8, 0.97)]) * side))
    text = str(rng.choice(["L", "R", "PA", "AP", "PORTABLE", "SUPINE", "ERECT 10:32"]))
    cv2.putText(film, text, place, cv2.FONT_HERSHEY_SIMPLEX, float(rng.uniform(0.3, 0.9)), int(rng.choice([255, 0])), 1)


def _jpeg(film: np.ndarray, quality: int) -> np.ndarray:
    import cv2

    data = cv2.imencode(".jpg", film, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE))


def _moved(boxes: np.ndarray, matrix: np.ndarray, side: int, size: int) -> np.ndarray:
    moved = []
    for label, x0, y0, x1, y1 in boxes:
        corners = np.array([[x0, y0], [x1, y0], [x0, y1], [x1, y1]]) * side
        points = (corners @ matrix[:, :2].T + matrix[:, 2]) / size
        (a, b), (c, d) = np.clip(points.min(0), 0, 1), np.clip(points.max(0), 0, 1)
        if c > a and d > b:
            moved.append((label, a, b, c, d))
    return np.array(moved, np.float32).reshape(-1, 5)
