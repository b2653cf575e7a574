#!/usr/bin/env bash
# safetensors 0.8.0 with numpy 2.4.6 and ml_dtypes 0.5.4.
#
# Expected: what safetensors.numpy.save_file takes, safetensors.numpy.load_file gives back; types that it cannot read it
# refuses to write, as it does with ml_dtypes' int4.
# Seen: float8 arrays are written, and the file is good; then neither load_file nor safe_open gives them to NumPy:
# AttributeError, "module 'numpy' has no attribute 'float8_e4m3fn'", and the like for three other float8 types.
# load_file gives nothing of such a file, not even its float32 tensors. With bfloat16 all works.
#
# Why it matters: a run that saves its quantized weights looks as if it had worked, until they are needed; and the error
# blames NumPy, whose types these are not.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install -q safetensors==0.8.0 numpy==2.4.6 ml_dtypes==0.5.4
cat >look.py <<'END'
import ml_dtypes
import numpy
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

for kind in "int4", "bfloat16", "float8_e4m3fn", "float8_e4m3fnuz", "float8_e5m2", "float8_e8m0fnu":
    array = numpy.array([0.5, 1, 2, 4]).astype(getattr(ml_dtypes, kind))
    said = []
    try:
        save_file({"scaled": array, "plain": numpy.ones(2, numpy.float32)}, "file")
        said.append("saved")
        said.append("loaded" if numpy.array_equal(load_file("file")["scaled"], array) else "loaded, other numbers")
    except Exception as e:
        said.append(f"{type(e).__name__}: {str(e).split('. ')[0]}")
    if said[0] == "saved":
        with safe_open("file", "numpy") as file:
            said.append(f"plain alone {file.get_tensor('plain').tolist()}")
            try:
                said.append(f"by safe_open {file.get_tensor('scaled').dtype}")
            except AttributeError:
                said.append("safe_open fails too")
        data = open("file", "rb").read()
        said.append("bytes are right" if data.endswith(array.tobytes()) else "bytes are wrong")
    print(f"{kind}: {'; '.join(said)}")
END
seen=$(venv/bin/python look.py)
echo "$seen"
failed() {
	echo "$1: saved; AttributeError: module 'numpy' has no attribute '$1'; plain alone [1.0, 1.0];" \
		"safe_open fails too; bytes are right"
}
[ "$seen" = "int4: SafetensorError: Unknown dtype \"int4\"
bfloat16: saved; loaded; plain alone [1.0, 1.0]; by safe_open bfloat16; bytes are right
$(for kind in float8_e4m3fn float8_e4m3fnuz float8_e5m2 float8_e8m0fnu; do failed $kind; done)" ]
