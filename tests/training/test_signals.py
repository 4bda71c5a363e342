"""The network that judges sweeps: the pictures it learns from, its trainer, and how it is weighed."""

import numpy as np
import pytest
import torch

from training.emg.figures import Results
from training.emg.real import FILES, load_real
from training.job import Job
from training.signals.drawn import KNOWN, Signals, bare_signals, picture_signals
from training.signals.measure import recall_at_precision, sharp_wave_figures, weighed
from training.signals.pictures import signals
from training.signals.run import run
from training.signals.train import HEAD, WithMore, batches, grouped, loss, plain, together, varied
from training.simulate.emg.parameters import LABELS
from training.simulate.emg_screen import render_screen
from viewer.models.bundle import load_bundle, verify_bundle
from viewer.models.networks.sweep_signals import CELL, SweepSignals
from viewer.reading.signals import CHANNELS, enlarging, stretched
from viewer.resources import resources_dir

SCREENS = resources_dir() / "models" / "emg-screens"

pytestmark = pytest.mark.usefixtures("one_thread")


def made(columns=400, wave=(80, 120), label=0, facts=None):
    """A picture of one sweep with one wave, of a class."""
    seen = np.zeros((CHANNELS, columns), np.float16)
    seen[-1] = 1
    seen[label % 2, slice(*wave)] = 3
    bits = np.full(columns, 1 << KNOWN, np.uint8)
    bits[slice(*wave)] |= 1 << label
    known = {"generator": "fibrillation", "inverted": False, "label": ("PSW", "Fibs", "Others")[label]}
    return Signals(seen, bits, np.eye(3, dtype=np.float32)[label], 4.0, known | (facts or {}))


def test_the_columns_of_a_class_are_where_the_curve_leaves_its_baseline():
    away, rest = [], []
    for n in range(12):
        drawn = render_screen(np.random.default_rng([3, n]), "PSW", "ends", inverted=False, cut_out=False)
        own = picture_signals(*drawn, "simulated", keep=True)
        here = (own.bits & 1).astype(bool)
        size = np.maximum(own.seen[0], own.seen[1]).astype(float)
        if here.any():
            away.append(np.quantile(size[here], 0.8))
            rest.append(np.median(size[(own.bits >> KNOWN & 1).astype(bool) & ~here]))
        assert own.fitted.shape == (384, 528)
        assert own.facts["label"] == "PSW"
    assert len(away) >= 8  # on the others the sweep is lost
    assert np.mean(np.array(away) > np.array(rest) + 1) > 0.8


@pytest.mark.parametrize(("label", "least_ms", "most_ms"), [("Fibs", 1, 6), ("PSW", 6, 40)])
def test_potentials_on_bare_curves_last_as_long_as_the_literature_says(label, least_ms, most_ms):
    found, lengths = 0, []
    for n in range(40):
        own = bare_signals(np.random.default_rng([4, n]), label)
        assert own.facts["label"] == label
        here = np.flatnonzero(np.diff(np.concatenate([[0], own.bits >> LABELS.index(label) & 1, [0]]).astype(int)))
        found += bool(len(here))
        lengths += ((here[1::2] - here[::2]) / own.px_per_ms).tolist() if own.px_per_ms > 2 else []
    assert found >= 32  # on the others the sweep is lost
    assert least_ms <= np.median(lengths) <= most_ms


def test_pieces_of_other_hands_hold_their_classes_and_are_the_same_again(tmp_path):
    for part in ("others", "bare"):
        first = signals(tmp_path / "a", part, range(1), 6, None, 1)
        again = signals(tmp_path / "b", part, range(1), 6, None, 1)
        assert first
        assert all(one.fitted is None and one.facts["label"] in LABELS for one in first)
        assert all(np.array_equal(a.seen, b.seen) and a.facts == b.facts for a, b in zip(first, again, strict=True))


