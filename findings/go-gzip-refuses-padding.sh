#!/usr/bin/env bash
# compress/gzip of Go 1.26.8, beside Python 3's gzip and GNU gzip.
#
# Expected: an archive that is padded with zeros to whole blocks, as tapes, dd and some transfers leave it, is read as
# elsewhere: Python's gzip and GNU's take it without a word, in the manner of tar, for which gzip was made.
# Seen: Go gives all of the content, checked against its CRC, and then an error in place of the end: "unexpected EOF"
# for fewer than ten zeros and "gzip: invalid header" for more. The first is the error of an archive that is cut off.
#
# Why it matters: a data set that Python's loaders have read for years is damaged in Go, and for some lengths the error
# says that bytes are missing where there are too many. Reader.Multistream(false) reads such a file, but then stops
# silently after the first of several parts.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
go mod init probe 2>/dev/null
cat >main.go <<'END'
package main

import (
	"compress/gzip"
	"fmt"
	"io"
	"os"
)

func main() {
	for _, path := range os.Args[1:] {
		file, err := os.Open(path)
		if err != nil {
			panic(err)
		}
		r, err := gzip.NewReader(file)
		if err != nil {
			panic(err)
		}
		content, err := io.ReadAll(r)
		fmt.Printf("Go, %s: %s, error %v\n", path, content, err)
	}
}
END
for zeros in 0 4 512; do
	{ printf images | gzip -n && head -c "$zeros" /dev/zero; } >"$zeros-zeros.gz"
done
{ printf images | gzip -n && printf garbage; } >garbage.gz
seen=$(go run . ./*-zeros.gz
	for file in ./*-zeros.gz garbage.gz; do
		echo "GNU, $file: $(gzip -dc "$file" 2>/dev/null && echo ", status 0" || echo ", status $?")"
		python3 -c "import gzip, sys; print(f'Python, {sys.argv[1]}:', gzip.open(sys.argv[1]).read().decode())" "$file" \
			2>/dev/null || echo "Python, $file: an error"
	done)
go version
echo "$seen"
[ "$seen" = "Go, ./0-zeros.gz: images, error <nil>
Go, ./4-zeros.gz: images, error unexpected EOF
Go, ./512-zeros.gz: images, error gzip: invalid header
GNU, ./0-zeros.gz: images, status 0
Python, ./0-zeros.gz: images
GNU, ./4-zeros.gz: images, status 0
Python, ./4-zeros.gz: images
GNU, ./512-zeros.gz: images, status 0
Python, ./512-zeros.gz: images
GNU, garbage.gz: images, status 2
Python, garbage.gz: an error" ]
