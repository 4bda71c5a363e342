"""The trainer ``ecg-sheets``: the ECG sheet network.

Its pictures are drawn first (training.ecg.sheets). The record network reads the same signals and teaches: the sheet
network learns its probabilities and its pooled features beside the labels.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from training import ranks
from training.ecg.records import CLASSES
from training.ecg.sheets import draw_pool, training_records
from training.job import Job
from training.loop import fit
from training.metrics import auc
from viewer.models.bundle import load_bundle
from viewer.models.catalogue import find_card
from viewer.models.networks import Network
from viewer.models.networks.sheet_cnn import SheetCnn

COUNT = len(CLASSES)


def run(job: Job) -> Path:
    """Draw the pictures, train by the recipe with the installed record network as teacher, write the bundle."""
    pool, recipe = job.out / "pool", job.recipe
    with ranks.first_alone():
        if ranks.is_first():
            draw_pool(training_records(job.data, recipe), pool, recipe["sheets"]["pictures"], recipe)
    teacher = load_bundle(find_card("ecg-records").folder).network
    network = train(pool, teacher, recipe, job.out, job.device)
    if ranks.is_first():
        from training.ecg.export_sheets import measure_and_export

        measure_and_export(network.half().float().eval(), recipe, job.data, job.out, job.bundle)
    return job.bundle


class Student(nn.Module):
    """The network with a second head, for training alone, that gives the teacher's features back."""

    def __init__(self, network: SheetCnn, features: int) -> None:
        super().__init__()
        self.network = network
        self.echo = nn.Linear(network.dense.in_features, features)

    def forward(self, x: Tensor) -> Tensor:
        """Return logits and echoed features side by side."""
        pooled = self.network.features(x).flatten(2).mean(2)
        return torch.cat([self.network.classify(pooled), self.echo(pooled)], 1)


def train(pool: Path, teacher: Network, recipe: dict, out: Path, device: str = "cpu") -> SheetCnn:
    """Return the trained network; the pool's first pictures are kept to watch the learning on.

    They show training records in other looks; what is measured for the card is of other patients.
    The pool may still be growing: each epoch draws from what is there when it begins.
    """
    settings, held = recipe["training"], recipe["training"]["held"]
    planes = np.load(pool / "planes.npy", mmap_mode="r")
    labels = np.load(pool / "labels.npy", mmap_mode="r")
    taught = _Taught(teacher, np.load(pool / "signals.npy", mmap_mode="r"))
    whole = recipe["sheets"]["height"], recipe["sheets"]["width"]
    small = whole[0] // 2, whole[1] // 2
    held_planes = np.stack([shrunk(np.asarray(p), whole) for p in planes[:held]])
    network = SheetCnn(COUNT, tuple(settings["widths"]), tuple(settings["repeats"]), settings["dropout"])
    student = Student(network, taught.features).to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def batches(epoch: int) -> Iterator[tuple[Tensor, Tensor]]:
        rng = np.random.default_rng((recipe["seed"], 13, epoch))
        drawn = int((pool / "done.txt").read_text())
        print(f"epoch {epoch + 1}: {drawn - held} pictures to learn from, {held} to validate on", flush=True)
        for _ in range(settings["steps"]):
            chosen = np.sort(rng.choice(np.arange(held, drawn), settings["batch"], replace=False))
            size = small if epoch < settings["small_epochs"] else whole
            pictures = np.stack([moved(np.asarray(planes[i]), rng, size) for i in chosen])
            targets = np.concatenate([labels[chosen].reshape(len(chosen), -1), taught(chosen)], 1)
            yield torch.from_numpy(pictures).float().div_(255), torch.from_numpy(targets)

    def validate(model: nn.Module) -> float:
        found = predict(model.network, held_planes, device)  # type: ignore[arg-type]
        truth, known = labels[:held, 0], labels[:held, 1] > 0.1
        each = [auc(truth[known[:, c], c], found[known[:, c], c]) for c in range(COUNT)]
        print(" ", " ".join(f"{n} {v:.3f}" for n, v in zip(CLASSES, each, strict=True)), flush=True)
        return float(np.nanmean(each))

    trained = fit(
        student,
        batches,
        lambda given, wanted: taught_loss(given, wanted, settings["trust"], settings["echo"]),
        out,
        epochs=settings["epochs"],
        steps_per_epoch=settings["steps"],
        rate=settings["rate"],
        weight_decay=settings["weight_decay"],
        average=settings["average"],
        validate=validate,
        device=device,
        log=lambda line: print(line, flush=True),
    )
    return trained.network.cpu().eval()  # type: ignore[union-attr,return-value]


