package files

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// WriteDir makes a folder with what fill puts into it, unless it exists, and missing folders above it. Whatever
// interrupts it, readers see no folder or the whole one: fill writes to another one, which then takes its name.
func WriteDir(path string, fill func(root *os.Root) error) (err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	removeLeftovers(path)
	temporary := temporaryName(path)
	for err = os.Mkdir(temporary, 0o777); errors.Is(err, fs.ErrExist); err = os.Mkdir(temporary, 0o777) {
		temporary = temporaryName(path)
	}
	if err != nil {
		return err
	}
	defer os.RemoveAll(temporary) // Which is gone after the renaming.
	root, err := os.OpenRoot(temporary)
	if err != nil {
		return err
	}
	if err := errors.Join(fill(root), root.Close()); err != nil {
		return err
	}
	syscall.Sync() // All files at once: one by one, thousands of small ones take minutes.
	err = os.Rename(temporary, path)
	if info, statErr := os.Stat(path); err != nil && statErr == nil && info.IsDir() {
		return nil // Another program was faster.
	}
	return err
}
