package main

import "github.com/d2l-go/book/scripts/literate/coverage"

// checkCoverage reports what of the chapter nothing here covers, and what the
// packages export without a word on the book.
func checkCoverage() ([]problem, error) { return coverage.Check(".") }
