"""Cuts Lucide's font to the icons of names.txt. Called by ../fonts/make.sh with the folder that holds lucide.ttf.

Two things are changed in the glyphs, and the family is renamed for that:
- They sit on the baseline in Lucide's font. Here they are moved down so that an icon's middle is that of Inter's line
  (364/1000 of an em above the baseline), so that an icon and the word beside it need no correction in the program.
- For names marked "fill" the inner contour of the stroke is left out, which makes a filled shape, under a code point
  of its own behind Lucide's.
"""

import json
import pathlib
import sys

from fontTools import subset
from fontTools.pens.recordingPen import DecomposingRecordingPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont

here = pathlib.Path(__file__).parent
source = pathlib.Path(sys.argv[1])
MIDDLE = 364
FIRST_OWN = 0xF000

codes = json.loads((source / "codepoints.json").read_text())
font = TTFont(source / "lucide.ttf", recalcTimestamp=False)
cmap = font.getBestCmap()
glyphs = font["glyf"]


def contours(name):
    pen = DecomposingRecordingPen(font.getGlyphSet())
    font.getGlyphSet()[name].draw(pen)
    found = []
    for verb, points in pen.value:
        if verb == "moveTo":
            found.append([])
        found[-1].append((verb, points))
    return found


def size(contour):
    xs = [x for _, points in contour for x, _ in points]
    ys = [y for _, points in contour for _, y in points]
    return (max(xs) - min(xs)) * (max(ys) - min(ys))


def glyph(outline, down):
    pen = TTGlyphPen(None)
    for contour in outline:
        for verb, points in contour:
            getattr(pen, verb)(*((x, y - down) for x, y in points))
    return pen.glyph()


table = []
own = FIRST_OWN
for line in (here / "names.txt").read_text().splitlines():
    if not line or line.startswith("#"):
        continue
    constant, name, *fill = line.split()
    outline = contours(cmap[codes[name]])
    code = codes[name]
    if fill:
        outline, code, own = [max(outline, key=size)], own, own + 1
    table.append((constant, name + "".join(" " + word for word in fill), code, outline))

units = font["head"].unitsPerEm
down = units // 2 - MIDDLE * units // 1000
order = font.getGlyphOrder()
for constant, name, code, outline in table:
    if code >= FIRST_OWN:
        made = f"own{code:x}"
        order.append(made)
        font["hmtx"][made] = font["hmtx"][cmap[codes[name.split()[0]]]]
        for part in font["cmap"].tables:
            part.cmap[code] = made
    glyphs[made if code >= FIRST_OWN else cmap[code]] = glyph(outline, down)
font.setGlyphOrder(order)

hhea, os2 = font["hhea"], font["OS/2"]
hhea.ascent, hhea.descent, hhea.lineGap = units - down, -down, 0
os2.sTypoAscender, os2.sTypoDescender, os2.sTypoLineGap = units - down, -down, 0
os2.usWinAscent, os2.usWinDescent = units - down, down
for record in font["name"].names:
    if record.nameID in (1, 3, 4, 6):
        record.string = "TwocanIcons" if record.nameID == 6 else "Twocan Icons"
font["name"].setName("Copyright (c) 2026 Lucide Icons and Contributors; cut and moved for Twocan", 0, 3, 1, 0x409)
font["name"].setName("ISC License, see Lucide-LICENSE.txt", 13, 3, 1, 0x409)

options = subset.Options()
options.layout_features = []
options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13]
options.recalc_timestamp = False
options.drop_tables += ["GSUB"]
cutter = subset.Subsetter(options)
cutter.populate(unicodes=[code for _, _, code, _ in table])
cutter.subset(font)
for name in font.getGlyphOrder():
    # The pen's side bearing follows the outline.
    shape = font["glyf"][name]
    shape.recalcBounds(font["glyf"])
    font["hmtx"][name] = (font["hmtx"][name][0], getattr(shape, "xMin", 0))
font.save(here / "../fonts/icons.ttf")

with open(here / "icons.tsv", "w") as out:
    out.write("constant\tlucide\tcode\n")
    for constant, name, code, _ in table:
        out.write(f"{constant}\t{name}\t{code:04X}\n")

with open(here / "../../src/gui/theme/icons.rs", "w") as out:
    out.write('''//! The icons, as characters of `assets/fonts/icons.ttf`. Written by `assets/icons/make.py`; change `names.txt` there.
//!
//! They are Lucide's, cut to what the window uses and moved to the middle of a line of text, so that an icon
//! stands beside a word without correction. They are words' companions: a button that shows only an icon has an
//! accessible name.

''')
    for constant, name, code, _ in table:
        what, *filled = name.split()
        out.write(f"/// Lucide's `{what}`{', filled' if filled else ''}.\n")
        out.write(f'pub const {constant}: &str = "\\u{{{code:X}}}";\n')
