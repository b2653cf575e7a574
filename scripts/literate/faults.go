package main

import (
	"os"

	"github.com/d2l-go/book/scripts/literate/faults"
)

// checkFaults reports rows of the table of faults that name tests which are not there.
func checkFaults() ([]problem, error) { return faults.Check(os.DirFS("."), "scripts/faults.md") }
