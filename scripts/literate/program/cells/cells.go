// Package cells runs the cells of a notebook in one program, in the order and
// under the conditions in which the kernel runs each as a program of its own.
// The programs that scripts/literate writes call it.
package cells

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"runtime/pprof"
	"slices"
	"strings"
)

// Program is what a notebook holds.
type Program struct {
	Notebook  string // Its path, seen from the folder of the file that calls Main.
	Variables []any  // Pointers to all variables that its cells declare.
	Cells     []Cell
}

// Cell is one cell.
type Cell struct {
	ID     string
	Before []func() // Set the variables declared so far; then functions called init_….
	Run    func()   // What stands below %%, or nil.
}

// Main runs the cells, or those that flags name. It ends the program, with status
// 2 after a mistake in the flags.
//
// The cells find themselves in the notebook's folder, with no arguments and with
// zero variables, as a new program would; what other packages remember stays.
func (p Program) Main() {
	_, file, _, _ := runtime.Caller(1)
	name := strings.TrimSuffix(filepath.Base(p.Notebook), filepath.Ext(p.Notebook))
	o, err := p.options(name, os.Args[1:], os.Stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		os.Exit(0)
	case err != nil:
		os.Exit(2) // FlagSet has said why.
	}
	if err := p.run(name, file, o); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		os.Exit(1)
	}
}

type options struct {
	cells      []Cell
	folder     string
	cpuProfile string
}

func (p Program) options(name string, args []string, errs io.Writer) (options, error) {
	o := options{cells: p.Cells}
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	flags.SetOutput(errs)
	flags.Func("cells", "run only these cells, for example `shapes,train-lenet`, in the notebook's order", func(list string) (err error) {
		o.cells, err = p.choose(strings.Split(list, ","))
		return err
	})
	flags.StringVar(&o.folder, "C", "", "the notebook's `folder`, if it is no longer where it was when this program was built")
	flags.StringVar(&o.cpuProfile, "cpuprofile", "", "write a CPU profile of the cells to this `file`; not if a cell ends the program, as d2l.Check does on an error")
	err := flags.Parse(args)
	if err == nil && flags.NArg() > 0 {
		err = fmt.Errorf("%s is no flag", flags.Arg(0))
		fmt.Fprintln(errs, err)
		flags.Usage()
	}
	return o, err
}

// choose returns the cells with these ids.
func (p Program) choose(ids []string) ([]Cell, error) {
	var known []string
	for _, c := range p.Cells {
		known = append(known, c.ID)
	}
	for _, id := range ids {
		if !slices.Contains(known, id) {
			return nil, fmt.Errorf("there is no cell %q; the cells are %s", id, strings.Join(known, ", "))
		}
	}
	return slices.DeleteFunc(slices.Clone(p.Cells), func(c Cell) bool { return !slices.Contains(ids, c.ID) }), nil
}

func (p Program) run(name, file string, o options) (err error) {
	if o.cpuProfile != "" {
		to, err := filepath.Abs(o.cpuProfile) // The cells run in another folder.
		if err != nil {
			return err
		}
		// Kept in memory, so that no empty file is left if a cell ends the program.
		var profile bytes.Buffer
		if err := pprof.StartCPUProfile(&profile); err != nil {
			return err
		}
		defer func() {
			pprof.StopCPUProfile()
			err = errors.Join(err, os.WriteFile(to, profile.Bytes(), 0o644))
		}()
	}
	if err := p.enter(file, o.folder); err != nil {
		return err
	}
	os.Args = os.Args[:1]
	packages := flag.CommandLine // The flags of imported packages.
	for _, c := range o.cells {
		fmt.Fprintf(os.Stderr, "%s: cell %s\n", name, c.ID)
		flag.CommandLine = flag.NewFlagSet(os.Args[0], flag.ExitOnError)
		packages.VisitAll(func(f *flag.Flag) { flag.Var(f.Value, f.Name, f.Usage) })
		for _, v := range p.Variables {
			reflect.ValueOf(v).Elem().SetZero()
		}
		for _, f := range c.Before {
			f()
		}
		flag.Parse()
		if c.Run != nil {
			c.Run()
		}
	}
	return nil
}

// enter makes the notebook's folder the current one. It is found from the place
// of the program's source, or given.
func (p Program) enter(file, folder string) error {
	if folder == "" {
		if !filepath.IsAbs(file) {
			return errors.New("this program was built with -trimpath and does not know where its notebook is; build it without, or name the notebook's folder by -C")
		}
		folder = filepath.Dir(filepath.Join(filepath.Dir(file), filepath.FromSlash(p.Notebook)))
	}
	if _, err := os.Stat(filepath.Join(folder, filepath.Base(p.Notebook))); err != nil {
		return fmt.Errorf("its notebook is not there, in whose folder the cells run; name that folder by -C: %w", err)
	}
	return os.Chdir(folder)
}
