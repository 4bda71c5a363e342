"""Bundles that are sound load and verify; hostile and broken ones are refused with a sentence, nothing executed."""

import hashlib
import pickle
import struct
from pathlib import Path

import pytest
import tomli_w
import torch
from safetensors.torch import load_file, save_file

from tests.reading.small import TinyPicture, card
from training.export import export_bundle
from viewer.errors import BundleError, LeadlightError
from viewer.models.bundle import load_bundle, verify_bundle
from viewer.models.card import read_card
from viewer.models.catalogue import cards_for, catalogue, find_card, install, remove, scan
from viewer.study import Kind


def rewrite(folder: Path, data: bytes) -> None:
    """Put other weights into a bundle, with their right hash on its card."""
    old = read_card(folder).weights_sha256
    (folder / "weights.safetensors").write_bytes(data)
    path = folder / "card.toml"
    path.write_text(path.read_text("utf-8").replace(old, hashlib.sha256(data).hexdigest()), "utf-8")


def change_state(folder: Path, change) -> None:
    state = load_file(folder / "weights.safetensors")
    change(state)
    save_file(state, folder / "changed")
    rewrite(folder, (folder / "changed").read_bytes())


def refused(folder: Path, code: str, words: str) -> None:
    with pytest.raises(BundleError) as caught:
        load_bundle(folder)
    assert caught.value.code == code
    assert words in str(caught.value)
    assert str(caught.value).endswith(".")


def test_a_sound_bundle_is_float32_and_gives_its_golden_output(chest_bundle):
    bundle = load_bundle(chest_bundle)
    assert {p.dtype for p in bundle.network.parameters()} == {torch.float32}
    assert not bundle.network.training
    assert {v.dtype for v in load_file(chest_bundle / "weights.safetensors").values()} == {torch.float16}
    verification = verify_bundle(chest_bundle)
    assert verification.passed
    assert verification.difference < 1e-5


def test_another_hash_is_refused(chest_bundle):
    data = bytearray((chest_bundle / "weights.safetensors").read_bytes())
    data[-3] ^= 255
    (chest_bundle / "weights.safetensors").write_bytes(data)
    refused(chest_bundle, "bundle-mismatch", "not those its card names")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda s: s.pop("first.weight"), "first.weight"),
        (lambda s: s.update(extra=torch.zeros(3)), "extra"),
        (lambda s: s.update({"first.bias": torch.zeros(9)}), "first.bias"),
        (lambda s: s.update({"first.bias": torch.zeros(8, dtype=torch.int64)}), "first.bias"),
    ],
    ids=["missing", "surplus", "another shape", "another type"],
)
def test_keys_that_do_not_fit_are_refused(chest_bundle, change, words):
    change_state(chest_bundle, change)
    refused(chest_bundle, "bundle-mismatch", words)


def test_a_number_that_is_none_is_refused(chest_bundle):
    change_state(chest_bundle, lambda s: s["first.weight"].view(-1)[:1].fill_(float("nan")))
    refused(chest_bundle, "bundle-mismatch", "not finite")


