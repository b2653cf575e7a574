// Command data makes sure that a data set is on this machine: it finds and
// verifies its files, fetches those that are missing, and keeps uncompressed copies
// in the user's cache. Its exit status is 3 if, with -find, a file is not there, and
// 1 if anything else is wrong. Of the data sets in d2l.DataHub, which are a file each,
// it prints the path; -find is not for them.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/d2l-go/book/d2l"
)

// sets are the data sets, by their folders.
var sets = map[string]struct {
	name string
	keep func(fetch bool) (dir string, err error)
}{
	"fashion-mnist": {"Fashion-MNIST", d2l.KeepFashionMnist},
	"mnist":         {"MNIST", d2l.KeepMnist},
}

func main() {
	flag.Usage = func() {
		ofHub := strings.Join(slices.Sorted(maps.Keys(d2l.DataHub)), "|")
		fmt.Fprintln(flag.CommandLine.Output(), "usage: data [-find] fashion-mnist|mnist\n       data", ofHub)
		flag.PrintDefaults()
	}
	find := flag.Bool("find", false, "only look for the files, fetch nothing")
	flag.Parse()
	if _, ok := d2l.DataHub[flag.Arg(0)]; ok && flag.NArg() == 1 && !*find {
		path, err := d2l.Download(flag.Arg(0))
		if err != nil {
			fmt.Fprintln(os.Stderr, "data:", err)
			os.Exit(1)
		}
		fmt.Println(flag.Arg(0), "verified in", path)
		return
	}
	set, ok := sets[flag.Arg(0)]
	if !ok || flag.NArg() != 1 {
		flag.Usage()
		os.Exit(2)
	}
	dir, err := set.keep(!*find)
	if err != nil {
		fmt.Fprintln(os.Stderr, "data:", err)
		if errors.Is(err, fs.ErrNotExist) {
			os.Exit(3)
		}
		os.Exit(1)
	}
	fmt.Println(set.name, "verified in", dir)
}
