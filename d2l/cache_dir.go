package d2l

import (
	"fmt"
	"os"
	"path/filepath"
)

// cacheDir returns the folder for what is fetched once and kept: plugins and
// data sets.
func cacheDir() (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("no place to keep files (%w): set HOME or XDG_CACHE_HOME", err)
	}
	return filepath.Join(dir, "d2l-go"), nil
}
