"""The same picture as it comes in other ways: scanned, photographed, exported, compressed, framed, inverted.

Every class goes through the same looks, so that size, compression or tint tell nothing of the class.
"""

import numpy as np


def vary(picture: np.ndarray, film: bool, rng: np.random.Generator) -> np.ndarray:
    """Return a varied uint8 RGB picture. ``film``: grey radiographs and slices, which are often inverted or framed."""
    import cv2

    picture = cv2.cvtColor(picture, cv2.COLOR_GRAY2RGB) if picture.ndim == 2 else picture
    if rng.random() < 0.6:
        picture = _crop(picture, rng)
    if rng.random() < (0.2 if film else 0.05):
        picture = 255 - picture
    picture = _tone(picture, rng)
    if rng.random() < (0.3 if film else 0.15):
        picture = _frame(picture, rng)
    chance = rng.random()
    if chance < 0.25:
        picture = _photograph(picture, rng)
    elif chance < 0.5:
        picture = _turn(picture, rng.normal(0, 3), rng)
    if rng.random() < 0.15:
        grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
        picture = cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB)
    side = int(np.exp(rng.uniform(np.log(200), np.log(900))))
    if side < max(picture.shape[:2]):
        scale = side / max(picture.shape[:2])
        picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    if rng.random() < 0.2:
        noise = rng.normal(0, rng.uniform(1, 10), picture.shape)
        picture = np.clip(picture + noise, 0, 255).astype(np.uint8)
    if rng.random() < 0.7:
        data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(30, 96))])[1]
        picture = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR))
    return picture


def disarrange(film: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return a film that is no longer a frontal chest: on its side, upside down, its parts exchanged, or a small part.

    It has a film's grain and tones but not a chest's layout; as something else it teaches the network the layout.
    """
    rows, columns = film.shape[:2]
    h, w = rows // 2, columns // 2
    choice = rng.integers(5)
    if choice == 0:
        return np.ascontiguousarray(np.rot90(film, int(rng.choice([1, 3]))))
    if choice == 1:
        return np.ascontiguousarray(film[::-1])
    if choice == 2:
        quarters = [film[:h, :w], film[:h, w : 2 * w], film[h : 2 * h, :w], film[h : 2 * h, w : 2 * w]]
        a, b, c, d = (quarters[i] for i in _deranged(rng))
        return np.vstack([np.hstack([a, b]), np.hstack([c, d])])
    if choice == 3:
        half = film[:h] if rng.random() < 0.5 else film[-h:]
        return np.vstack([half, half[::-1]])
    side = int(min(rows, columns) * rng.uniform(0.15, 0.3))
    y, x = int(rng.integers(0, rows - side)), int(rng.integers(0, columns - side))
    return film[y : y + side, x : x + side]


def _deranged(rng: np.random.Generator) -> np.ndarray:
    while True:
        order = rng.permutation(4)
        if (order != np.arange(4)).all():
            return order


def _crop(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    rows, columns = picture.shape[:2]
    t, b, left, right = rng.uniform(0, 0.08, 4)
    return picture[int(t * rows) : rows - int(b * rows), int(left * columns) : columns - int(right * columns)]


def _tone(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    x = (np.arange(256) / 255) ** np.exp(rng.uniform(-0.5, 0.5))
    x = (x - 0.5) * rng.uniform(0.35, 1.25) + 0.5 + rng.uniform(-0.15, 0.15)  # washed out to hard
    tint = rng.uniform(0.85, 1.0, 3) if rng.random() < 0.4 else np.ones(3)
    table = np.clip(np.rint(255 * x[:, None] * tint), 0, 255).astype(np.uint8)
    return np.stack([table[picture[..., c], c] for c in range(3)], -1)


def _frame(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    rows, columns = picture.shape[:2]
    t, b, left, right = (rng.uniform(0, 0.15, 4) * [rows, rows, columns, columns]).astype(int)
    fill = rng.choice([0, 255, 255, 30, 200, 128])
    framed = np.full((rows + t + b, columns + left + right, 3), fill, np.uint8)
    framed[t : t + rows, left : left + columns] = picture
    return framed


def _turn(picture: np.ndarray, angle: float, rng: np.random.Generator) -> np.ndarray:
    import cv2

    rows, columns = picture.shape[:2]
    matrix = cv2.getRotationMatrix2D((columns / 2, rows / 2), float(angle), 1.0)
    fill = [int(v) for v in np.median(picture[0], axis=0)] if rng.random() < 0.7 else [0, 0, 0]
    return cv2.warpAffine(picture, matrix, (columns, rows), flags=cv2.INTER_LINEAR, borderValue=fill)


def _photograph(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return it as seen by a hand-held camera: in perspective, on some ground, unevenly lit, a little soft."""
    import cv2

    rows, columns = picture.shape[:2]
    source = np.array([[0, 0], [columns, 0], [columns, rows], [0, rows]], np.float32)
    reach = rng.uniform(-0.02, 0.12, (4, 2)) * [columns, rows]
    target = (source + reach * [[1, 1], [-1, 1], [-1, -1], [1, -1]]).astype(np.float32)
    ground = np.empty_like(picture)
    ground[:] = rng.integers(0, 256, 3) if rng.random() < 0.7 else rng.integers(0, 256)
    grain = rng.normal(0, 10, (rows // 4 + 1, columns // 4 + 1))
    ground = np.clip(ground + cv2.resize(grain, (columns, rows))[..., None], 0, 255).astype(np.uint8)
    matrix = cv2.getPerspectiveTransform(source, target)
    cover = cv2.warpPerspective(np.ones((rows, columns), np.float32), matrix, (columns, rows))[..., None]
    seen = cv2.warpPerspective(picture, matrix, (columns, rows), flags=cv2.INTER_LINEAR)
    seen = seen * cover + ground * (1 - cover)
    light = cv2.resize(rng.uniform(0.65, 1.15, (3, 3)), (columns, rows), interpolation=cv2.INTER_CUBIC)
    seen = np.clip(seen * light[..., None], 0, 255).astype(np.uint8)
    return cv2.GaussianBlur(seen, (0, 0), float(rng.uniform(0.3, 1.2)))
