"""Simulated ECGs: the leads' laws, and what was asked for measured back from the signal."""

import csv

import numpy as np
import pytest

from training.ecg.beats import beat_times, heart_rate
from training.simulate.ecg import CLASSES, DOWER, Plan, random_plan, simulate, simulate_ecg
from viewer.formats import open_study
from viewer.study import TWELVE_LEADS

RATE = 500.0


def lead(ecg, name):
    return ecg.signals_mv[TWELVE_LEADS.index(name)]


def mean_beat(ecg, name, before_s=0.5, after_s=0.6):
    """Return the mean of whole beats round the QRS times."""
    x, at = lead(ecg, name), np.round(ecg.beats_s * RATE).astype(int)
    first, last = round(before_s * RATE), round(after_s * RATE)
    return np.mean([x[a - first : a + last] for a in at if a > first and a + last < len(x)], axis=0)


@pytest.mark.parametrize("noise", [0.0, 1.0])
def test_limb_leads_obey_einthoven_and_goldberger(noise):
    ecg = simulate_ecg(Plan(), 3, noise=noise)
    one, two, three, avr, avl, avf = ecg.signals_mv[:6]
    np.testing.assert_allclose(three, two - one, atol=1e-5)
    np.testing.assert_allclose(avr, -(one + two) / 2, atol=1e-5)
    np.testing.assert_allclose(avl, one - two / 2, atol=1e-5)
    np.testing.assert_allclose(avf, two - one / 2, atol=1e-5)


def test_dower_matrix_is_the_published_one():
    # Dower, Machado & Osborne 1980: V2 = 0.044 X + 0.164 Y - 1.387 Z, and so on
    np.testing.assert_allclose(DOWER[7], (0.044, 0.164, -1.387))
    np.testing.assert_allclose(DOWER[0], (0.632, -0.235, 0.059))


@pytest.mark.parametrize("rate", [42, 58, 75, 110, 150])
def test_heart_rate_is_measured_back(rate):
    ecg = simulate_ecg(Plan(rate_bpm=rate), rate)
    inside = ecg.beats_s[(ecg.beats_s > 0.2) & (ecg.beats_s < 9.8)]
    found = beat_times(ecg.signals_mv, RATE)
    assert heart_rate(found) == pytest.approx(rate, rel=0.03)
    assert all(np.abs(found - beat).min() < 0.05 for beat in inside)


@pytest.mark.parametrize("pr_ms", [130, 180, 260, 330])
def test_pr_interval_is_measured_back(pr_ms):
    ecg = simulate_ecg(Plan(rate_bpm=60, pr_ms=pr_ms), 8, noise=0)
    beat = np.abs(mean_beat(ecg, "II", 0.55))
    t = (np.arange(len(beat)) / RATE - 0.55) * 1000  # ms from the QRS complex's middle
    qrs_onset = t[np.flatnonzero((np.abs(np.gradient(beat)) > 0.012) & (t > -70))[0]]
    p_peak = t[np.argmax(np.where((t > -pr_ms - 80) & (t < qrs_onset - 40), beat, 0))]
    assert qrs_onset - p_peak + 50 == pytest.approx(pr_ms, abs=25)  # a P wave of about 100 ms peaks in its middle


@pytest.mark.parametrize(("conduction", "low", "high"), [("normal", 60, 110), ("rbbb", 120, 190), ("lbbb", 120, 200)])
def test_qrs_duration_by_conduction(conduction, low, high):
    for seed in range(4):
        ecg = simulate_ecg(Plan(conduction=conduction, pr_ms=195, rate_bpm=62), seed, noise=0)
        assert low < ecg.qrs_ms < high
        slopes = np.max([np.abs(np.gradient(mean_beat(ecg, name, 0.12, 0.13))) for name in TWELVE_LEADS], axis=0)
        steep = np.flatnonzero(slopes > 0.08 * slopes.max())
        assert np.ptp(steep) / RATE * 1000 == pytest.approx(ecg.qrs_ms, abs=35)


def test_bundle_branch_blocks_look_as_defined():
    # Surawicz et al. 2009: RBBB late R' in V1 and S in I; LBBB QS or rS in V1, broad R in I and V6 without q
    for seed in range(3):
        right = simulate_ecg(Plan(conduction="rbbb"), seed, noise=0)
        v1, one = mean_beat(right, "V1", 0.15, 0.15), mean_beat(right, "I", 0.15, 0.15)
        late = slice(round(0.17 * RATE), round(0.23 * RATE))  # 20 to 80 ms after the middle
        assert v1[late].max() > 0.15
        assert one[late].min() < -0.05
        left = simulate_ecg(Plan(conduction="lbbb"), seed, noise=0)
        v1, v6 = mean_beat(left, "V1", 0.15, 0.12), mean_beat(left, "V6", 0.15, 0.12)
        assert v1.min() < -0.3
        assert v1.max() < 0.3 * -v1.min()
        assert v6.max() > 0.3


@pytest.mark.parametrize("st_mv", [0.3, -0.2])
def test_st_shift_is_measured_back(st_mv):
    shifted = simulate_ecg(Plan(rate_bpm=60, st_mv=st_mv), 6, noise=0)
    at = [round((b + 0.1) * RATE) for b in shifted.beats_s if 0.5 < b < 9]
    before = [round((b - 0.09) * RATE) for b in shifted.beats_s if 0.5 < b < 9]
    moved = np.median(shifted.signals_mv[:, at] - shifted.signals_mv[:, before], axis=1)
    largest = moved.max() if st_mv > 0 else np.delete(moved, TWELVE_LEADS.index("aVR")).min()
    assert largest == pytest.approx(st_mv, abs=0.1)


def test_atrial_fibrillation_is_irregular_and_has_no_p_waves():
    af, sinus = simulate_ecg(Plan(rhythm="af", rate_bpm=90), 2), simulate_ecg(Plan(rate_bpm=90), 2)
    assert np.std(np.diff(af.beats_s)) / np.mean(np.diff(af.beats_s)) > 0.1
    assert np.std(np.diff(sinus.beats_s)) / np.mean(np.diff(sinus.beats_s)) < 0.05
    assert af.pr_ms is None


@pytest.mark.parametrize("finding", CLASSES)
def test_a_plan_for_a_finding_has_it(finding):
    for seed in range(20):
        labels = random_plan(np.random.default_rng(seed), finding).labels()
        assert labels[finding]
        assert not (labels["Normal"] and any(v for k, v in labels.items() if k != "Normal"))


def test_files_hold_what_was_simulated(tmp_path):
    counts = simulate(tmp_path, 3, seed=4)
    with (tmp_path / "labels.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert [row["id"] for row in rows] == ["sim00000", "sim00001", "sim00002"]
    assert counts == {c: sum(int(row[c]) for row in rows) for c in CLASSES}
    read = open_study(tmp_path / "sim00001.hea").waveform
    assert (read.rate_hz, read.channels, set(read.units)) == (500, TWELVE_LEADS, {"mV"})
    rng = np.random.default_rng((4, 1))
    np.testing.assert_allclose(read.samples, simulate_ecg(random_plan(rng), rng).signals_mv, atol=0.002)
