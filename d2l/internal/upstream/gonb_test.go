package upstream

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/d2l-go/book/d2l/d2ltest"
)

// source returns a file of GoNB's module, a program whose behaviour is in no API.
func source(t *testing.T, pattern string) string {
	t.Helper()
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/janpfeifer/gonb").Output()
	d2ltest.NoError(t, err)
	files, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(dir)), pattern))
	d2ltest.NoError(t, err)
	if len(files) == 0 {
		t.Fatalf("GoNB has no %s any more", pattern)
	}
	var text strings.Builder
	for _, file := range files {
		content, err := os.ReadFile(file)
		d2ltest.NoError(t, err)
		text.Write(content)
	}
	return text.String()
}

func TestGoNBGetsNewestModules(t *testing.T) {
	if !strings.Contains(source(t, "internal/goexec/execcode.go"), `args := []string{"get"}`) {
		fixed(t, `the case of a bare "get" in scripts/kernel/go`)
	}
}

func TestGoNBInterruptsByMessage(t *testing.T) {
	if !strings.Contains(source(t, "internal/kernel/install.go"), `InterruptMode: "message"`) {
		fixed(t, "interrupt_mode in scripts/kernel/register.py")
	}
}

func TestGoNBProgramsOutliveKernel(t *testing.T) {
	if strings.Contains(source(t, "internal/goexec/*.go"), "Pdeathsig") {
		fixed(t, "ends_with_kernel_linux.go in scripts/kernel/go")
	}
}
