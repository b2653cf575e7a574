package xla

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/d2l-go/book/d2l/internal/files"
)

// For each fusion of a program, XLA measures on the GPU which of several ways to compute it is fastest; that takes most
// of the time until the first step. It can keep the results in a folder, which other processes read: a file each,
// named by the kind of GPU and the fusion, written beside it and renamed, so that processes can share the folder and
// a killed one leaves no half of a file. A file that is missing or damaged is tuned again.

// autotuneLimit is the most that is kept, in bytes.
const autotuneLimit = 64 << 20

// driverVersion is the file in which NVIDIA's driver says what it is.
var driverVersion = "/proc/driver/nvidia/version"

// autotuneDir returns the folder for what is tuned by a plugin with the user's flags and go-xla's options, and makes
// room in its parent: a program that is using another folder there loses nothing but what it has tuned, as XLA makes the
// folder again.
func autotuneDir(plugin, user, options string) (string, error) {
	cache, err := files.CacheDir()
	if err != nil {
		return "", err
	}
	key, err := autotuneKey(plugin, user, options)
	if err != nil {
		return "", err
	}
	dir := filepath.Join(cache, "autotune", key)
	if strings.ContainsAny(dir, `"\`) {
		return "", fmt.Errorf("XLA takes no folder with such a name: %s", dir)
	}
	if err := files.DeleteOldest(filepath.Dir(dir), isAutotuneKey, key, autotuneLimit); err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	// The folder's time says when it was last used. That it can be set also shows that the folder can be written to.
	return dir, os.Chtimes(dir, time.Now(), time.Now())
}

// autotuneKey returns a name for all that results depend on and XLA does not tell apart, as it does kinds of GPU and
// fusions: the plugin, NVIDIA's driver and libraries, and the options.
func autotuneKey(plugin, user, options string) (string, error) {
	driver, err := os.ReadFile(driverVersion)
	if err != nil {
		return "", fmt.Errorf("no version of NVIDIA's driver: %w", err)
	}
	hash := sha256.New()
	fmt.Fprintf(hash, "%q\n", []string{
		string(driver), user, options, os.Getenv(tf32Variable), os.Getenv("LD_LIBRARY_PATH"),
	})
	// A plugin looks for the libraries in ../nvidia and ../../nvidia, seen from its own folder.
	libraries := []string{plugin}
	for _, up := range []string{"..", "../.."} {
		found, err := filepath.Glob(filepath.Join(filepath.Dir(plugin), up, "nvidia/*/lib/*.so*"))
		if err != nil {
			return "", err
		}
		libraries = append(libraries, found...)
	}
	for _, path := range libraries {
		info, err := os.Stat(path)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(hash, "%q %d %d\n", path, info.Size(), info.ModTime().UnixNano())
	}
	return fmt.Sprintf("%x", hash.Sum(nil)[:16]), nil
}

// isAutotuneKey matches the names that autotuneKey makes.
var isAutotuneKey = regexp.MustCompile(`^[0-9a-f]{32}$`).MatchString
