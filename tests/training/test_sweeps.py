"""The network that spots potentials on sweeps, and the curves it learns from."""

from pathlib import Path

import numpy as np
import pytest
import torch

from training.job import Job
from training.sweeps.curves import Curve, curves, picture_curves
from training.sweeps.train import EITHER, batches, counts, loss, run, target, varied
from viewer.models.bundle import load_bundle, verify_bundle
from viewer.models.networks.sweep_waves import CHANNELS, SweepWaves
from viewer.reading.spotting import spans, together

PART = {
    "name": "only",
    "pieces": 1,
    "epochs": 1,
    "steps": 2,
    "batch": 4,
    "rate": 1e-3,
    "weight_decay": 0.0,
    "average": 0.5,
}
RECIPE = {"id": "screen-sweeps", "version": "0.1", "seed": 1, "piece": 2, "validation": 1, "test": 1}

pytestmark = pytest.mark.usefixtures("one_thread")


def test_most_potentials_of_plain_screens_lie_on_a_sweep_that_is_found_and_hold_its_largest_deflection():
    own = [c for n in range(12) for c in picture_curves(np.random.default_rng([2, n]), "ends", sheet=False)]
    rows = np.concatenate([c.spans for c in own])
    assert len(rows) > 15
    assert (rows[:, 0] <= rows[:, 2]).all()
    assert (rows[:, 2] < rows[:, 1]).all()
    highest = []
    for curve in own:
        away = np.maximum(curve.seen[0], curve.seen[1]).astype(float)
        highest += [away[int(p)] > np.median(away) + 1 for _, _, p, plain in curve.spans if plain]
    assert np.mean(highest) > 0.9


def test_the_same_piece_is_drawn_once_and_kept(tmp_path):
    first = curves(tmp_path, "train", pieces=1, pictures=2, jobs=1)
    (file,) = tmp_path.iterdir()
    drawn = file.stat().st_mtime_ns
    again = curves(tmp_path, "train", pieces=1, pictures=2, jobs=1)
    assert file.stat().st_mtime_ns == drawn
    assert [c.spans.tolist() for c in first] == [c.spans.tolist() for c in again]


def ramp(columns: int = 120) -> Curve:
    """A curve whose potential goes from column 40 to 60 and is largest at 50; a faint one from 90 to 100."""
    seen = np.zeros((CHANNELS, columns), np.float16)
    seen[0, 40:60] = 1 + np.minimum(np.arange(20), 20 - np.arange(20))
    return Curve(seen, np.array([(40, 60, 50, 1), (90, 100, 95, 0)], np.float32))


def test_a_target_has_its_peak_its_reach_and_leaves_faint_ones_open():
    wanted = target(ramp().spans, 120)
    assert np.flatnonzero(wanted[0] == 1).tolist() == [50]
    assert np.expm1(wanted[1:3, 50]) == pytest.approx([10, 9], abs=1e-4)
    assert (wanted[0, 90:100] == EITHER).all()
    assert wanted[3].sum() == 3


def test_spans_are_the_target_read_back():
    wanted = target(ramp().spans, 120)
    said = np.stack([np.where(wanted[0] > 0, 10 * wanted[0] - 5, -9), wanted[1], wanted[2]])
    assert spans(said, 0.5) == [(40, 60)]
    assert counts(said, ramp(), 0.5, 0.5) == (1, 1, 0)
    said[0, 95] = 5  # on the faint one: neither asked for nor wrong
    assert counts(said, ramp(), 0.5, 0.5) == (1, 1, 0)
    said[0, 10] = 5
    assert counts(said, ramp(), 0.5, 0.5) == (1, 1, 1)


def test_a_varied_curve_keeps_its_potential_where_it_is_and_as_wide_as_its_stretch():
    for seed in range(20):
        seen, rows = varied(ramp(), np.random.default_rng(seed))
        factor = seen.shape[1] / 120
        assert 0.5 <= factor <= 1.8
        first, last, peak, plain = rows[0]
        assert plain == 1
        assert last - first == pytest.approx(20 * factor)
        side = 0 if seen[0].max() > seen[1].max() else 1
        assert abs(int(np.argmax(seen[side])) - peak) <= 1.5


def test_the_network_learns_where_a_potential_is():
    torch.manual_seed(1)
    network = SweepWaves()
    optimiser = torch.optim.AdamW(network.parameters(), 3e-3)
    for epoch in range(2):
        for inputs, wanted in batches([ramp()], {"steps": 25, "batch": 8}, [1], epoch):
            optimiser.zero_grad()
            loss(network(inputs), wanted).backward()
            optimiser.step()
    network.eval()
    with torch.inference_mode():
        told = network(together([torch.from_numpy(ramp().seen.astype(np.float32))]))[0, :, :120].numpy()
    assert counts(told, ramp(), 0.3, 0.5) == (1, 1, 0)


def test_the_trainer_ends_in_a_bundle_that_gives_its_golden_output(tmp_path):
    bundle = run(Job(RECIPE | {"part": [PART]}, Path(), tmp_path))
    assert verify_bundle(bundle).passed
    own = load_bundle(bundle)
    assert own.card.role == "sweeps"
    assert {f.name for f in own.card.figures} == {
        f"{what}, IoU {o} along the sweep" for what in ("potentials spotted", "spans right") for o in (0.3, 0.5)
    }
