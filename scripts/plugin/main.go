// Command plugin puts XLA's CPU plugin for macOS into a folder, by go-xla's own installer; scripts/setup calls it.
// go-xla names the version. It is downloaded from the releases of github.com/gomlx/pjrt-cpu-binaries, of which go-xla
// knows no checksums.
package main

import (
	"fmt"
	"os"

	"github.com/gomlx/go-xla/installer"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: plugin FOLDER")
		os.Exit(2)
	}
	if err := installer.AutoInstallPlugin("cpu", os.Args[1], false, installer.Quiet); err != nil {
		fmt.Fprintln(os.Stderr, "plugin:", err)
		os.Exit(1)
	}
}
