package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/d2l-go/book/scripts/literate/notebook"
	"github.com/d2l-go/book/scripts/literate/program"
)

// writeProgram writes the cells of notebooks as Go programs.
func writeProgram(out io.Writer, args []string) error {
	flags := flag.NewFlagSet("program", flag.ContinueOnError)
	flags.SetOutput(out)
	to := flags.String("o", "", "the `file` to write instead of out/<notebook>.go")
	if err := flags.Parse(args); err != nil {
		return errFound // It has been said.
	}
	paths, err := notebooks(flags.Args())
	if err != nil {
		return err
	}
	if *to != "" && len(paths) != 1 {
		return errors.New("-o takes exactly one notebook; name it")
	}
	for _, path := range paths {
		file := *to
		if file == "" {
			file = filepath.Join("out", strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))+".go")
		}
		n, err := notebook.Read(path)
		if err != nil {
			return err
		}
		source, err := program.Assemble(n, file)
		if err != nil {
			return err
		}
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := notebook.WriteFile(file, source); err != nil {
			return err
		}
		fmt.Fprintf(out, "%s: run it by go run %s; -help names its flags\n", file, file)
	}
	return nil
}
