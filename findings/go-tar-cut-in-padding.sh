#!/usr/bin/env bash
# archive/tar of Go 1.26.8, beside Python 3's tarfile and GNU tar.
#
# Expected: an archive that is cut off within the blocks of a member's content is an error, as elsewhere.
# Seen: a member's content is padded with zeros to whole blocks of 512 bytes. Cut off at the end of the content, or
# anywhere in its padding, the archive ends in Go with io.EOF, the sign of a whole one, though its other members and
# the blocks of zeros at its end are missing. Python and GNU tar give an error. (Cut between two members, it is a
# shorter archive for all three.)
#
# Why it matters: after an interrupted download the members of a data set that were read are right, the others are
# missing, and the loop over the archive ends as ever.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
for name in one two three; do head -c 700 /dev/zero | tr '\0' x >"$name"; done
tar --format=ustar -cf whole.tar one two three
# The first member has a block for its name, 700 bytes, and 324 of padding.
for size in 1000 1212 1300 1536 1600; do head -c "$size" whole.tar >"cut-$size.tar"; done
go mod init probe 2>/dev/null
cat >main.go <<'END'
package main

import (
	"archive/tar"
	"errors"
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
		read, members := tar.NewReader(file), 0
		for {
			if _, err = read.Next(); err != nil {
				break
			}
			if _, err = io.Copy(io.Discard, read); err != nil {
				break
			}
			members++
		}
		fmt.Printf("Go, %s: members %d, whole: %v\n", path, members, errors.Is(err, io.EOF))
	}
}
END
seen=$(go run . cut-*.tar whole.tar
	for file in cut-*.tar whole.tar; do
		tar -tf "$file" >/dev/null 2>&1 && echo "GNU, $file: whole" || echo "GNU, $file: an error"
		python3 -c "import sys, tarfile; print(f'Python, {sys.argv[1]}: members', len(tarfile.open(sys.argv[1]).getmembers()))" \
			"$file" 2>/dev/null || echo "Python, $file: an error"
	done)
go version
echo "$seen"
[ "$seen" = "Go, cut-1000.tar: members 0, whole: false
Go, cut-1212.tar: members 1, whole: true
Go, cut-1300.tar: members 1, whole: true
Go, cut-1536.tar: members 1, whole: true
Go, cut-1600.tar: members 1, whole: false
Go, whole.tar: members 3, whole: true
GNU, cut-1000.tar: an error
Python, cut-1000.tar: an error
GNU, cut-1212.tar: an error
Python, cut-1212.tar: an error
GNU, cut-1300.tar: an error
Python, cut-1300.tar: an error
GNU, cut-1536.tar: whole
Python, cut-1536.tar: members 1
GNU, cut-1600.tar: whole
Python, cut-1600.tar: members 1
GNU, whole.tar: whole
Python, whole.tar: members 3" ]
