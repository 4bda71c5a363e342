"""Whether this installation works: every sample is opened, read and drawn, every bundle verified."""

from collections.abc import Iterator, Sequence

from viewer.errors import BundleError
from viewer.models.bundle import verify_bundle
from viewer.models.card import Card
from viewer.models.catalogue import scan
from viewer.report.batch import Batch
from viewer.report.picture import render
from viewer.resources import sample_files

DRAWN_PX = (640, 480)


def self_test(device: str = "auto") -> Iterator[tuple[bool, str]]:
    """Yield whether it passed and a line to print, for each sample and each bundle."""
    cards, errors = scan()
    for error in errors:
        yield False, f"FAILED {error}"
    yield from verify_lines(cards)
    batch = Batch(device)
    for outcome in batch.run(sample_files()):
        name = outcome.file.replace("\\", "/").rsplit("/", 1)[-1]
        if outcome.error is not None or outcome.study is None or outcome.reading is None:
            yield False, f"FAILED {name}: {outcome.error}"
            continue
        reading = outcome.reading
        label = next((f.label for f in reading.findings if f.positive), None)
        picture = render(outcome.study, reading, label, DRAWN_PX)
        drawn = picture.std() > 1
        read = "abstained" if reading.abstained or reading.model is None else f"read by {reading.model.id}"
        times = f"opened in {reading.open_ms:.0f} ms, {read} in {reading.read_ms:.0f} ms"
        yield bool(drawn), f"{'ok    ' if drawn else 'FAILED'} {name}: {reading.kind}, {times}, drawn"
    yield True, f"device {batch.engine.device} ({batch.engine.device_reason})"


def verify_lines(cards: Sequence[Card]) -> Iterator[tuple[bool, str]]:
    """Yield whether each bundle gives its golden output here, and a line to print."""
    for card in cards:
        try:
            outcome = verify_bundle(card.folder)
        except BundleError as error:
            yield False, f"FAILED {card.id} {card.version}: {error}"
            continue
        word = "ok    " if outcome.passed else "FAILED"
        yield outcome.passed, f"{word} {card.id} {card.version}: golden output differs by {outcome.difference:.1e}"
