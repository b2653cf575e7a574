package fetch

import (
	"archive/tar"
	"archive/zip"
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"github.com/d2l-go/book/d2l/internal/files"
)

// maxExtracted and maxMembers bound what an archive expands to. Tests lower them.
var (
	maxExtracted int64 = 64 << 30
	maxMembers         = 2_000_000
)

// extract puts the files and folders of an archive, zip, tar or compressed tar, whatever it is called, into root.
func extract(archive string, root *os.Root) error {
	opened, err := files.Open(archive)
	if err != nil {
		return err
	}
	defer opened.Close()
	buffered := bufio.NewReader(opened)
	start, err := buffered.Peek(4)
	if err != nil && err != io.EOF {
		return err
	}
	x := &extraction{root: root, left: maxExtracted}
	switch {
	// A tar begins with a name, which may be PK as well: a zip, also an empty one, goes on with no letter.
	case bytes.HasPrefix(start, []byte("PK\x03\x04")), bytes.HasPrefix(start, []byte("PK\x05\x06")):
		info, err := opened.Stat()
		if err != nil {
			return err
		}
		return x.zip(opened, info.Size())
	case bytes.HasPrefix(start, []byte("\x1f\x8b")):
		r, err := gzip.NewReader(buffered)
		if err != nil {
			return err
		}
		return x.tar(r)
	}
	if err = x.tar(buffered); errors.Is(err, io.ErrUnexpectedEOF) && x.members == 0 {
		return errNoArchive // It is too short for a tar.
	}
	return err
}

var errNoArchive = errors.New("it is neither zip nor tar, nor a tar compressed by gzip")

// An extraction is how far extract has come.
type extraction struct {
	root    *os.Root
	members int
	left    int64 // Bytes that may still come.
}

func (x *extraction) zip(archive io.ReaderAt, size int64) error {
	r, err := zip.NewReader(archive, size)
	if err != nil {
		return err
	}
	for _, member := range r.File {
		if err := x.member(member.Name, member.Mode(), member.Open); err != nil {
			return err
		}
	}
	return nil
}

func (x *extraction) tar(archive io.Reader) error {
	r := tar.NewReader(archive)
	for {
		member, err := r.Next()
		if err == io.EOF && x.members > 0 {
			return nil
		}
		if err == io.EOF || errors.Is(err, tar.ErrHeader) && x.members == 0 {
			return errNoArchive
		}
		if err != nil {
			return err
		}
		if member.Typeflag == tar.TypeXGlobalHeader {
			continue
		}
		mode := member.FileInfo().Mode()
		if member.Typeflag == tar.TypeLink {
			mode |= fs.ModeIrregular // Its mode is that of the file it names.
		}
		if err := x.member(member.Name, mode, func() (io.ReadCloser, error) { return io.NopCloser(r), nil }); err != nil {
			return err
		}
	}
}

// member puts one member into root. One that leads out of it, by its name or as a link, is an error, as is a second
// one of the same name, or of one that differs in case where the file system does not tell them apart.
func (x *extraction) member(name string, mode fs.FileMode, open func() (io.ReadCloser, error)) (err error) {
	if x.members++; x.members > maxMembers {
		return fmt.Errorf("it has more than %d members", maxMembers)
	}
	if !filepath.IsLocal(filepath.FromSlash(name)) {
		return fmt.Errorf("its member %q leads out of the folder", name)
	}
	name = path.Clean(name)
	if mode.IsDir() {
		return x.root.MkdirAll(name, 0o755)
	}
	if !mode.IsRegular() {
		return fmt.Errorf("its member %q is a link or a device, no file or folder", name)
	}
	if err := x.root.MkdirAll(path.Dir(name), 0o755); err != nil {
		return err
	}
	from, err := open()
	if err != nil {
		return fmt.Errorf("its member %q: %w", name, err)
	}
	defer from.Close()
	to, err := x.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("its member %q is in it twice", name)
	}
	if err != nil {
		return err
	}
	n, err := io.Copy(to, io.LimitReader(from, x.left+1))
	if err = errors.Join(err, to.Close()); err != nil {
		return fmt.Errorf("its member %q: %w", name, err)
	}
	if x.left -= n; x.left < 0 {
		return fmt.Errorf("it expands to more than %d bytes", maxExtracted)
	}
	return nil
}
