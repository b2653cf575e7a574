#!/usr/bin/env bash
# nbformat 5.11.1 with jsonschema 4.26.0, alone and beside rfc3987-syntax 1.1.0 (with lark 1.3.1), which JupyterLab
# installs through jupyter-events.
#
# Expected: `import nbformat`, which reads and writes JSON, costs about the same wherever it is installed.
# Seen: if rfc3987-syntax is installed, the import compiles a grammar of internationalized addresses with the parser
# generator lark: jsonschema imports every checker of formats that it finds, although no notebook is checked against it.
# This script printed 3.2 s of processor time for the import, and 0.3 s for nbformat alone, on 28 November 2026.
#
# Why it matters: each short Python program that touches a notebook, such as a git filter or a check in CI, pays this at
# every start, and so does JupyterLab itself. Programs that only read can use json instead.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/python -m pip install --quiet nbformat==5.11.1 jsonschema==4.26.0
probe='import sys, time; start = time.process_time(); import nbformat
print("lark" in sys.modules, f"({time.process_time() - start:.1f} s of CPU, {len(sys.modules)} modules)")'
alone=$(venv/bin/python -c "$probe")
venv/bin/python -m pip install --quiet rfc3987-syntax==1.1.0 lark==1.3.1
beside=$(venv/bin/python -c "$probe")
echo "does import nbformat load lark? alone: $alone; beside rfc3987-syntax: $beside"
[[ $alone == False* && $beside == True* ]]
