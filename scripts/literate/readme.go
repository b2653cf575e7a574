package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
	"strings"

	"github.com/d2l-go/book/scripts/literate/notebook"
)

// README shows what one cell of the chapter printed and drew.
const (
	readmePath    = "README.md"
	readmePicture = "notebooks/lenet-training.svg"
	readmeCell    = "notebooks/lenet.ipynb#train-lenet"
)

// printedFigures are those that the cell prints: loss, accuracies, speed, device.
var printedFigures = regexp.MustCompile(`loss (\S+), train acc (\S+), test acc (\S+)\n(\S+ examples/sec) on (.+)\n`)

const readmeRow = "| the notebook (on $5, $4) | $1 | $2 | $3 |"

// checkReadme is one of the checks.
func checkReadme() ([]problem, error) {
	c, err := cellAt(readmeCell)
	if err != nil {
		return nil, err
	}
	var found []problem
	readme, err := os.ReadFile(readmePath)
	if err != nil {
		return nil, err
	}
	printed := c.Printed("stdout")
	if m := printedFigures.FindStringSubmatchIndex(printed); m == nil {
		found = append(found, fmt.Sprintf("%s: %s does not print \"loss …, train acc …, test acc …\" and \"… examples/sec on …\", which %s reports", readmeCell, c.Label(), readmePath))
	} else if row := string(printedFigures.ExpandString(nil, readmeRow, printed, m)); !strings.Contains(string(readme), "\n"+row+"\n") {
		found = append(found, fmt.Sprintf("%s: its row of the notebook is not what %s printed; write\n  %s", readmePath, c.Label(), row))
	}
	drawn, err := os.ReadFile(readmePicture)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if shown, err := svgOf(c); err != nil {
		found = append(found, fmt.Sprintf("%s: %v", readmeCell, err))
	} else if shown != string(drawn) {
		found = append(found, fmt.Sprintf("%s is not the picture of %s; renew it: go run ./scripts/literate svg %s > %[1]s", readmePicture, c.Label(), readmeCell))
	}
	return found, nil
}

// printSVG prints the picture that a cell shows.
func printSVG(out io.Writer, args []string) error {
	if len(args) != 1 {
		return errors.New("svg takes one cell, as in: svg " + readmeCell)
	}
	c, err := cellAt(args[0])
	if err != nil {
		return err
	}
	shown, err := svgOf(c)
	if err != nil {
		return fmt.Errorf("%s: %w", args[0], err)
	}
	_, err = io.WriteString(out, shown)
	return err
}

// cellAt returns the cell of notebook#cell.
func cellAt(ref string) (*notebook.Cell, error) {
	path, id, _ := strings.Cut(ref, "#")
	n, err := notebook.Read(path)
	if err != nil {
		return nil, err
	}
	c := n.Cell(id)
	if c == nil {
		return nil, fmt.Errorf("%s has no cell %q; name one as in: %s", path, id, readmeCell)
	}
	return c, nil
}

// svgOf returns the last SVG among a cell's outputs.
func svgOf(c *notebook.Cell) (string, error) {
	for i := len(c.Outputs) - 1; i >= 0; i-- {
		if svg, ok := c.Outputs[i].Data["image/svg+xml"]; ok {
			return svg, nil
		}
	}
	return "", errors.New("the cell shows no SVG; run the notebook anew: scripts/chapter")
}
