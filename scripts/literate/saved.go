package main

import (
	"errors"
	"flag"
	"io"

	"github.com/d2l-go/book/scripts/literate/saved"
)

func update(out io.Writer, args []string) error { return bring(saved.Update, "update", out, args) }

func save(out io.Writer, args []string) error { return bring(saved.Save, "save", out, args) }

// bring calls saved.Update or saved.Save for the notebooks among the arguments.
func bring(way func(dir string, notebooks []string, force bool, out io.Writer) error, name string, out io.Writer, args []string) error {
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	force := flags.Bool("force", false, "also over what has changed on the other side")
	if err := flags.Parse(args); err != nil {
		return errFound // FlagSet has said why.
	}
	paths, err := notebooks(flags.Args())
	if err != nil {
		return err
	}
	err = way(".", paths, *force, out)
	if errors.Is(err, saved.ErrRefused) {
		return errFound
	}
	return err
}

// checkSaved is one of the checks.
func checkSaved() ([]problem, error) {
	paths, err := notebooks(nil)
	if err != nil {
		return nil, err
	}
	return saved.Check(".", paths)
}
