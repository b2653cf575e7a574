package main

import (
	"errors"
	"io"
	"os"

	"github.com/d2l-go/book/scripts/literate/notebook"
	"github.com/d2l-go/book/scripts/literate/plain"
)

// text prints a notebook for people, above all for git diff.
func text(out io.Writer, args []string) error {
	if len(args) != 1 {
		return errors.New("text takes one notebook")
	}
	content, err := os.ReadFile(args[0])
	if err != nil {
		return err
	}
	// A revision that cannot be read can still be seen.
	if n, err := notebook.Parse(args[0], content); err == nil {
		content = []byte(plain.Text(n))
	}
	_, err = out.Write(content)
	return err
}
