package files

import (
	"fmt"
	"os"
	"path/filepath"
)

// CacheDir returns the folder for what is fetched once and kept: plugins and data sets.
func CacheDir() (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("no place to keep files (%w): set HOME or XDG_CACHE_HOME", err)
	}
	return filepath.Join(dir, "d2l-go"), nil
}
