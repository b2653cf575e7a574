package d2l

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// netFiles are the files that a net is saved to and loaded from.
var netFiles = map[string]struct {
	what string // In errors.
	save func(net *Net, path string) error
	load func(net *Net, path string, device Device) error
}{
	"net.params":      {"parameters", (*Net).SaveParameters, (*Net).LoadParameters},
	"net.safetensors": {"weights", (*Net).SaveSafetensors, func(net *Net, path string, device Device) error { return net.LoadSafetensors(path, device) }},
}

// childReadsNet says how loading a net, and saving it over its file, end.
func childReadsNet() string {
	net, path := smallNet(), os.Getenv("D2L_TEST_PATH")
	file := netFiles[filepath.Base(path)]
	text := fmt.Sprintln("load:", file.load(net, path, Device{platform: platformGo}))
	if err := net.Initialize(Device{platform: platformGo}, Xavier); err != nil {
		return err.Error()
	}
	if _, err := net.Forward(waves(1, 1, 1, 1, 8, 8)); err != nil {
		return err.Error()
	}
	return text + fmt.Sprint("save: ", file.save(net, path))
}

func TestPermissions(t *testing.T) {
	for name, file := range netFiles {
		t.Run(name, func(t *testing.T) {
			net, _ := initialized(t)
			dir := publicDir(t)
			path := filepath.Join(dir, name)
			noError(t, file.save(net, path))
			noError(t, os.Chmod(path, 0))
			report := said(t, asNobody(child("net", "D2L_TEST_PATH="+path)))
			wantParts(t, report,
				"load: the "+file.what+" in "+path+" cannot be used", "permission denied; let this user read the file",
				"save: saving "+file.what+" to "+path, "permission denied; make room there, or name a path that you may write to")
			if strings.Contains(report, "save them again") {
				t.Errorf("what may not be read is to be saved again: %s", report)
			}
			noError(t, os.Chmod(path, 0o644))
			wantFiles(t, dir, name)
			noError(t, file.load(net, path, CPU(0)))
		})
	}
}
