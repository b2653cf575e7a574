package files

import (
	"errors"
	"io/fs"
	"os"
)

// Open opens a regular file for reading and refuses anything else: opening a named pipe waits for its writer, perhaps
// forever, and a device may have no end.
func Open(path string) (*os.File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if err := requireRegular(info); err != nil {
		return nil, err
	}
	return os.Open(path)
}

// requireRegular returns an error that names the kind of file unless it is a regular one.
func requireRegular(info fs.FileInfo) error {
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