class _Taught:
    """The teacher's probabilities and standardised features of pictures' signals, each computed once."""

    def __init__(self, teacher: Network, signals: np.ndarray) -> None:
        self.teacher, self.signals, self.known = teacher, signals, {}  # type: ignore[var-annotated]
        first = [self._read(i)[1] for i in range(200)]
        self.mean, self.spread = np.mean(first, 0), np.std(first, 0) + 1e-3
        self.features = len(self.mean)

    def __call__(self, chosen: np.ndarray) -> np.ndarray:
        rows = []
        for i in chosen:
            probabilities, features = self._read(int(i))
            rows.append(np.concatenate([probabilities, (features - self.mean) / self.spread]))
        return np.stack(rows).astype(np.float32)

    def _read(self, i: int) -> tuple[np.ndarray, np.ndarray]:
        if i not in self.known:
            with torch.inference_mode():
                found = self.teacher.features(torch.from_numpy(self.signals[i].astype(np.float32))[None])
                pooled = found.mean(2)
                self.known[i] = self.teacher.classify(pooled).sigmoid()[0].numpy(), pooled[0].numpy()
        return self.known[i]


def taught_loss(given: Tensor, wanted: Tensor, trust: float, echo: float) -> Tensor:
    """Return the loss against labels mixed with the teacher's probabilities, and against the teacher's features.

    ``wanted`` holds labels, how far each is known, the teacher's probabilities and its features. ``trust`` is the
    teacher's share where a label is fully known; where it is not, the teacher alone is believed.
    """
    labels, known, probabilities, features = wanted.split([COUNT, COUNT, COUNT, wanted.shape[1] - 3 * COUNT], 1)
    share = (1 - trust) * known
    target = share * labels + (1 - share) * probabilities
    classes = nn.functional.binary_cross_entropy_with_logits(given[:, :COUNT], target)
    return classes + echo * nn.functional.smooth_l1_loss(given[:, COUNT:], features)


def shrunk(planes: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return the two planes at another size (height, width)."""
    import cv2

    return np.stack([cv2.resize(p, size[::-1], interpolation=cv2.INTER_AREA) for p in planes])


def moved(planes: np.ndarray, rng: np.random.Generator, size: tuple[int, int]) -> np.ndarray:
    """Return the two planes at ``size``, a little shifted, scaled, turned, stronger or fainter, a part covered."""
    import cv2

    planes = shrunk(planes, size)
    height, width = size
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), float(rng.normal(0, 0.7)), float(rng.uniform(0.85, 1.05)))
    turn = turn + np.c_[np.zeros((2, 2)), rng.normal(0, 0.02, 2) * (width, height)]
    out = np.stack([cv2.warpAffine(np.ascontiguousarray(p), turn, (width, height)) for p in planes])
    out = np.clip(out * rng.uniform(0.6, 1.3, (2, 1, 1)), 0, 255).astype(np.uint8)
    if rng.random() < 0.3:
        y, x = rng.integers(0, height * 9 // 10), rng.integers(0, width * 9 // 10)
        out[:, y : y + rng.integers(height // 20, height // 6), x : x + rng.integers(width // 30, width // 7)] = 0
    return out


def predict(network: nn.Module, planes: np.ndarray, device: str = "cpu", batch: int = 16) -> np.ndarray:
    """Return the logits (n, classes) of uint8 planes (n, 2, height, width)."""
    found = []
    with torch.inference_mode():
        for first in range(0, len(planes), batch):
            x = torch.from_numpy(np.array(planes[first : first + batch])).float().div_(255)
            found.append(network(x.to(device)).float().cpu().numpy())
    return np.concatenate(found)
