"""An evaluation's page as one HTML file, pictures and drawings in it; nothing is fetched."""

import base64
import re
from html import escape

from reportlab.graphics import renderSVG
from reportlab.graphics.shapes import Drawing

from training.evaluation.page import Page, Shown
from viewer import NOT_A_DEVICE, __version__

FACE = "'DejaVu Sans', 'Segoe UI', Helvetica, Arial, sans-serif"
STYLE = """
:root { color-scheme: light; }
body { font: 15px/1.45 "DejaVu Sans", "Segoe UI", Helvetica, Arial, sans-serif; color: #1d2126; background: #fff;
  max-width: 1120px; margin: 2em auto; padding: 0 1.2em; }
h1 { font-size: 1.5em; } h2 { font-size: 1.2em; margin-top: 2em; } .quiet { color: #5b6570; }
.device { color: #b3342d; font-weight: bold; } ul.care { background: #fbf3e6; padding: .7em .7em .7em 2em; }
.heads { display: flex; flex-wrap: wrap; gap: .8em; }
.head { border: 1px solid #d5dade; border-radius: 6px; padding: .6em .9em; min-width: 13em; flex: 1; }
.head b { display: block; font-size: 1.6em; } .head span { color: #5b6570; font-size: .85em; }
.charts { display: flex; flex-wrap: wrap; gap: 1.5em; align-items: flex-start; }
figure { margin: 0; } figcaption { color: #5b6570; font-size: .85em; max-width: 30em; }
svg { max-width: 100%; height: auto; }
table { border-collapse: collapse; width: 100%; } th { text-align: left; color: #5b6570; font-weight: normal; }
th, td { border-bottom: 1px solid #e7eaed; padding: .25em .6em .25em 0; font-variant-numeric: tabular-nums; }
.shown { display: grid; grid-template-columns: repeat(auto-fill, minmax(500px, 1fr)); gap: 1.2em; }
.one { border: 1px solid #d5dade; border-left: 4px solid #2c6a8f; border-radius: 4px; padding: .6em;
  break-inside: avoid; }
.one.wrong { border-left-color: #b3342d; } .pair { display: flex; gap: 6px; align-items: flex-start; }
.pair img { width: 49%; height: auto; } .pair img.alone { width: 100%; } .pair svg { width: 100%; }
.bars { display: grid; grid-template-columns: max-content 1fr max-content; gap: .1em .6em; font-size: .85em; }
.bar { background: #e7eaed; align-self: center; height: .7em; }
.bar i { display: block; height: 100%; background: #7d8894; }
@media (max-width: 560px) { .shown { grid-template-columns: 1fr; } }
"""


def as_html(page: Page) -> str:
    """Return the page as HTML."""
    heads = "".join(
        f"<div class=head>{escape(name)}<b>{escape(value)}</b><span>{escape(span)}</span></div>"
        for name, value, span in page.headlines
    )
    charts = "".join(
        f"<figure>{_svg(drawing, title)}<figcaption>{escape(title)}</figcaption></figure>"
        for title, drawing in page.charts
    )
    first, *rest = page.table
    table = f"<tr>{''.join(f'<th>{escape(c)}</th>' for c in first)}</tr>" + "".join(
        f"<tr>{''.join(f'<td>{escape(c)}</td>' for c in row)}</tr>" for row in rest
    )
    sections = "".join(
        f"<h2>{escape(name)}</h2><p class=quiet>{escape(about)}</p>"
        f"<div class=shown>{''.join(_shown(one) for one in shown)}</div>"
        for name, about, shown in page.sections
    )
    about = "".join(f"<p class=quiet>{escape(line)}</p>" for line in page.about)
    care = "".join(f"<li>{escape(line)}</li>" for line in page.cautions)
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(page.title)}</title><style>{STYLE}</style></head>
<body><h1>{escape(page.title)}</h1><p class=device>{escape(NOT_A_DEVICE)}</p>{about}
<ul class=care>{care}</ul><div class=heads>{heads}</div>
<h2>How sure, how right</h2><div class=charts>{charts}</div>
{sections}
<h2>All figures</h2><table>{table}</table>
<p class=quiet>Leadlight {escape(__version__)}. Text burnt into a picture is shown as the file has it.</p></body></html>
"""


def _shown(one: Shown) -> str:
    if isinstance(one.picture, Drawing):
        pictures = _svg(one.picture, one.title)
    else:
        alone = "" if one.beside else " class=alone"
        pictures = f'<img{alone} alt="{escape(one.title)}" src="{_data(one.picture)}">'
        if one.beside:
            pictures += f'<img alt="where the network looked" src="{_data(one.beside)}">'
    bars = "".join(
        f"<span>{escape(label)}</span><span class=bar><i style='width:{100 * p:.1f}%'></i></span><span>{p:.3f}</span>"
        for label, p in one.probabilities
    )
    lines = " · ".join(escape(line) for line in one.lines)
    wrong = " wrong" if one.wrong else ""
    return (
        f"<div class='one{wrong}'><b>{escape(one.title)}</b> <span class=quiet>{lines}</span>"
        f"<div class=pair>{pictures}</div><div class=bars>{bars}</div></div>"
    )


def _data(jpeg: bytes) -> str:
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode('ascii')}"


def _svg(drawing: Drawing, title: str) -> str:
    """Return a drawing as an SVG element that stands in a page, named for those who do not see it."""
    text = renderSVG.drawToString(drawing)
    inner = text[text.index("<svg") :]
    # reportlab's names are the same in every drawing and would clip all by the first; its lines go back over themselves
    inner = re.sub(r"<(title|desc|clipPath)\b.*?</\1>", "", inner, flags=re.DOTALL)
    inner = inner.replace(' style="clip-path: url(#clip)"', "").replace(' id="group"', "")
    inner = re.sub(r'd="(M [^LZ"]+L [^LZ"]+) Z"', r'd="\1"', inner)
    inner = inner.replace("DejaVuSans-Bold;", f"{FACE}; font-weight: bold;").replace("DejaVuSans;", f"{FACE};")
    return inner.replace("<svg", f'<svg role="img" aria-label="{escape(title)}"', 1)
