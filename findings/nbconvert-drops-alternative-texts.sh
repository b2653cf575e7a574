#!/usr/bin/env bash
# nbconvert 7.17.2.
#
# Expected: the alternative text that an output's metadata has for a picture, {"image/png": {"alt": …}}, is the
# picture's in HTML.
# Seen: only the template "classic" writes it, and only for PNG and JPEG. With "lab", the default, and for SVG with
# both, "No description has been provided for this image" stands there, with a warning that the text is missing.
#
# Why it matters: a screen reader says the same sentence for every plot, although the notebook describes each. A
# template can mend it: blocks data_png, data_svg, … that write output | get_metadata('alt', 'image/png') and the
# like.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/python -m pip install --quiet nbconvert==7.17.2
cat >probe.py <<'END'
import base64
import re

from nbconvert import HTMLExporter
from nbformat.v4 import new_code_cell, new_notebook, new_output

svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>'
for kind, data in ("image/png", base64.b64encode(b"any").decode()), ("image/svg+xml", svg):
    output = new_output("display_data", data={kind: data}, metadata={kind: {"alt": "A square"}})
    for template in "classic", "lab":
        exporter = HTMLExporter(template_name=template)
        page, _ = exporter.from_notebook_node(new_notebook(cells=[new_code_cell("", outputs=[output])]))
        print(f"{template}, {kind}:", re.search(r'<img[^>]*?alt="([^"]*)"', page, re.S)[1])
END
found=$(venv/bin/python probe.py 2>/dev/null)
printf 'the alternative text, given as "A square":\n%s\n' "$found"
[ "$(grep -c "A square" <<<"$found") $(grep -c "No description" <<<"$found")" = "1 3" ]
[[ $found == "classic, image/png: A square"* ]]
