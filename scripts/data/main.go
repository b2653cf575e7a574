// Command data makes sure that the chapter's data set is on this machine: it
// finds and verifies the files of Fashion-MNIST, fetches those that are missing,
// and keeps uncompressed copies in the user's cache. Its exit status is 3 if,
// with -find, a file is not there, and 1 if anything else is wrong.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"

	"github.com/d2l-go/book/d2l"
)

func main() {
	find := flag.Bool("find", false, "only look for the files, fetch nothing")
	flag.Parse()
	dir, err := d2l.KeepFashionMnist(!*find)
	if err != nil {
		fmt.Fprintln(os.Stderr, "data:", err)
		if errors.Is(err, fs.ErrNotExist) {
			os.Exit(3)
		}
		os.Exit(1)
	}
	fmt.Println("Fashion-MNIST verified in", dir)
}
