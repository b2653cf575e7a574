package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/d2l-go/book/scripts/literate/notebook"
	"github.com/d2l-go/book/scripts/literate/verify"
)

// verifyRun compares a new run of a notebook with what is saved in it.
func verifyRun(out io.Writer, args []string) error {
	if len(args) != 2 {
		return errors.New("verify takes the saved notebook and the executed one, as in: verify notebooks/lenet.ipynb out/lenet.ipynb")
	}
	saved, err := notebook.Read(args[0])
	if err != nil {
		return err
	}
	executed, err := notebook.Read(args[1])
	if err != nil {
		return err
	}
	if text := verify.OtherCell(saved, executed); text != "" {
		fmt.Fprintf(out, "%s\n\nRun it anew: scripts/chapter %s\n", text, args[0])
		return errFound
	}
	differences, remarks := verify.Compare(saved, executed)
	for _, text := range remarks {
		fmt.Fprintf(out, "remark: %s\n\n", text)
	}
	for _, text := range differences {
		fmt.Fprintf(out, "%s\n\n", text)
	}
	if len(differences) > 0 {
		fmt.Fprintf(out, "If the new run is right, keep it: cp %s %s\n", args[1], args[0])
		return errFound
	}
	return nil
}

// checkTolerances is one of the checks.
func checkTolerances() ([]problem, error) {
	return inEach(func(_ string, n *notebook.Notebook) ([]problem, error) { return verify.Tolerances(n), nil })
}
