#!/usr/bin/env bash
# Makes Blip.Runtime/Imaging/Fonts/DejaVuSans.ttf, the letters of what Blip draws: DejaVu Sans without the scripts that it has no room for.
# Needs Debian's fonts-dejavu-core and python3-fonttools (apt install fonts-dejavu-core python3-fonttools).
set -euo pipefail
cd "$(dirname "$0")/.."
font=${1:-/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf}
fonts=Blip.Runtime/Imaging/Fonts
# Latin with Latin-1 and Extended-A, Greek, Cyrillic, punctuation. Skia places letters one by one: kerning and ligatures would not be read.
/usr/bin/python3 -m fontTools.subset "$font" --output-file="$fonts/DejaVuSans.ttf" --layout-features='' --no-hinting --notdef-outline \
  --unicodes='U+0020-007E,U+00A0-017F,U+0218-021B,U+0370-03FF,U+0400-045F,U+0490-0491,U+2010-2027,U+2030-203A,U+20AC,U+2122,U+2212,U+FFFD'
# The licence stands in the font itself.
/usr/bin/python3 - "$font" > "$fonts/LICENSE.txt" <<'PYTHON'
import sys
from fontTools.ttLib import TTFont

names = TTFont(sys.argv[1])["name"]
lines = (names.getDebugName(0) + "\n\n" + names.getDebugName(13)).replace("\r", "").split("\n")
print("\n".join(line.rstrip() for line in lines).strip())
PYTHON
