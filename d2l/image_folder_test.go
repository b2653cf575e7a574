package d2l

import (
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

func TestImageFolderWithFolders(t *testing.T) {
	dir := t.TempDir()
	for _, path := range []string{"cat/1.png", "cat/more/2.png", "cat/.hidden/3.png", "dog/1.PNG"} {
		path = filepath.Join(dir, path)
		noError(t, os.MkdirAll(filepath.Dir(path), 0o777))
		noError(t, os.WriteFile(path, nil, 0o666))
	}
	data, classes, err := LoadImageFolder(dir, 2, false, nil)
	if err != nil || data.Len() != 2 || !slices.Equal(classes, []string{"cat", "dog"}) {
		t.Error(data, classes, err)
	}
	noError(t, os.Symlink(filepath.Join(dir, "cat"), filepath.Join(dir, "dog", "others")))
	_, _, err = LoadImageFolder(dir, 2, false, nil)
	wantError(t, err, filepath.Join("dog", "others")+" is a link to a folder, which is not followed")
	noError(t, os.Rename(filepath.Join(dir, "dog", "others"), filepath.Join(dir, "dog", ".others"))) // Hidden.
	errorOf := func(_ DataIter, _ []string, err error) error { return err }
	noError(t, errorOf(LoadImageFolder(dir, 2, false, nil)))
	noError(t, os.Symlink(filepath.Join(dir, "nothing"), filepath.Join(dir, "bird")))
	wantError(t, errorOf(LoadImageFolder(dir, 2, false, nil)), filepath.Join(dir, "bird"))
	noError(t, os.Remove(filepath.Join(dir, "bird")))
	noError(t, os.Mkdir(filepath.Join(dir, "ant"), 0o777))
	if _, _, err = LoadImageFolder(dir, 2, false, nil); err == nil || !strings.Contains(err.Error(), "class ant") {
		t.Error(err)
	}
}

// Pictures in a folder have three channels, so that a batch with one in colour is as one without.
func TestImageFolderOfGreyPictures(t *testing.T) {
	dir := t.TempDir()
	noError(t, os.Mkdir(filepath.Join(dir, "cat"), 0o777))
	grey := image.NewGray(image.Rect(0, 0, 1, 2))
	grey.Pix = []uint8{51, 255}
	file := must(os.Create(filepath.Join(dir, "cat", "1.png")))(t)
	noError(t, png.Encode(file, grey))
	noError(t, file.Close())
	data, _, err := LoadImageFolder(dir, 1, false, nil)
	noError(t, err)
	for batch, err := range data.Iter() {
		noError(t, err)
		X := batch.Inputs[0]
		if got := fmt.Sprint(ShapeOf(X), float32s(t, X)); got != "(1, 3, 2, 1) [0.2 1 0.2 1 0.2 1]" {
			t.Error(got)
		}
	}
}

// What is no file is refused: a named pipe would be waited for.
func TestReadNoFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	noError(t, syscall.Mkfifo(path, 0o644))
	_, err := ReadImage(path)
	wantError(t, err, "reading a picture", "it is a named pipe, not a file")
	_, err = LoadTokenEmbedding(path)
	wantError(t, err, "reading vectors of tokens", "it is a named pipe, not a file")
}
