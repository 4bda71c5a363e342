"""A part of a study that a person marked, to be read by itself."""

from dataclasses import dataclass, replace

from viewer.study.image import Image
from viewer.study.study import Study


@dataclass(frozen=True)
class Region:
    """A rectangle of a picture (``x``, ``y``, ``w``, ``h`` in upright pixels) or a span of a recording (seconds)."""

    x: float = 0.0
    y: float = 0.0
    w: float = 0.0
    h: float = 0.0
    start_s: float = 0.0
    end_s: float = 0.0

    def crop(self, study: Study) -> Study:
        """Return the study cut down to this region. Raises ValueError where nothing is left."""
        content = study.content
        if isinstance(content, Image):
            x0, y0 = max(0, round(self.x)), max(0, round(self.y))
            x1, y1 = min(content.columns, round(self.x + self.w)), min(content.rows, round(self.y + self.h))
            if x1 - x0 < 8 or y1 - y0 < 8:
                raise ValueError("the marked region is smaller than 8 x 8 pixels")
            return replace(study, content=replace(content, pixels=content.pixels[y0:y1, x0:x1]))
        first = max(0, round(self.start_s * content.rate_hz))
        last = min(content.samples.shape[1], round(self.end_s * content.rate_hz))
        if last - first < 8:
            raise ValueError("the marked region is shorter than 8 samples")
        return replace(study, content=replace(content, samples=content.samples[:, first:last]))
