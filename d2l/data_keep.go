package d2l

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/d2l-go/book/d2l/internal/files"
)

// keep finds or fetches files of one data set and puts them uncompressed into
// the cache. It returns their folder there.
func keep(fetch bool, all ...dataFile) (string, error) {
	dir, err := files.CacheDir()
	if err != nil {
		return "", err
	}
	dir = filepath.Join(dir, "data", all[0].set)
	for _, f := range all {
		content, path, err := f.find()
		if errors.Is(err, fs.ErrNotExist) && fetch {
			content, err = f.fetch()
		}
		if err != nil {
			return "", err
		}
		kept := filepath.Join(dir, f.name)
		if path == "" || path == kept {
			continue
		}
		if err := files.Write(kept, content); err != nil {
			return "", fmt.Errorf("%s cannot be kept: %w; make room or set XDG_CACHE_HOME to another folder", f, err)
		}
	}
	return dir, nil
}
