"""ECG interchange formats, from files written here by their specifications."""

import base64
import struct

import numpy as np
import pytest

from viewer.formats import open_study
from viewer.study import Kind

LEAD_I = np.array([0, 10, -20, 30], np.int64)
LEAD_II = np.array([5, 15, 25, -35], np.int64)
EIGHT = ("I", "II", "V1", "V2", "V3", "V4", "V5", "V6")


def muse(leads=EIGHT, unit="MICROVOLTS", gain="4.88", rate="500", doctype='<!DOCTYPE RestingECG SYSTEM "restecg.dtd">'):
    data = ""
    for i, lead in enumerate(leads):
        values = {"I": LEAD_I, "II": LEAD_II}.get(lead, np.full(4, i)).astype("<i2")
        data += (
            "<LeadData><LeadByteCountTotal>8</LeadByteCountTotal><LeadSampleCountTotal>4</LeadSampleCountTotal>"
            f"<LeadAmplitudeUnitsPerBit>{gain}</LeadAmplitudeUnitsPerBit>"
            f"<LeadAmplitudeUnits>{unit}</LeadAmplitudeUnits>"
            f"<LeadID>{lead}</LeadID><WaveFormData>{base64.b64encode(values.tobytes()).decode()}</WaveFormData></LeadData>"
        )
    return (
        f'<?xml version="1.0" encoding="ISO-8859-1"?>\n{doctype}\n<RestingECG><PatientDemographics>'
        "<PatientID>77</PatientID><PatientAge>61</PatientAge><AgeUnits>YEARS</AgeUnits><Gender>FEMALE</Gender>"
        "<PatientLastName>Muster</PatientLastName></PatientDemographics>"
        "<TestDemographics><AcquisitionTime>10:11:12</AcquisitionTime><AcquisitionDate>03-04-2021</AcquisitionDate>"
        "</TestDemographics><Waveform><WaveformType>Rhythm</WaveformType>"
        f"<SampleBase>{rate}</SampleBase><SampleExponent>0</SampleExponent>{data}</Waveform></RestingECG>"
    )


def aecg(rate_s="0.002", values="0 10 -20 30", unit="uV", scale="2.5"):
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<AnnotatedECG xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<id root="1.2.3"/><code code="93000" codeSystem="2.16.840.1.113883.6.12"/>
<effectiveTime><low value="20021122091000"/><high value="20021122091010"/></effectiveTime>
<component><series><id root="1.2.4"/><code code="RHYTHM" codeSystem="2.16.840.1.113883.5.4"/>
<effectiveTime><low value="20021122091000.000"/></effectiveTime>
<component><sequenceSet>
<component><sequence><code code="TIME_ABSOLUTE" codeSystem="2.16.840.1.113883.5.4"/>
<value xsi:type="GLIST_TS"><head value="20021122091000.000"/><increment value="{rate_s}" unit="s"/>
</value></sequence></component>
<component><sequence><code code="MDC_ECG_LEAD_aVF" codeSystem="2.16.840.1.113883.6.24"/>
<value xsi:type="SLIST_PQ"><origin value="0" unit="{unit}"/><scale value="{scale}" unit="{unit}"/>
<digits>{values}</digits></value></sequence></component>
</sequenceSet></component></series></component></AnnotatedECG>"""


def cardiosoft(resolution='<Resolution units="uVperLsb">5</Resolution>'):
    return f"""<?xml version="1.0" encoding="ISO-8859-1" ?>
