package mnist

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/d2l-go/book/d2l/internal/fetch"
	"github.com/d2l-go/book/d2l/internal/files"
)

// fetch downloads the file, verifies it, and keeps it uncompressed in the cache. Cells do not: before there is a
// kernel, scripts/setup has fetched the files.
func (f file) fetch() ([]byte, error) {
	if !fetch.Possible {
		return nil, f.missing("cells do not fetch it; run scripts/setup", ": ", fs.ErrNotExist)
	}
	dir, err := f.cacheDir()
	if err != nil {
		return nil, err
	}
	var failures []error
	for i, url := range f.urls {
		content, err := fetch.Get(url, f.decode)
		if err != nil {
			failures = append(failures, fmt.Errorf("%s: %w", url, err))
			if i < len(f.urls)-1 {
				fmt.Fprintf(os.Stderr, "d2l: this failed, trying the next address: %v\n", err)
			}
			continue
		}
		if err := files.Write(filepath.Join(dir, f.name), content); err != nil {
			return nil, fmt.Errorf("%s was fetched but cannot be kept: %w; %s", f, err, fetch.CacheRemedy)
		}
		return content, nil
	}
	return nil, f.missing("cannot be fetched; "+f.remedy, "; tried\n", errors.Join(failures...))
}
