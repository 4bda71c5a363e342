"""The kind of real pictures that no network here learned from."""

import csv
import importlib.util
import os
from pathlib import Path

import pytest

from training.chest.films import place
from training.kind.pictures import SEED, SHARE, _not_chest
from viewer.formats import open_study
from viewer.reading.engine import Engine
from viewer.study import Kind, KindFrom

DATA = Path(os.environ.get("LEADLIGHT_REAL_DATA") or Path(__file__).parents[3] / "shared" / "data")
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"no real data at {DATA}; set LEADLIGHT_REAL_DATA")


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(device="cpu")


def seen(engine: Engine, path: Path) -> Kind:
    """The kind that the network alone gives, whatever the file says of itself."""
    study = open_study(path)
    return engine.identify(study.as_kind(Kind.UNKNOWN, KindFrom.FILE)).kind


def held_out(table: str, column: str) -> list[dict]:
    with (DATA / table).open(newline="", encoding="utf-8") as stream:
        return [r for r in csv.DictReader(stream) if place(r[column], SHARE, SEED) == "test"]


@pytest.mark.parametrize(
    "name",
    ["dx_image.dcm", "CR-ModalitySequenceLUT.dcm", "D_CLUNIE_CT1_RLE_FRAGS.dcm", "GH538-jpeg14sv1.dcm"],
    ids=["dog's thorax", "jaw", "CT slice", "heart ultrasound"],
)
def test_other_dicom_pictures_are_unknown(engine: Engine, name: str) -> None:
    assert seen(engine, DATA / "formats/dicom" / name) == Kind.UNKNOWN


def test_a_dogs_thorax_filed_as_a_chest_film_is_doubted(engine: Engine) -> None:
    study = open_study(DATA / "formats/dicom/dx_image.dcm")
    told = engine.identify(study.as_kind(Kind.CHEST_XRAY, KindFrom.FILE))
    assert told.kind == Kind.UNKNOWN
    assert told.notes[-1].code == "kind-doubted"


@pytest.mark.parametrize("name", ["RG1_J2KI.dcm", "CR-MONO1-10-chest"])
def test_chest_films_in_dicom(engine: Engine, name: str) -> None:
    assert seen(engine, DATA / "formats/dicom" / name) == Kind.CHEST_XRAY


def test_slices_and_hands_are_unknown(engine: Engine) -> None:
    kept_back = [p for p in _not_chest(DATA) if p.part == "test"]
    names = [p.load.args[0] for p in kept_back]  # type: ignore[attr-defined]
    assert sum("Hand" in n.name for n in names) == 5
    assert len(names) == 28
    assert {seen(engine, n) for n in names} == {Kind.UNKNOWN}


def test_laterals_and_slices_of_held_out_patients_are_unknown(engine: Engine) -> None:
    rows = [r for r in held_out("cxr_covid/labels.csv", "patient") if r["kind"] != "frontal"]
    found = [seen(engine, DATA / "cxr_covid" / r["file"]) for r in rows]
    assert len(found) >= 8
    assert found.count(Kind.UNKNOWN) == len(found)


def test_films_of_many_hospitals(engine: Engine) -> None:
    rows = [r for r in held_out("cxr_covid/labels.csv", "patient") if r["kind"] == "frontal"]
    found = [seen(engine, DATA / "cxr_covid" / r["file"]) for r in rows]
    assert found.count(Kind.CHEST_XRAY) >= 0.95 * len(found)


def test_films_of_another_country(engine: Engine) -> None:
    found = [seen(engine, p) for p in sorted((DATA / "cxr_jsrt/films").glob("*.jpg"))[::4]]
    assert found.count(Kind.CHEST_XRAY) >= 0.95 * len(found)


def test_childrens_films(engine: Engine) -> None:
    rows = [r for r in held_out("cxr/labels.csv", "patient") if int(r["age"]) < 18]
    found = [seen(engine, DATA / "cxr/films" / r["file"]) for r in rows]
    assert len(found) >= 10
    assert found.count(Kind.CHEST_XRAY) >= 0.95 * len(found)


def test_photographs_of_ecgs(engine: Engine) -> None:
    found = [seen(engine, p) for p in sorted((DATA / "formats/ecg_photos").iterdir())[1::2]]
    assert found == [Kind.ECG_IMAGE] * 8


def test_printed_ecgs(engine: Engine) -> None:
    paths = [p for p in sorted((DATA / "ecg/sheets_edan").glob("*.png")) if place(p.stem, SHARE, SEED) == "test"][::5]
    assert {seen(engine, p) for p in paths} == {Kind.ECG_IMAGE}


@pytest.mark.parametrize("name", ["china.jpg", "flower.jpg"])
def test_photographs_of_something_else(engine: Engine, name: str) -> None:
    spec = importlib.util.find_spec("sklearn")
    assert spec is not None
    assert spec.origin is not None
    assert seen(engine, Path(spec.origin).parent / "datasets/images" / name) == Kind.UNKNOWN