def test_few_columns_are_stretched_for_the_network_and_many_are_not():
    assert (enlarging(100), enlarging(512), enlarging(5000)) == (3.0, 2.0, 1.0)
    rows = made(columns=200).seen.astype(np.float32)
    rows[-1, 150:] = 0  # after its sweep's end
    longer = stretched(rows, 2.0)
    assert longer.shape == (CHANNELS, 400)
    assert set(np.unique(longer[-1])) == {0.0, 1.0}
    assert np.abs(longer[:, longer[-1] == 0]).max() == 0
    assert np.flatnonzero(longer[0] > 1.5)[[0, -1]] == pytest.approx([160, 239], abs=1)


def test_a_picture_without_a_sweep_is_kept_where_it_is_measured():
    blank = np.full((300, 400, 3), 255, np.uint8)
    _, truth = render_screen(np.random.default_rng(1), "Others", "ends")
    own = picture_signals(blank, truth, "simulated", keep=True)
    assert own.seen.shape == (CHANNELS, 0)
    assert own.fitted.shape == (384, 528)


def test_the_same_piece_is_drawn_once_and_kept(tmp_path):
    first = signals(tmp_path, "inner", range(1), 3, None, 1)
    (file,) = tmp_path.iterdir()
    drawn = file.stat().st_mtime_ns
    again = signals(tmp_path, "inner", range(1), 3, None, 1)
    assert file.stat().st_mtime_ns == drawn
    assert len(first) == 3
    assert all(np.array_equal(a.seen, b.seen) and a.facts == b.facts for a, b in zip(first, again, strict=True))


def test_a_target_says_the_class_the_generator_and_the_cells():
    inputs, targets = together([plain(made(label=1), True), plain(made(200, (0, 8)), False)])
    cells = inputs.shape[3] // CELL
    assert inputs.shape[:2] == (2, CHANNELS + 1)
    assert inputs[0, -1].max() > 0
    assert inputs[1, -1].max() == 0  # its scale is not told
    own = targets[:, HEAD:].reshape(2, 3, cells)
    # 400 columns are few and seen 2.56 times as long: the potential from 80 to 120 lies from 205 to 307
    assert np.flatnonzero(own[0, 1] == 1).tolist() == list(range(25, 39))
    assert own[0, 0].max() == 0
    assert (own[1, :, 75:] == -1).all()  # beyond the sweep's end (200 columns, seen as 600) nothing is known
    assert targets[:, :3].argmax(1).tolist() == [1, 0]


def test_groups_hold_every_picture_once_and_no_more_columns_than_a_batch_may():
    lengths = list(np.random.default_rng(1).integers(50, 9000, 300))
    groups = grouped(lengths, np.arange(300))
    assert sorted(i for g in groups for i in g) == list(range(300))
    assert all(len(g) * max(lengths[i] for i in g) <= 49152 or len(g) == 1 for g in groups)


def test_a_varied_picture_keeps_its_waves():
    for seed in range(40):
        seen, bits, _, _ = varied(made(), np.random.default_rng(seed))
        factor = seen.shape[1] / 400
        assert 0.69 <= factor / 2.56 <= 1.51
        assert len(bits) == seen.shape[1]
        here = np.flatnonzero(bits & 1)
        assert here[0] == pytest.approx(80 * factor, abs=factor)
        assert len(here) == pytest.approx(40 * factor, abs=factor)
        assert seen[0, here].min() > seen[0, : here[0] - 2].max()


def test_about_half_of_the_pictures_come_with_a_scale_that_is_nearly_right():
    told = []
    for seed in range(300):
        seen, _, known, _ = varied(made(), np.random.default_rng(seed))
        told.append(known / (4 * seen.shape[1] / 400))
    off = np.log(np.array(told)[np.array(told) > 0])
    assert len(off) / 300 == pytest.approx(0.55, abs=0.09)
    assert np.median(np.abs(off)) < 0.1
    assert 0 < np.mean(np.abs(off) > 0.5) < 0.08  # now and then it is quite wrong


