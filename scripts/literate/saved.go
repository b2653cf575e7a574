package main

import (
	"errors"
	"flag"
	"io"

	"github.com/d2l-go/book/scripts/literate/saved"
)

func init() {
	commands["update"] = func(out io.Writer, args []string) error { return bring(saved.Update, "update", out, args) }
	commands["save"] = func(out io.Writer, args []string) error { return bring(saved.Save, "save", out, args) }
	checks = append(checks, func() ([]problem, error) {
		paths, err := notebooks(nil)
		if err != nil {
			return nil, err
		}
		return saved.Check(".", paths)
	})
}

// bring calls saved.Update or saved.Save for the notebooks among the arguments.
func bring(way func(dir string, notebooks []string, force bool, out io.Writer) error, name string, out io.Writer, args []string) error {
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	force := flags.Bool("force", false, "also over what has changed on the other side")
	if err := flags.Parse(args); err != nil {
		return err
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
