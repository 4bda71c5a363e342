"""Simulated report sheets: what their truth says is where their ink is; matching found boxes with it."""

from dataclasses import replace

import numpy as np
import pytest

from training.emg.sheet_matching import match, targets_of
from training.simulate.emg_sheet import SheetBox, SheetTruth, render_sheet


@pytest.fixture(scope="module")
def sheets():
    """Six sheets as the machine drew them."""
    return [render_sheet(np.random.default_rng([1, n]), "validation", panels=4, degraded=False) for n in range(6)]


def test_the_same_seed_draws_the_same_sheet(sheets):
    again, truth = render_sheet(np.random.default_rng([1, 2]), "validation", panels=4, degraded=False)
    assert np.array_equal(again, sheets[2][0])
    assert truth == sheets[2][1]


def test_a_sheet_is_a_page_or_a_screenshot_with_its_panels_apart(sheets):
    for shown, truth in sheets:
        assert shown.dtype == np.uint8
        assert max(shown.shape[:2]) >= 900
        assert len(truth.panels) == 4
        for i, a in enumerate(truth.panels):
            for b in truth.panels[:i]:
                across = min(a.x + a.w, b.x + b.w) - max(a.x, b.x)
                down = min(a.y + a.h, b.y + b.h) - max(a.y, b.y)
                assert across <= 0 or down <= 0


def test_every_waveform_lies_in_its_panel_and_on_ink(sheets):
    seen = 0
    for shown, truth in sheets:
        for box in truth.boxes:
            panel = truth.panels[box.panel]
            assert panel.x - 1 <= box.x
            assert box.x + box.w <= panel.x + panel.w + 1
            assert panel.y - 1 <= box.y
            assert box.y + box.h <= panel.y + panel.h + 1
            if box.whole and not box.faint and box.w > 6:
                x, y, w, h = (round(v) for v in (box.x, box.y, box.w, box.h))
                part = shown[y : y + h, x : x + w].astype(int)
                assert np.abs(part - np.median(part, axis=(0, 1))).max() > 60  # the curve, against its ground
                seen += 1
    assert seen > 20


def test_classes_follow_their_generators(sheets):
    labels = {"positive sharp wave": "PSW", "fibrillation": "Fibs"}
    for _, truth in sheets:
        for box in truth.boxes:
            assert box.label == labels.get(box.generator, "Others")


def test_boxes_follow_a_photograph():
    moved = []
    for seed in range(4):
        shown, own = render_sheet(np.random.default_rng([2, seed]), "train", panels=3)
        assert max(shown.shape[:2]) >= 900
        assert len(own.panels) == 3
        moved += [b for b in own.boxes if not (b.x >= 0 and b.x + b.w <= shown.shape[1] + 1)]
    assert not moved


def box(x: float, y: float, w: float, h: float, label: str = "Fibs", **facts) -> SheetBox:
    return SheetBox(label, "fibrillation", 0, facts.pop("sweep", 0), x, y, w, h, **facts)


TRUTH = SheetTruth((), (box(100, 50, 20, 40), box(200, 50, 20, 40, "PSW"), box(300, 80, 20, 4, faint=True)), True)


def test_a_box_on_its_potential_is_a_hit_and_one_beside_it_is_not():
    found = match([(101, 51, 121, 91), (150, 50, 170, 90)], TRUTH)
    assert (found.targets, found.boxes) == (2, 2)
    assert found.hits == (1, 1, 1)
    assert found.right == (1, 1, 1)
    assert found.pairs == (("Fibs", 0),)
    assert found.missed == ("PSW",)
    assert found.false == (1,)


def test_overlap_between_three_and_five_tenths_counts_once():
    found = match([(100, 50, 143, 90)], TRUTH)  # 20 of 43 pixels wide: IoU 0.47
    assert found.hits == (1, 0, 1)


def test_what_is_faint_is_neither_asked_for_nor_counted_against():
    assert match([(300, 78, 320, 86)], TRUTH).boxes == 0


def test_overlapping_potentials_of_a_sweep_are_one_target():
    near = replace(TRUTH, boxes=(box(100, 50, 20, 40), box(112, 40, 20, 60), box(112, 250, 20, 40, sweep=1)))
    targets, _ = targets_of(near)
    assert [len(t.members) for t in targets] == [2, 1]
    assert targets[0].bounds == (100, 40, 132, 100)
    assert match([(100, 40, 132, 100), (112, 250, 132, 290)], near).hits == (2, 2, 2)
    assert match([(112, 40, 132, 100)], near).hits[1] == 1  # the larger of them alone is right too


def test_the_figures_of_sheets_tell_panels_found_named_and_named_right():
    from training.emg.sheets import SheetResult, sheet_figures

    own = match([(101, 51, 121, 91), (150, 50, 170, 90)], TRUTH)
    panels = (("PSW", "PSW"), ("Fibs", "PSW"), ("Fibs", "uncertain"), ("Others", ""))
    told = {
        (f["name"], f["label"]): f for f in sheet_figures([SheetResult(own, ("Fibs", "uncertain"), 1.0, panels)], "")
    }
    found = told["panels found on sheets, IoU 0.5", ""]
    assert (found["value"], found["count"]) == (0.75, 4)
    assert told["found panels named, not uncertain", ""]["value"] == pytest.approx(2 / 3, abs=1e-3)
    assert told["class of found and named panels right", ""]["value"] == 0.5
    assert told["waveforms found on sheets, IoU 0.3", ""]["value"] == 0.5