<CardiologyXML><ObservationDateTime><Hour>14</Hour><Minute>19</Minute><Second>39</Second><Day>19</Day><Month>7</Month>
<Year>2018</Year></ObservationDateTime><PatientInfo><PID>5</PID>
<Name><FamilyName>A</FamilyName><GivenName>B</GivenName></Name>
<Age units="YEARS">53</Age><Gender>MALE</Gender></PatientInfo>
<RestingECGMeasurements><MedianSamples><SampleRate units="Hz">500</SampleRate>
<WaveformData lead="I">1,1</WaveformData></MedianSamples></RestingECGMeasurements>
<StripData><NumberOfLeads>2</NumberOfLeads><SampleRate units="Hz">500</SampleRate>
<ChannelSampleCountTotal>4</ChannelSampleCountTotal>{resolution}
<WaveformData lead="I">0,10,-20,30</WaveformData><WaveformData lead="aVR">1,2,3,4</WaveformData>
</StripData></CardiologyXML>"""


def scp(first=1, promised=4, encoding=0):
    """SCP-ECG 1.3 of one lead, uncompressed: sections 0, 1, 3 and 6."""

    def section(number, body):
        return struct.pack("<HHIBB6x", 0, number, 16 + len(body), 13, 13) + body

    values = LEAD_I if encoding == 0 else np.diff(LEAD_I, prepend=0)
    tags = struct.pack("<BH", 2, 3) + b"99\0" + struct.pack("<BHB", 8, 1, 2) + struct.pack("<BHHB", 4, 3, 70, 1)
    tags += struct.pack("<BHHBB", 25, 4, 2019, 5, 6) + struct.pack("<BHBBB", 26, 3, 7, 8, 9) + b"\xff\0\0"
    parts = {
        1: section(1, tags),
        3: section(3, struct.pack("<BBIIB", 1, 0b1100, first, first + promised - 1 if first else promised, 2)),
        6: section(6, struct.pack("<HHBBH", 1000, 2000, encoding, 0, 8) + values.astype("<i2").tobytes()),
    }
    at, pointers = 6 + 16 + 10 * 12, b""
    offsets = {}
    for number, part in parts.items():
        offsets[number] = at
        at += len(part)
    for number in range(12):
        if number == 0:
            pointers += struct.pack("<HII", 0, 136, 7)
        elif number in parts:
            pointers += struct.pack("<HII", number, len(parts[number]), offsets[number] + 1)
        else:
            pointers += struct.pack("<HII", number, 0, 0)
    head = struct.pack("<HHIBB", 0, 0, 136, 13, 13) + b"SCPECG" + pointers
    body = head + b"".join(parts.values())
    return struct.pack("<HI", 0, 6 + len(body)) + body


def save(tmp_path, content, name="a.xml"):
    (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return tmp_path / name


def test_muse(tmp_path, codes):
    study = open_study(save(tmp_path, muse()))
    wave = study.waveform
    assert wave.channels == ("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")
    assert wave.lead("I") == pytest.approx(LEAD_I * 4.88e-3)
    assert wave.lead("III") == pytest.approx((LEAD_II - LEAD_I) * 4.88e-3, abs=1e-6)
    assert wave.lead("aVR") == pytest.approx(-(LEAD_I + LEAD_II) / 2 * 4.88e-3, abs=1e-6)
    assert wave.lead("aVL") == pytest.approx((LEAD_I - LEAD_II / 2) * 4.88e-3, abs=1e-6)
    assert wave.lead("aVF") == pytest.approx((LEAD_II - LEAD_I / 2) * 4.88e-3, abs=1e-6)
    assert wave.rate_hz == 500
    assert study.kind is Kind.ECG_TRACE
    assert (study.patient.name, study.patient.age_years, study.patient.sex) == ("Muster", 61, "F")
    assert study.acquisition.taken.isoformat() == "2021-03-04T10:11:12"
    assert "lead-derived" in codes(study)


def test_aecg(tmp_path):
    study = open_study(save(tmp_path, aecg()))
    assert study.source.format == "aecg"
    assert study.waveform.channels == ("aVF",)
    assert study.waveform.rate_hz == 500
    assert study.waveform.lead("aVF") == pytest.approx(LEAD_I * 2.5e-3)
    assert study.acquisition.taken.isoformat() == "2002-11-22T09:10:00"


def test_aecg_without_waveform(tmp_path, refused):
    refused(
        save(tmp_path, '<?xml version="1.0"?><AnnotatedECG xmlns="urn:hl7-org:v3"></AnnotatedECG>'),
        "damaged",
        "no recording",
    )


def test_cardiosoft(tmp_path):
    study = open_study(save(tmp_path, cardiosoft()))
    assert study.waveform.channels == ("I", "aVR")
    assert study.waveform.units == ("uV", "uV")
    assert study.waveform.samples[0].tolist() == [0, 50, -100, 150]
    assert (study.patient.name, study.patient.age_years, study.patient.sex) == ("A B", 53, "M")
    assert study.acquisition.taken.isoformat() == "2018-07-19T14:19:39"


def test_cardiosoft_without_resolution(tmp_path, codes):
    study = open_study(save(tmp_path, cardiosoft("")))
    assert study.waveform.units == ("", "")
    assert "scale-unknown" in codes(study)


@pytest.mark.parametrize("encoding", [0, 1])
def test_scp(tmp_path, encoding):
    study = open_study(save(tmp_path, scp(encoding=encoding), "a.scp"))
    assert study.source.format == "scp"
    assert study.waveform.channels == ("II",)
    assert study.waveform.rate_hz == 500
    assert study.waveform.lead("II") == pytest.approx(LEAD_I * 1e-3)  # 1000 nV a unit
    assert (study.patient.identifier, study.patient.sex, study.patient.age_years) == ("99", "F", 70)
    assert study.acquisition.taken.isoformat() == "2019-05-06T07:08:09"


def test_scp_that_counts_samples_from_zero(tmp_path):
    assert open_study(save(tmp_path, scp(first=0), "a.scp")).waveform.samples.shape == (1, 4)


def test_scp_that_promises_more_than_it_holds(tmp_path, codes):
    study = open_study(save(tmp_path, scp(promised=37855), "a.scp"))
    assert study.waveform.samples.shape == (1, 4)
    assert "truncated" in codes(study)


@pytest.mark.parametrize("cut", [30, 100, 160, 200])
def test_scp_cut_off(tmp_path, refused, cut):
    refused(save(tmp_path, scp()[:cut], "a.scp"), "damaged")


def ishne():
    """ISHNE 1.0 (Badilini 1998): two leads, 200 Hz, 5000 nV a unit."""

    def crc(data):
        value = 0xFFFF
        for byte in data:
            value ^= byte << 8
            for _ in range(8):
                value = (value << 1 ^ 0x1021) & 0xFFFF if value & 0x8000 else value << 1
        return value

    head = struct.pack("<IIii h", 0, 4, 522, 522, 1)
    head += b"Ute".ljust(40, b"\0") + b"Muster".ljust(40, b"\0") + b"id7".ljust(20, b"\0") + struct.pack("<hh", 2, 0)
    head += struct.pack("<9h", 1, 2, 1950, 3, 4, 2001, 3, 4, 2001) + struct.pack("<3h", 10, 11, 12)
    head += struct.pack("<h12h12h12h", 2, 11, 1, *[-9] * 10, 0, 0, *[-9] * 10, 5000, 5000, *[-9] * 10)
    head += struct.pack("<h", 0) + b"analog".ljust(40, b"\0") + struct.pack("<h", 200) + b"\0" * (80 + 80 + 88)
    assert len(head) == 512
    data = np.stack([LEAD_I, LEAD_II], axis=1).astype("<i2").tobytes()
    return b"ISHNE1.0" + struct.pack("<H", crc(head)) + head + data


def test_ishne(tmp_path):
    study = open_study(save(tmp_path, ishne(), "a.ecg"))
    assert study.source.format == "ishne"
    assert study.waveform.rate_hz == 200
    assert study.waveform.samples.shape == (2, 4)
    assert study.kind is Kind.ECG_TRACE
    scale = {"uV": 5.0, "mV": 0.005}[study.waveform.units[0]]
    assert study.waveform.samples[0] == pytest.approx(LEAD_I * scale)
    assert study.patient.sex == "F"
    assert study.acquisition.taken.isoformat() == "2001-04-03T10:11:12"


LAUGHS = "<!DOCTYPE RestingECG [" + '<!ENTITY a "aaaaaaaaaa">' + "".join(
    f'<!ENTITY {chr(98 + i)} "{f"&{chr(97 + i)};" * 10}">' for i in range(9)
)  # fmt: skip


@pytest.mark.parametrize(
    "doctype",
    [
        LAUGHS + "]>",
        '<!DOCTYPE RestingECG [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE RestingECG SYSTEM "http://127.0.0.1:9/a.dtd">',
        '<!DOCTYPE RestingECG PUBLIC "-//x//EN" "file:///etc/passwd">',
        '<!DOCTYPE RestingECG [<!ENTITY % x SYSTEM "http://127.0.0.1:9/a.dtd"> %x;]>',
    ],
)
def test_entities_are_refused(tmp_path, refused, doctype):
    refused(save(tmp_path, muse(doctype=doctype)), "damaged", "entities", "do not trust")


def test_cut_off_xml(tmp_path, refused):
    refused(save(tmp_path, muse()[:900]), "damaged", "cut off")


def test_other_xml_is_named(tmp_path, refused):
    refused(save(tmp_path, '<?xml version="1.0"?><Invoice><a/></Invoice>'), "unsupported", "Invoice", "aECG")
    refused(save(tmp_path, "<svg xmlns='http://www.w3.org/2000/svg'/>"), "unsupported", "SVG", "PNG")
    refused(save(tmp_path, "<!DOCTYPE html><html><body/></html>"), "unsupported", "web page", "PDF")