def test_the_network_learns_two_kinds_of_waves_apart():
    torch.manual_seed(1)
    both = WithMore(SweepSignals(3))
    own = [made(label=n % 2, wave=(40 + 9 * n, 80 + 9 * n)) for n in range(16)]
    optimiser = torch.optim.AdamW(both.parameters(), 2e-3)
    for inputs, wanted in batches(own, [1], 25, 0):
        optimiser.zero_grad()
        loss(both(inputs), wanted).backward()
        optimiser.step()
    both.eval()
    with torch.inference_mode():
        said = both(together([plain(o, True) for o in own])[0])[:, :3]
    assert (said.argmax(1).numpy() == np.arange(16) % 2).all()


def test_points_are_those_that_keep_the_wanted_precision(tmp_path):
    screens = load_bundle(SCREENS)
    own = signals(tmp_path, "validation", range(1), 24, None, 1)
    torch.manual_seed(1)
    how = weighed(screens, SweepSignals(3).eval(), (0.2, 0.4), own, [])
    assert (how.sha256, how.shares) == (screens.card.weights_sha256, (0.2, 0.4))
    assert how.temperature < 1  # what an untrained network is not sure of is made up for
    assert set(how.operating_points) == {"PSW", "Fibs", "Others"}
    assert all(0.5 <= p <= 0.9999 for p in how.operating_points.values())
    assert how.uncertain_below >= 0.5


@pytest.fixture
def emg_data(tmp_path):
    """A folder as the real recordings lie in one, of made-up motor units."""
    rng = np.random.default_rng(1)
    for name, file in FILES.items():
        rate = 10000 if file.endswith(".dat") else 4000
        microvolts = rng.normal(0, 5, 6 * rate)
        for at in range(rate // 8, len(microvolts) - 80, rate // 8):
            microvolts[at : at + 80] += 400 * np.sin(np.linspace(0, 2 * np.pi, 80))
        path = tmp_path / "data" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        if file.endswith(".dat"):
            (microvolts / 2).astype(">i2").tofile(path)
        else:
            path.write_text("\n".join(f"{n / rate:.5f} {v / 1000:.5f}" for n, v in enumerate(microvolts)))
        assert load_real(tmp_path / "data", (name,))[0].recording.duration_s == pytest.approx(6)
    return tmp_path / "data"


def test_the_trainer_ends_in_a_bundle_that_says_how_it_is_heard(tmp_path, emg_data):
    part = {"name": "only", "epochs": 1, "steps": 2, "rate": 1e-3, "weight_decay": 0.0, "average": 0.5}
    part |= {"pieces": {"ends": 1, "others": 1, "bare": 1}}
    recipe = {"id": "screen-signals", "version": "0.1", "seed": 1, "piece": 8, "part": [part], "shares": [0.2, 0.4]}
    recipe |= {"validation": 1, "tuning": 1, "real": 1, "test": [0, 5], "stranger": [0, 1]}
    bundle = run(Job(recipe, emg_data, tmp_path / "out"))
    assert verify_bundle(bundle).passed
    own = load_bundle(bundle).card
    assert own.role == "signals"
    assert own.beside["emg-screens"].sha256 == load_bundle(SCREENS).card.weights_sha256
    assert "accuracy of the network of sweeps alone" in {f.name for f in own.figures}


def test_the_recall_at_a_precision_stops_before_the_first_calls_that_are_too_often_wrong():
    truth = np.array([0] * 400 + [2] + [0] * 100 + [2] * 20)
    share = np.linspace(0.99, 0.01, len(truth))
    own = Results(np.stack([share, 0 * share, 1 - share], 1), truth, [{"generator": "x"}] * len(truth))
    assert recall_at_precision(own, np.arange(len(truth))) == 1.0  # 500 of 501
    worse = np.r_[np.arange(150), [400] * 3, np.arange(150, 400)]
    order = Results(own.probability[np.arange(len(worse))], truth[worse], [{}] * len(worse))
    assert recall_at_precision(order, np.arange(len(worse))) == pytest.approx(150 / 400)
    alike = [{"generator": "PSW-shaped MUAP" if t == 2 else "positive sharp wave"} for t in truth]
    with_all, without = sharp_wave_figures(Results(own.probability, truth, alike), "here")
    assert (with_all["count"], without["count"]) == (521, 500)