class Marker:
    """Unpickling this creates a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple:
        return Path.touch, (self.path,)


def test_a_pickle_posing_as_weights_is_not_executed(chest_bundle, tmp_path):
    marker = tmp_path / "executed"
    rewrite(chest_bundle, pickle.dumps(Marker(marker)))
    refused(chest_bundle, "bundle-damaged", "not a safetensors file")
    torch.save({"state": Marker(marker)}, tmp_path / "x.pt")
    rewrite(chest_bundle, (tmp_path / "x.pt").read_bytes())
    refused(chest_bundle, "bundle-damaged", "not a safetensors file")
    assert not marker.exists()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        struct.pack("<Q", 2**62) + b"{}",
        struct.pack("<Q", 90_000_000) + b"{" * 100,
        struct.pack("<Q", 8) + b"not json",
        struct.pack("<Q", 86)
        + b'{"first.weight":{"dtype":"F32","shape":[4000000000,4000000000],"data_offsets":[0,4]}}  ',
    ],
    ids=["empty", "huge header", "header beyond the end", "no JSON", "tensor beyond the end"],
)
def test_headers_that_lie_are_refused(chest_bundle, data):
    rewrite(chest_bundle, data)
    refused(chest_bundle, "bundle-damaged", "not a safetensors file")


def test_a_card_that_asks_for_a_giant_network_allocates_nothing(chest_bundle):
    path = chest_bundle / "card.toml"
    path.write_text(path.read_text("utf-8").replace("classes = 3", "classes = 3000000000000"), "utf-8")
    refused(chest_bundle, "bundle-mismatch", "do not fit")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"id": "../../evil"}, "id must be"),
        ({"role": "admin"}, "role"),
        ({"classes": []}, "classes"),
        ({"operating_points": {"Mass": 1.5}}, "not between 0 and 1"),
        ({"operating_points": {}}, "Mass"),
        ({"reads": ["hand"]}, "hand"),
        ({"calibration": {"temperature": 0.0}}, "temperature"),
        ({"architecture": {"name": "no-such-network"}}, "unknown architecture"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_cards_that_say_nonsense_are_refused(chest_bundle, changes, words):
    content = card("chest-films", Kind.CHEST_XRAY, ["Mass"]) | changes
    content["weights"] = {"sha256": read_card(chest_bundle).weights_sha256}
    (chest_bundle / "card.toml").write_text(tomli_w.dumps(content), "utf-8")
    with pytest.raises(BundleError, match=words):
        load_bundle(chest_bundle)


def test_a_missing_and_a_broken_card(chest_bundle):
    (chest_bundle / "card.toml").write_text("= [", "utf-8")
    refused(chest_bundle, "bundle-damaged", "cannot be read")
    (chest_bundle / "card.toml").unlink()
    refused(chest_bundle, "bundle-missing", "holds no card.toml")


def test_one_damaged_bundle_leaves_the_others(models, chest_bundle):
    (models / "broken").mkdir()
    (models / "broken" / "card.toml").write_text("id = 3", "utf-8")
    cards, errors = scan([models])
    assert [c.id for c in cards] == ["chest-films"]
    assert len(errors) == 1
    assert "broken" in str(errors[0])


def test_an_installed_model_takes_the_place_of_a_bundled_one(models, chest_bundle, tmp_path):
    newer = tmp_path / "newer"
    content = card("chest-films", Kind.CHEST_XRAY, ["Mass"], version="2.0.0")
    export_bundle(TinyPicture(1), torch.randn(1, 1, 64, 64), content, newer)
    mine = tmp_path / "mine"
    assert install(newer, mine).version == "2.0.0"
    assert [c.version for c in catalogue([models, mine])] == ["2.0.0"]
    assert sorted(p.name for p in (mine / "chest-films").iterdir()) == [
        "card.toml",
        "golden.safetensors",
        "weights.safetensors",
    ]
    remove("chest-films", mine)
    assert [c.version for c in catalogue([models, mine])] == ["0.0.1"]


def test_a_folder_that_cannot_be_written_is_said(chest_bundle, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(LeadlightError, match="cannot be changed") as caught:
        install(chest_bundle, tmp_path / "file" / "models")
    assert caught.value.code == "output"


def test_validated_models_come_first(make_bundle, models):
    make_bundle(card("a-first", Kind.CHEST_XRAY, ["A"]), TinyPicture(1), (1, 64, 64))
    make_bundle(card("b-better", Kind.CHEST_XRAY, ["A"], validated=True), TinyPicture(1), (1, 64, 64))
    assert [c.id for c in cards_for(Kind.CHEST_XRAY, catalogue([models]))] == ["b-better", "a-first"]
    assert cards_for(Kind.ECG_IMAGE, catalogue([models])) == []
    with pytest.raises(BundleError, match="a-first, b-better"):
        find_card("c", [models])


def test_every_architecture_is_built_without_memory_first():
    from viewer.models.networks import build_network
    from viewer.models.networks.base import BUILDERS

    with pytest.raises(KeyError):
        build_network("no-such-network")
    for name in [name for name in BUILDERS if not name.startswith("test-")]:
        with torch.device("meta"):
            network = build_network(name, classes=3)
        assert all(v.is_meta for v in network.state_dict().values()), name
