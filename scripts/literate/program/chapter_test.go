package program

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/d2l-go/book/d2l/d2ltest"
	"github.com/d2l-go/book/scripts/literate/verify"
)

// The chapter's program builds, passes go vet and, with the whole training, prints
// what is saved in the notebook, cell by cell.
func TestChapter(t *testing.T) {
	t.Chdir("../../..")
	n := opened(t, "notebooks/lenet.ipynb")
	binary := build(t, assembled(t, n))
	if testing.Short() {
		t.Skip("the chapter's program is built and not run, as it trains for half a minute")
	}
	command := exec.Command(binary)
	command.Dir = t.TempDir()
	command.Stderr = os.Stderr // How far it is.
	stdout, err := command.Output()
	d2ltest.NoError(t, err)
	printed := strings.SplitAfter(string(stdout), "\n")
	for _, c := range n.Cells {
		saved := c.Printed("stdout")
		lines := min(strings.Count(saved, "\n"), len(printed))
		for _, text := range verify.Lines(saved, c.Metadata.D2L.Tolerance, strings.Join(printed[:lines], "")) {
			t.Errorf("%s: what it prints, %s", c.Label(), text)
		}
		printed = printed[lines:]
	}
	if rest := strings.Join(printed, ""); rest != "" {
		t.Errorf("after the last cell it prints %q", rest)
	}
}
