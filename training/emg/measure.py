"""From the trained EMG screen network to its bundle: calibration, operating points, figures, faithful maps or not.

``python -m training.emg.measure BUNDLE --out OUT [--shard N]`` prints what a bundle reaches on any shard of test
pictures, and on those of the stranger, which nothing was trained on.
"""

import argparse
import json
import tomllib
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from training.emg.card import PRECISION_WANTED, card_of
from training.emg.figures import (
    STRANGER,
    UNSEEN,
    Results,
    by_generator,
    confusion,
    picture_figures,
    print_figures,
    real_figures,
    scale_figures,
    share,
    simulated_figures,
)
from training.emg.pictures import HEIGHT, WIDTH, Shard, real_shard, shard, stranger_shard
from training.emg.real import TEST, TRAIN
from training.emg.train import MEAN, STD, go_on_from, outputs, scaled, tensors, true_scales
from training.export import export_bundle
from training.faithfulness import measure_faithfulness, pointing_game
from training.metrics import fit_temperature
from training.simulate.emg.parameters import LABELS
from viewer.models.bundle import load_bundle
from viewer.models.networks.screen_waves import ScreenWaves
from viewer.models.preprocessing.picture import to_tensor

TEST_SHARD = 9  # no picture of it was looked at before this version was measured
SURE, FALSE_CALLS, UPSIDE_DOWN = 0.97, 0.02, 0.25


def finish(network: ScreenWaves, recipe: dict, data: Path, out: Path, jobs: int, before: Path | None = None) -> None:
    """Measure the network as it ships (weights rounded to half precision) and write its bundle into ``out/bundle``.

    ``before``: an earlier bundle, whose accuracy on the same pictures is told beside.
    """
    network = network.half().float().eval()
    counts = recipe["pictures"]
    validation = shard(out / "pictures", 1, counts["tuning"], "validation", None, (), jobs)
    logits = kept_logits(network, validation, out / "tuning.npy")
    upright = ~np.array([f["inverted"] for f in validation.facts])
    truth = np.asarray(validation.targets).argmax(1)
    temperature = fit_temperature(logits[upright], truth[upright], exclusive=True)
    every = results(logits, validation, temperature)
    tuned = every.where(upright)
    points = operating_points(tuned)
    real = {}
    for name in (*TEST, *TRAIN):
        screens = real_shard(out / "pictures", name, counts["real_test"], data)
        kept = kept_logits(network, screens, out / f"real-{name.replace(' ', '-')}.npy")
        real[name] = results(kept, screens, temperature)
    sure = uncertain_below(tuned, [real[name] for name in TRAIN], every.where(~upright))
    print(
        f"validation: accuracy {float((tuned.called == tuned.truth).mean()):.4f}; {points}, uncertain below {sure:.2f}"
    )
    test = shard(out / "pictures", TEST_SHARD, counts["test"], "inner", None, (), jobs)
    unseen = results(kept_logits(network, test, out / "test.npy"), test, temperature)
    figures = simulated_figures(unseen, points, sure)
    told = results(kept_logits(network, test, out / "test-told.npy", scale=True), test, temperature)
    figures += scale_figures(told)
    strange = stranger_shard(out / "pictures", counts["stranger"])
    by_stranger = results(kept_logits(network, strange, out / "stranger.npy"), strange, temperature)
    figures += picture_figures(by_stranger, points, sure, STRANGER)
    for name, own in real.items():
        figures += real_figures(own, name, points, sure)
    if before is not None:
        figures.append(accuracy_of(before, test))
    about_maps = maps_of(network, test, unseen, out / "maps.json")
    card = card_of(recipe, points, temperature, sure, figures, about_maps)
    bundle = out / "bundle" / recipe["id"]
    golden, _ = tensors(test, np.array([int(np.flatnonzero(unseen.fact("label") == "PSW")[0])]))
    export_bundle(network, scaled(golden, true_scales(test, np.array([0]))), card, bundle)
    (out / "figures.json").write_text(json.dumps(figures + about_maps["figures"], indent=1, default=float))
    print_figures(figures + about_maps["figures"])
    print(f"temperature {temperature:.3f}, operating points {points}, uncertain below {sure:.2f}; {about_maps['note']}")
    upright_test = unseen.where(~unseen.fact("inverted"))
    print(confusion(upright_test))
    print(by_generator(upright_test))
    misread_sheet(test, unseen, out / "misread.png")


