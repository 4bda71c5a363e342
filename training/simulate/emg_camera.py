"""What happens to a screen on its way to a file: JPEG, scaling, a camera's view of it, a print and a scanner."""

import numpy as np

from training.simulate.emg.draws import Draw


def degrade(draw: Draw, picture: np.ndarray, crop: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return the picture as it arrives and the 3x3 matrix from the old pixels to the new ones."""
    matrix = np.eye(3)
    if not crop and draw.chance(0.22):
        picture, matrix = photographed(draw, picture)
    elif draw.chance(0.1):
        picture, matrix = printed(draw, picture)
    if draw.chance(0.35):
        picture, change = scaled(draw, picture)
        matrix = change @ matrix
    if draw.chance(0.12):
        import cv2

        picture = cv2.GaussianBlur(picture, (0, 0), draw.between(0.4, 1.4))
    if draw.chance(0.12):
        picture = _noisy(draw, picture, draw.between(2, 14))
    if draw.chance(0.2):
        picture = _toned(draw, picture)
    if draw.chance(0.08):
        picture = np.repeat(picture.mean(2, keepdims=True).astype(np.uint8), 3, axis=2)
    if draw.chance(0.5):
        picture = _jpeg(picture, round(draw.between(18, 95)))
    return picture, matrix


def photographed(draw: Draw, picture: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return a camera's view of a screen: perspective, bezel, moire, glare, colour cast, vignette, noise."""
    import cv2

    h, w = picture.shape[:2]
    scale = min(1.0, draw.between(700, 1100) / w)
    round_it = draw.pick((draw.between(1.02, 1.25), draw.between(1.25, 1.8)), (3, 2))  # wall and desk are seen as well
    out_w, out_h = round(w * scale * round_it), round(h * scale * round_it * draw.between(0.9, 1.2))
    shake = draw.between(0.005, 0.06)
    corners = np.array([(0, 0), (w, 0), (w, h), (0, h)], np.float32)
    inner = np.array([(0, 0), (w * scale, 0), (w * scale, h * scale), (0, h * scale)])
    inner += ((out_w - w * scale) / 2, (out_h - h * scale) / 2)
    target = inner + draw.rng.uniform(-shake, shake, (4, 2)) * (out_w, out_h)
    angle = np.deg2rad(draw.rng.normal(0, 1.6))
    turn = np.array([(np.cos(angle), -np.sin(angle)), (np.sin(angle), np.cos(angle))])
    target = ((target - (out_w / 2, out_h / 2)) @ turn.T + (out_w / 2, out_h / 2)).astype(np.float32)
    matrix = cv2.getPerspectiveTransform(corners, target)
    desk = tuple(int(v) for v in draw.rng.integers(5, 120, 3))
    view = cv2.warpPerspective(picture, matrix, (out_w, out_h), flags=cv2.INTER_AREA, borderValue=desk)
    if draw.chance(0.5):  # the screen's frame
        frame = tuple(int(v) for v in draw.rng.integers(0, 255, 3))
        cv2.polylines(view, [target.astype(np.int32)], True, frame, round(draw.between(4, 60, log=True)), cv2.LINE_AA)
    field = np.ones((out_h, out_w), np.float32)
    yy, xx = np.mgrid[0:out_h, 0:out_w].astype(np.float32)
    if draw.chance(0.6):  # moire: two gratings of nearly the same pitch
        pitch, tilt = draw.between(2.5, 40, log=True), draw.rng.uniform(-0.5, 0.5)
        field += draw.between(0.03, 0.16) * np.sin(2 * np.pi * (xx + tilt * yy) / pitch)
        if draw.chance(0.5):
            field += draw.between(0.02, 0.1) * np.sin(2 * np.pi * (yy - tilt * xx) / draw.between(2.5, 40, log=True))
    if draw.chance(0.6):
        field *= 1 - draw.between(0.1, 0.5) * (((xx / out_w - 0.5) ** 2 + (yy / out_h - 0.5) ** 2) * 2)
    shown = view.astype(np.float32) * field[..., None] * draw.rng.uniform(0.82, 1.12, 3).astype(np.float32)
    shown = shown * draw.between(0.7, 1.0) + draw.between(0, 45)
    if draw.chance(0.45):  # glare
        gx, gy, size = draw.rng.random() * out_w, draw.rng.random() * out_h, draw.between(0.05, 0.35) * out_w
        spot = np.exp(-(((xx - gx) / size) ** 2 + ((yy - gy) / (size * draw.between(0.4, 1.5))) ** 2))
        shown += (draw.between(30, 150) * spot)[..., None]
    view = np.clip(shown, 0, 255).astype(np.uint8)
    if draw.chance(0.6):
        view = cv2.GaussianBlur(view, (0, 0), draw.between(0.4, 1.2))
    return _noisy(draw, view, draw.between(1, 9)), matrix


def printed(draw: Draw, picture: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return a print-out, scanned: a little turned, washed out, on paper with grain."""
    import cv2

    h, w = picture.shape[:2]
    matrix = np.vstack(
        [cv2.getRotationMatrix2D((w / 2, h / 2), draw.rng.normal(0, 1.0), draw.between(0.94, 1.0)), (0, 0, 1)]
    )
    paper = draw.integer(225, 255)
    view = cv2.warpAffine(picture, matrix[:2], (w, h), flags=cv2.INTER_AREA, borderValue=(paper, paper, paper))
    washed = 255 - (255 - view.astype(np.float32)) * draw.between(0.55, 1.0)
    return _noisy(draw, np.clip(washed, 0, 255).astype(np.uint8), draw.between(0.5, 6)), matrix


def scaled(draw: Draw, picture: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the picture smaller or larger, perhaps of another aspect, and the matrix to it."""
    import cv2

    h, w = picture.shape[:2]
    least = min(1.0, 90 / min(h, w))
    fx = max(least, draw.between(0.5, 1.3))
    # data sets are often stored as squares, whatever the aspect was
    fy = max(least, fx * draw.pick((1.0, draw.between(0.75, 1.3), draw.between(0.5, 2.0, log=True)), (6, 2, 1)))
    size = round(w * fx), round(h * fy)
    ways = (cv2.INTER_AREA, cv2.INTER_LINEAR, cv2.INTER_NEAREST, cv2.INTER_CUBIC)
    way = draw.pick(ways, (4, 3, 1, 2))
    return cv2.resize(picture, size, interpolation=way), np.diag([size[0] / w, size[1] / h, 1.0])


def _noisy(draw: Draw, picture: np.ndarray, sd: float) -> np.ndarray:
    import cv2

    noise = np.empty(picture.shape, np.int16)
    cv2.setRNGSeed(int(draw.rng.integers(1 << 30)))
    cv2.randn(noise, (0.0,) * 3, (sd,) * 3)  # type: ignore[call-overload]
    return cv2.add(picture, noise, dtype=cv2.CV_8U)


def _toned(draw: Draw, picture: np.ndarray) -> np.ndarray:
    table = (np.arange(256) / 255) ** draw.between(0.6, 1.6)
    low, high = draw.between(0, 40), draw.between(190, 255)
    return np.clip(low + table * (high - low), 0, 255).astype(np.uint8)[picture]


def _jpeg(picture: np.ndarray, quality: int) -> np.ndarray:
    import cv2

    done, data = cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise RuntimeError("OpenCV could not write a JPEG")
    return cv2.imdecode(data, cv2.IMREAD_COLOR_RGB)  # type: ignore[return-value]
