package d2l

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/d2l-go/book/d2l/internal/xla"
)

// childReadsNet says how loading a net, and saving it over its file, end.
func childReadsNet() string {
	net, path, device := smallNet(), os.Getenv("D2L_TEST_PATH"), Device{platform: xla.Go}
	text := fmt.Sprintln("load:", net.LoadParameters(path, device))
	if err := net.Initialize(device, Xavier); err != nil {
		return err.Error()
	}
	if _, err := net.Forward(waves(1, 1, 1, 1, 8, 8)); err != nil {
		return err.Error()
	}
	return text + fmt.Sprint("save: ", net.SaveParameters(path))
}

func TestPermissions(t *testing.T) {
	net, _ := initialized(t)
	dir := publicDir(t)
	path := filepath.Join(dir, "net.params")
	noError(t, net.SaveParameters(path))
	noError(t, os.Chmod(path, 0))
	report := said(t, asNobody(child("net", "D2L_TEST_PATH="+path)))
	wantParts(t, report,
		"load: the parameters in "+path+" cannot be used", "permission denied; let this user read the file",
		"save: saving parameters to "+path, "permission denied; make room there, or name a path that you may write to")
	if strings.Contains(report, "save them again") {
		t.Errorf("what may not be read is to be saved again: %s", report)
	}
	noError(t, os.Chmod(path, 0o644))
	wantFiles(t, dir, "net.params")
	noError(t, net.LoadParameters(path, testDevice()))
}