def kept_logits(network: ScreenWaves, own: Shard, path: Path, scale: bool = False) -> np.ndarray:
    """Return the logits of a shard's pictures; they are kept, so that a cut-off measurement goes on.

    ``scale``: with their true time scale; otherwise as pictures on which none was read.
    """
    if not path.exists():
        rows = np.arange(len(own.facts))
        np.save(path, outputs(network, own, rows, px_per_ms=true_scales(own, rows) if scale else None))
    return np.load(path)


def maps_of(network: ScreenWaves, test: Shard, unseen: Results, path: Path) -> dict[str, Any]:
    """Return the card's ``maps``: their faithfulness and the pointing game on 48 right pictures; kept as well."""
    if not path.exists():
        rows, classes, truths = _with_waves(test, unseen, 48)
        inputs = tensors(test, rows)[0]
        data = "simulated, unseen looks and ranges"
        maps = measure_faithfulness(network, inputs, classes, seed=1, exclusive=True, data=data)
        pointing = pointing_game(network, inputs, classes, truths, data=data)
        told = {"figures": [*maps.figures, *pointing], "faithful": maps.faithful, "note": maps.note}
        path.write_text(json.dumps(told, default=float))
    return json.loads(path.read_text())


def accuracy_of(bundle: Path, test: Shard) -> dict[str, Any]:
    """Return the first version's accuracy on the same upright pictures, fitted to its own size."""
    import cv2

    card = tomllib.loads((bundle / "card.toml").read_text("utf-8"))
    size = card["preprocessing"]["arguments"]["width"], card["preprocessing"]["arguments"]["height"]
    network = ScreenWaves(len(LABELS))
    go_on_from(network, bundle)
    network.eval()
    right = []
    for row, facts in enumerate(test.facts):
        if not facts["inverted"]:
            fitted = cv2.resize(test.pictures[row].copy(), size, interpolation=cv2.INTER_AREA)
            with torch.inference_mode():
                logits = network(to_tensor(fitted, 1, MEAN, STD)[None])
            right.append(LABELS[int(logits.argmax())] == facts["label"])
    return share(f"accuracy of version {card['version']} on the same pictures", np.array(right), UNSEEN)


def results(logits: np.ndarray, own: Shard, temperature: float) -> Results:
    """Return calibrated probabilities with the truth."""
    scaled = torch.from_numpy(logits / temperature).softmax(1).numpy()
    return Results(scaled, np.array([LABELS.index(f["label"]) for f in own.facts]), own.facts)


def operating_points(tuned: Results) -> dict[str, float]:
    """Return each class's threshold: of those at which it has the wanted precision on validation data, the lowest."""
    points = {}
    for index, label in enumerate(LABELS):
        if label not in PRECISION_WANTED:
            points[label] = 0.5
            continue
        own, positive = tuned.probability[:, index], tuned.truth == index
        order = np.argsort(-own)
        precision = np.cumsum(positive[order]) / np.arange(1, len(order) + 1)
        good = np.flatnonzero(precision >= PRECISION_WANTED[label])
        last = int(good[-1]) if good.size else 0
        below = own[order[last + 1]] if last + 1 < len(order) else 0.0
        points[label] = float(np.clip((own[order[last]] + below) / 2, 0.5, 0.9999))
    return points


