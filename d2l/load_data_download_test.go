package d2l_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha1"
	"encoding/hex"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"maps"
	"net/http"
	"net/http/httptest"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/d2l-go/book/d2l"
)

// archived returns an archive of files, of the kind that its name has.
func archived(name string, files map[string]string) []byte {
	var archive bytes.Buffer
	if strings.HasSuffix(name, ".zip") {
		w := zip.NewWriter(&archive)
		for _, file := range slices.Sorted(maps.Keys(files)) {
			d2l.Must(d2l.Must(w.Create(file)).Write([]byte(files[file])))
		}
		d2l.Check(w.Close())
		return archive.Bytes()
	}
	w := tar.NewWriter(&archive)
	for _, file := range slices.Sorted(maps.Keys(files)) {
		d2l.Check(w.WriteHeader(&tar.Header{Name: file, Mode: 0o644, Size: int64(len(files[file]))}))
		d2l.Must(w.Write([]byte(files[file])))
	}
	d2l.Check(w.Close())
	if !strings.HasSuffix(name, ".gz") {
		return archive.Bytes()
	}
	var compressed bytes.Buffer
	z := gzip.NewWriter(&compressed)
	d2l.Must(z.Write(archive.Bytes()))
	d2l.Check(z.Close())
	return compressed.Bytes()
}

// Without a folder, the functions find theirs in an archive of the book's name, with the book's folders in it.
func TestLoadDataDownloads(t *testing.T) {
	picture := func(encode func(w *bytes.Buffer, m image.Image) error, c color.Color) string {
		m := image.NewRGBA(image.Rect(0, 0, 4, 4))
		for i := range 16 {
			m.Set(i%4, i/4, c)
		}
		var file bytes.Buffer
		d2l.Check(encode(&file, m))
		return file.String()
	}
	feature := picture(func(w *bytes.Buffer, m image.Image) error { return jpeg.Encode(w, m, nil) }, color.White)
	label := picture(func(w *bytes.Buffer, m image.Image) error { return png.Encode(w, m) }, d2l.VOCColormap[1])
	const columns = "gold_label\tsentence1_binary_parse\tsentence2_binary_parse\n"
	words := strings.Repeat("a b c d e . a b c d f .\n", 9)
	for name, c := range map[string]struct {
		files map[string]string
		load  func() error
	}{
		"aclImdb": {
			map[string]string{
				"aclImdb/train/pos/0.txt": "good", "aclImdb/train/neg/0.txt": "bad",
				"aclImdb/test/pos/0.txt": "good", "aclImdb/test/neg/0.txt": "bad",
			},
			func() error { _, _, _, err := d2l.LoadDataIMDB(1, 2); return err },
		},
		"SNLI": {
			map[string]string{
				"snli_1.0/snli_1.0_train.txt": columns + "neutral\t( a )\t( b )\n",
				"snli_1.0/snli_1.0_test.txt":  columns + "neutral\t( a )\t( b )\n",
			},
			func() error { _, _, _, err := d2l.LoadDataSNLI(1, 2); return err },
		},
		"wikitext-2": {
			map[string]string{"wikitext-2/wiki.train.tokens": words},
			func() error { _, _, err := d2l.LoadDataWiki(1, 32); return err },
		},
		"ptb": {
			map[string]string{"ptb/ptb.train.txt": words},
			func() error { _, err := d2l.ReadPTB(); return err },
		},
		"voc2012": {
			map[string]string{
				"VOCdevkit/VOC2012/ImageSets/Segmentation/train.txt": "a\n",
				"VOCdevkit/VOC2012/ImageSets/Segmentation/val.txt":   "a\n",
				"VOCdevkit/VOC2012/JPEGImages/a.jpg":                 feature,
				"VOCdevkit/VOC2012/SegmentationClass/a.png":          label,
			},
			func() error { _, _, err := d2l.LoadDataVOC(1, [2]int{2, 2}); return err },
		},
	} {
		t.Run(name, func(t *testing.T) {
			defer withoutCache()()
			before := d2l.DataHub[name]
			file := path.Base(before.URL)
			archive := archived(file, c.files)
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write(archive) }))
			defer server.Close()
			sum := sha1.Sum(archive)
			d2l.DataHub[name] = d2l.DataFile{URL: server.URL + "/" + file, SHA1: hex.EncodeToString(sum[:])}
			defer func() { d2l.DataHub[name] = before }()
			if err := c.load(); err != nil {
				t.Error(err)
			}
		})
	}
}
