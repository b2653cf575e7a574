package d2l

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

func TestKeep(t *testing.T) {
	data, cache := places(t)
	put(t, filepath.Join(data, "samples.gz"), zipped(sample))
	for range 2 {
		if dir := must(keep(false, sampleFile()))(t); dir != cache {
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
	_, cache := places(t)
	url, requests := serve(t, serveBytes(zipped(sample)))
	_, err := keep(false, sampleFile(url))
	if !errors.Is(err, fs.ErrNotExist) || *requests != 0 {
		t.Errorf("error %v after %d requests, expected a missing file and none", err, *requests)
	}
	wantError(t, err, "samples of d2l-test-set is not in", cache, "ask for it")
	wantFiles(t, cache)

	must(keep(true, sampleFile(url)))(t)
	wantFiles(t, cache, "samples")
}