def uncertain_below(tuned: Results, real: Sequence[Results] = (), inverted: Results | None = None) -> float:
    """Return the probability under which no class is said.

    At or above it ``SURE`` of the validation pictures are right, at most ``FALSE_CALLS`` of the screens of each real
    recording that was trained on are called PSW or Fibs, and at most ``UPSIDE_DOWN`` of the validation pictures of
    PSW that are ``inverted`` are called anything. (The reading looks at each picture upside down as well, and notices
    four in five of these; a fibrillation upside down is an end-plate spike.)
    """
    turned = np.zeros(1) if inverted is None else inverted.probability.max(1)[inverted.truth == LABELS.index("PSW")]
    best, right = tuned.probability.max(1), tuned.called == tuned.truth
    false = [np.where(r.called != LABELS.index("Others"), r.probability.max(1), 0.0) for r in real]
    alarms = [*false, np.zeros(1)]
    for level in np.arange(0.5, 0.96, 0.01):
        above = best >= level
        calm = max((own >= level).mean() for own in alarms) <= FALSE_CALLS and (turned >= level).mean() <= UPSIDE_DOWN
        if above.any() and right[above].mean() >= SURE and calm:
            return float(level)
    return 0.95


def misread_sheet(own: Shard, told: Results, path: Path, count: int = 48) -> None:
    """Write a picture of the misread pictures, the most confident first, with truth > called."""
    import cv2

    wrong = np.flatnonzero((told.called != told.truth) & ~told.fact("inverted"))
    wrong = wrong[np.argsort(-told.probability.max(1)[wrong])][:count]
    sheet = np.full((max(1, -(-len(wrong) // 6)) * (HEIGHT + 20), 6 * (WIDTH + 4)), 128, np.uint8)
    for i, row in enumerate(wrong):
        y, x = i // 6 * (HEIGHT + 20), i % 6 * (WIDTH + 4)
        sheet[y + 18 : y + 18 + HEIGHT, x : x + WIDTH] = own.pictures[row]
        words = f"{own.facts[row]['generator']} > {LABELS[told.called[row]]} {told.probability[row].max():.2f}"
        cv2.putText(sheet, words, (x + 2, y + 14), cv2.FONT_HERSHEY_PLAIN, 1, 255, 1, cv2.LINE_AA)
    cv2.imwrite(str(path), sheet)


def _with_waves(test: Shard, unseen: Results, count: int) -> tuple[np.ndarray, list[int], torch.Tensor]:
    """Return rows of upright PSW and Fibs pictures that are called right, their classes, masks of their waves."""
    right = (unseen.probability.argmax(1) == unseen.truth) & ~unseen.fact("inverted") & (unseen.truth < 2)
    rows = np.flatnonzero(right)[:count]
    masks = torch.zeros(len(rows), HEIGHT, WIDTH, dtype=torch.bool)
    for i, row in enumerate(rows):
        for x, y, w, h in test.facts[row]["boxes"]:
            masks[i, max(0, int(y) - 4) : int(y + h) + 5, max(0, int(x) - 4) : int(x + w) + 5] = True
    return rows, [int(t) for t in unseen.truth[rows]], masks


def main() -> None:
    """Print a bundle's figures on test pictures of the main simulator and of the stranger, drawn where they are not."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--out", type=Path, required=True, help="folder for the pictures")
    parser.add_argument("--shard", type=int, default=TEST_SHARD)
    parser.add_argument("--test", type=int, default=2400, help="pictures of the main simulator")
    parser.add_argument("--stranger", type=int, default=1500, help="pictures of the stranger")
    parser.add_argument("--jobs", type=int, default=1, help="processes that draw")
    given = parser.parse_args()
    bundle = load_bundle(given.bundle)
    card = bundle.card
    test = shard(given.out, given.shard, given.test, "inner", None, (), given.jobs)
    strange = stranger_shard(given.out, given.stranger)
    for own, figures in ((test, simulated_figures), (strange, partial(picture_figures, data=STRANGER))):
        logits = outputs(bundle.network, own, np.arange(len(own.facts)))
        told = results(logits, own, card.temperature[0])
        print_figures(figures(told, card.operating_points, card.uncertain_below))
        print(by_generator(told.where(~told.fact("inverted"))))


if __name__ == "__main__":
    main()
