package d2l

import (
	"errors"
	"io/fs"
	"os"
)

// openFile opens a file for reading and refuses what is none: opening a named pipe
// waits for its writer, perhaps for ever, and a device may have no end.
func openFile(path string) (*os.File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if err := checkFile(info); err != nil {
		return nil, err
	}
	return os.Open(path)
}

// checkFile returns an error that says what it is unless it is a file.
func checkFile(info fs.FileInfo) error {
	switch mode := info.Mode(); {
	case mode.IsRegular():
		return nil
	case mode.IsDir():
		return errors.New("it is a folder, not a file")
	case mode&fs.ModeNamedPipe != 0:
		return errors.New("it is a named pipe, not a file")
	case mode&fs.ModeSocket != 0:
		return errors.New("it is a socket, not a file")
	default:
		return errors.New("it is a device, not a file")
	}
}
