package d2l

import (
	"crypto/sha1"
	"encoding/hex"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/d2l-go/book/d2l/d2ltest"
	"github.com/d2l-go/book/d2l/internal/fetch"
)

// Whatever is in DataHub, Download takes.
func TestDataHub(t *testing.T) {
	const names = "SNLI aclImdb airfoil banana-detection cifar10_tiny ctr dog_tiny fra-eng glove.42b.300d glove.6b.100d " +
		"glove.6b.50d hotdog kaggle_house_test kaggle_house_train ml-100k pokemon ptb time_machine voc2012 wiki.en wikitext-2"
	if got := strings.Join(slices.Sorted(maps.Keys(DataHub)), " "); got != names {
		t.Errorf("DataHub has %s", got)
	}
	for name, data := range DataHub {
		file := dataFile("Download", name)
		digest, err := hex.DecodeString(data.SHA1)
		if err != nil || len(digest) != 20 || file.URL != data.URL || file.Name == "" {
			t.Errorf("%s: %+v", name, data)
		}
	}
}

func TestDownloadErrors(t *testing.T) {
	saved := maps.Clone(DataHub)
	t.Cleanup(func() { DataHub = saved })
	const sum = "0b8703943ccdb6eb788e6f091b8946e82231bc4d"
	for name, data := range map[string]DataFile{
		"no address": {"", sum}, "no web": {"file:///tmp/a.zip", sum}, "no host": {"http:///a.zip", sum},
		"a folder": {"http://a.b/c/", sum}, "no file": {"http://a.b", sum}, "dots": {"http://a.b/..", sum},
		"unreadable": {"http://a.b/%zz", sum}, "no hash": {"http://a.b/c", ""}, "a short hash": {"http://a.b/c", sum[2:]},
		"no digits": {"http://a.b/c", "g" + sum[1:]},
	} {
		DataHub["mine"] = data
		t.Run(name, func(t *testing.T) {
			wantPanic(t, func() { Download("mine") }, `d2l: Download: DataHub["mine"] needs the address of a file, by http`)
		})
	}
	wantPanic(t, func() { DownloadExtract("unknown") },
		`d2l: DownloadExtract: DataHub has no "unknown", but SNLI, aclImdb`, "add it there with its URL and SHA-1")
	wantPanic(t, func() { DownloadExtract("ptb", "a", "b") }, "d2l: DownloadExtract takes at most one folder")
	wantPanic(t, func() { DownloadExtract("ptb", "../a") }, "takes at most one folder, of those in the archive")
}

// The hashes that the book prints are those of the two files of the book's that are here.
func TestBookFile(t *testing.T) {
	t.Setenv("D2L_DATA", "testdata")
	if path := must(Download("airfoil"))(t); path != filepath.Join("testdata", "airfoil_self_noise.dat") {
		t.Errorf("it is %s", path)
	}
	if got, want := sha1Of([]byte(timeMachine)), DataHub["time_machine"].SHA1; got != want {
		t.Errorf("The Time Machine has the SHA-1 %s, expected %s", got, want)
	}
}

// A folder that the archive does not have is an error that names those it has.
func TestDownloadExtractFolder(t *testing.T) {
	saved := maps.Clone(DataHub)
	t.Cleanup(func() { DataHub = saved })
	archive := d2ltest.Gzip(nil)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write(archive) }))
	t.Cleanup(server.Close)
	const sum = "0b8703943ccdb6eb788e6f091b8946e82231bc4d"
	DataHub["mine"] = DataFile{URL: server.URL + "/mine.tar.gz?x=1", SHA1: sum}
	cache := t.TempDir()
	t.Setenv("XDG_CACHE_HOME", cache)
	t.Setenv("D2L_DATA", "")
	var err error
	d2ltest.Quietly(t, func() { _, err = DownloadExtract("mine") })
	wantError(t, err, "mine.tar.gz is not on this machine",
		"cannot be fetched; get it from "+server.URL+"/mine.tar.gz?x=1", "have the SHA-1")

	// As if it had been extracted: of that, only the archive is verified, which needs its real hash.
	file := fetch.File{Name: "mine.tar.gz", SHA1: sha1Of(archive)}
	DataHub["mine"] = DataFile{URL: server.URL + "/mine.tar.gz", SHA1: file.SHA1}
	extracted := filepath.Join(cache, "d2l-go", "data", "mine-"+file.SHA1[:8], "extracted")
	for _, name := range []string{"a", "b/c", "d", "e", "f", "g"} {
		put(t, filepath.Join(extracted, name), nil)
	}
	d2ltest.Quietly(t, func() { _, err = DownloadExtract("mine") })
	wantError(t, err, "mine.tar.gz has no folder mine, but b: give DownloadExtract a folder that it has, or")
	_, err = DownloadExtract("mine", "a")
	wantError(t, err, "mine.tar.gz has no folder a") // It is a file.
	for folder, want := range map[string]string{"b": filepath.Join(extracted, "b"), ".": extracted} {
		if dir := must(DownloadExtract("mine", folder))(t); dir != want {
			t.Errorf("%s is %s, expected %s", folder, dir, want)
		}
	}
	noError(t, os.RemoveAll(extracted))
	_, err = DownloadExtract("mine", ".")
	wantError(t, err, "cannot be extracted", "neither zip nor tar")
}

func sha1Of(content []byte) string {
	sum := sha1.Sum(content)
	return hex.EncodeToString(sum[:])
}
