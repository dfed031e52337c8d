#!/usr/bin/env bash
# Makes the fonts of this folder again from the Debian 12 packages and the npm package named in PROVENANCE.md.
# Needs: apt-get install fonts-inter fonts-jetbrains-mono fonts-noto-cjk; npm; python3 with venv; a net to fetch fonttools.
# The same inputs give the same files, byte for byte (the build's date is not written into them).
set -euo pipefail
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export SOURCE_DATE_EPOCH=1763596800

python3 -m venv "$work/venv"
"$work/venv/bin/pip" -q install fonttools==4.68.0

# Latin with Extended-A and the letters of other Latin alphabets that chat in them needs, marks, Greek, Cyrillic,
# punctuation, super- and subscripts, currency, letter-like, numbers, arrows, mathematics, technical, control pictures,
# box drawing, blocks, geometric shapes, ticks and crosses, angle brackets, the replacement character.
letters=U+0020-007E,U+00A0-017F,U+018F,U+0192,U+01CD-01DC,U+0218-021B,U+02B0-02DD,U+0300-036F,U+0370-03FF,U+0400-04FF,U+1E80-1E9E
signs=U+2000-206F,U+2070-209F,U+20A0-20BF,U+2100-218F,U+2190-21FF,U+2200-22FF,U+2300-23FF,U+2400-2426,U+2500-25FF,U+2600-26FF,U+2700-27BF,U+27E8-27E9,U+FB01-FB02,U+FFFD

# Kerning and marks stay. Ligatures and contextual forms go: "->" and "!=" are shown as the two bytes that they are.
cut() { # from, to, more arguments
    "$work/venv/bin/pyftsubset" "$1" --output-file="$2" --layout-features=kern,mark,mkmk,ccmp,locl \
        --name-IDs=0,1,2,3,4,5,6,7,13,14 --no-recalc-timestamp "${@:3}"
}
for weight in Regular Medium SemiBold; do
    cut "/usr/share/fonts/opentype/inter/Inter-$weight.otf" "Inter-$weight.otf" --unicodes="$letters,$signs"
done
for weight in Regular Medium; do
    cut "/usr/share/fonts/truetype/jetbrains-mono/JetBrainsMono-$weight.ttf" "JetBrainsMono-$weight.ttf" --unicodes="$letters,$signs"
done

# Chinese: all of GB2312 (6 763 characters and 682 signs), kana, full-width forms, Greek, Cyrillic, arrows and
# punctuation; and a few characters that GBK has and GB2312 lacks, which people type to see the difference.
python3 - > "$work/chinese.txt" <<'PY'
chars = set()
for row in range(0xA1, 0xF8):
    for cell in range(0xA1, 0xFF):
        try:
            chars.add(bytes([row, cell]).decode("gb2312"))
        except UnicodeDecodeError:
            pass
for first, last in [(0x20, 0x7E), (0xA0, 0xFF), (0x370, 0x3FF), (0x400, 0x45F), (0x2010, 0x2040), (0x2190, 0x21FF),
                    (0x2200, 0x22FF), (0x2300, 0x23FF), (0x2460, 0x24FF), (0x2500, 0x25FF), (0x2600, 0x2642),
                    (0x3000, 0x303F), (0x3040, 0x30FF), (0x3100, 0x312F), (0x3200, 0x32FF), (0xFF00, 0xFFEF)]:
    chars.update(map(chr, range(first, last + 1)))
chars.update("镕囍喆堃淼赟頔㐂囧槑碁曌祎翀珺玥昇峯堺")
# What upper-casing bytes makes of GBK: 間 becomes 镚, 謝 諼, 點 麮.
chars.update("間镚謝諼點麮")
print("".join(sorted(chars)))
PY
"$work/venv/bin/pyftsubset" /usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc --font-number=2 \
    --output-file=NotoSansSC-Regular.otf --text-file="$work/chinese.txt" --layout-features= --no-hinting \
    --name-IDs=0,1,2,3,4,5,6,7,13,14 --no-recalc-timestamp

# Bold, for headings and names: the frequent characters of GB2312 (level 1, rows 16 to 55) and its signs.
python3 - > "$work/bold.txt" <<'PY'
chars = set(map(chr, range(0x20, 0x7F)))
for row in [*range(0xA1, 0xAA), *range(0xB0, 0xD8)]:
    for cell in range(0xA1, 0xFF):
        try:
            chars.add(bytes([row, cell]).decode("gb2312"))
        except UnicodeDecodeError:
            pass
chars.update(map(chr, range(0x3000, 0x3040)))
chars.update(map(chr, range(0xFF00, 0xFFF0)))
print("".join(sorted(chars)))
PY
"$work/venv/bin/pyftsubset" /usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc --font-number=2 \
    --output-file=NotoSansSC-Bold.otf --text-file="$work/bold.txt" --layout-features= --no-hinting \
    --name-IDs=0,1,2,3,4,5,6,7,13,14 --no-recalc-timestamp

# Icons: those of ../icons/names.txt. Writes icons.ttf, ../icons/icons.tsv and ../../src/gui/theme/icons.rs.
(cd "$work" && npm pack --silent lucide-static@1.62.0 >/dev/null && tar xzf lucide-static-1.62.0.tgz)
cp "$work/package/LICENSE" Lucide-LICENSE.txt
"$work/venv/bin/python" ../icons/make.py "$work/package/font"

sha256sum ./*.otf ./*.ttf
