package mnist

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/d2l-go/book/d2l/d2ltest"
	"github.com/d2l-go/book/d2l/internal/fetch"
)

func TestKeep(t *testing.T) {
	data, cache := testDirs(t)
	put(t, filepath.Join(data, "samples.gz"), zipped(sample))
	for range 2 {
		if dir := must(sampleFile().keep(false))(t); dir != cache {
			t.Errorf("kept in %s, expected %s", dir, cache)
		}
		wantFiles(t, cache, "samples")
		if kept := must(os.ReadFile(filepath.Join(cache, "samples")))(t); !bytes.Equal(kept, sample) {
			t.Error("the kept file differs")
		}
		t.Setenv("D2L_DATA", "") // Then it is found where it was put.
	}
}

func TestKeepMissing(t *testing.T) {
	_, cache := testDirs(t)
	url, requests := serve(t, serveBytes(zipped(sample)))
	_, err := sampleFile(url).keep(false)
	if !errors.Is(err, fs.ErrNotExist) || *requests != 0 {
		t.Errorf("error %v after %d requests, expected a missing file and none", err, *requests)
	}
	wantError(t, err, "samples of d2l-test-set is not in", cache, "ask for it")
	wantFiles(t, cache)

	must(sampleFile(url).keep(true))(t)
	wantFiles(t, cache, "samples")
}

// savers has what keeps a file in the cache.
var savers = []d2ltest.Saver{{
	Name: "d2l-go/data/d2l-test-set/samples",
	Save: func(path string) error {
		os.Setenv("XDG_CACHE_HOME", strings.TrimSuffix(path, "/d2l-go/data/d2l-test-set/samples"))
		_, err := sampleFile().keep(false)
		return err
	},
	Want: []string{"samples of d2l-test-set cannot be kept", fetch.CacheRemedy},
}}

func TestFullDisk(t *testing.T) {
	data, _ := testDirs(t)
	put(t, filepath.Join(data, "samples"), sample)
	d2ltest.WantFullDiskErrors(t, savers)
}

func TestSavedWhole(t *testing.T) {
	data, _ := testDirs(t)
	put(t, filepath.Join(data, "samples"), sample)
	d2ltest.WantSavedWhole(t, savers)
}
