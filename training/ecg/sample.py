"""``python -m training.ecg.sample PICTURE.png``: the program's sample sheet, a simulated left bundle branch block."""

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np

from training.simulate.ecg import Plan, SimulatedEcg, simulate_ecg
from training.simulate.ecg_sheet import draw_sheet
from training.simulate.ecg_sheet_style import clean_style
from training.simulate.ecg_sheet_text import draw_text

PLAN = Plan(rate_bpm=74, pr_ms=172, conduction="lbbb", qtc_ms=425)
SEED = 5


def main() -> None:
    """Draw the sample."""
    import cv2

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("picture", type=Path)
    given = parser.parse_args()
    cv2.imwrite(str(given.picture), cv2.cvtColor(sample_sheet(), cv2.COLOR_RGB2BGR), [cv2.IMWRITE_PNG_COMPRESSION, 9])


def sample_sheet() -> np.ndarray:
    """Return the sample's picture, uint8 RGB."""
    style = clean_style(header_mm=16.0, text_mm=2.6)
    sheet, _ = draw_sheet(sample_record().signals_mv, 500.0, replace(style, titled=False))
    for line, (text, size) in enumerate((("SIMULATED 12-LEAD ECG", 1.2), ("No person's recording", 1.0))):
        at = (style.margin_mm[0] * style.px_per_mm, (style.margin_mm[1] + 4 + 5 * line) * style.px_per_mm)
        draw_text(sheet, text, *at, size * style.text_mm * style.px_per_mm, style.font, style.ink)
    return sheet


def sample_record() -> SimulatedEcg:
    """Return the record that the sample shows."""
    return simulate_ecg(PLAN, SEED, noise=0.35)


if __name__ == "__main__":
    main()
