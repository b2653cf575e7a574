package d2l_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"

	"github.com/d2l-go/book/d2l"
)

// published puts a zip with one file on a server of this computer, and tells DataHub of it.
func published(name, path, content string) (withdraw func()) {
	var archive bytes.Buffer
	w := zip.NewWriter(&archive)
	d2l.Must(d2l.Must(w.Create(path)).Write([]byte(content)))
	d2l.Check(w.Close())
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Write(archive.Bytes())
	}))
	sum := sha1.Sum(archive.Bytes())
	before, had := d2l.DataHub[name]
	d2l.DataHub[name] = d2l.DataFile{URL: server.URL + "/" + name + ".zip", SHA1: hex.EncodeToString(sum[:])}
	return func() {
		server.Close()
		if delete(d2l.DataHub, name); had {
			d2l.DataHub[name] = before
		}
	}
}

// withoutCache lets this computer's cache be an empty folder, and says nothing about downloads.
func withoutCache() (restore func()) {
	dir := d2l.Must(os.MkdirTemp("", "d2l-example"))
	before := map[string]string{"XDG_CACHE_HOME": os.Getenv("XDG_CACHE_HOME"), "D2L_DATA": os.Getenv("D2L_DATA")}
	d2l.Check(os.Setenv("XDG_CACHE_HOME", dir))
	d2l.Check(os.Setenv("D2L_DATA", ""))
	stderr := os.Stderr
	os.Stderr = d2l.Must(os.OpenFile(os.DevNull, os.O_WRONLY, 0))
	return func() {
		os.Stderr.Close()
		os.Stderr = stderr
		for name, value := range before {
			d2l.Check(os.Setenv(name, value))
		}
		d2l.Check(os.RemoveAll(dir))
	}
}

// A data set of one's own, on a server that this example starts.
func ExampleDownload() {
	defer withoutCache()()
	defer published("prices", "prices/train.csv", "Id,SalePrice\n1,208500\n")()
	fmt.Println(filepath.Base(d2l.Must(d2l.Download("prices"))))
	// Output: prices.zip
}

func ExampleDownloadExtract() {
	defer withoutCache()()
	defer published("prices", "prices/train.csv", "Id,SalePrice\n1,208500\n")()
	dir := d2l.Must(d2l.DownloadExtract("prices"))
	fmt.Printf("%s", d2l.Must(os.ReadFile(filepath.Join(dir, "train.csv"))))
	// Output:
	// Id,SalePrice
	// 1,208500
}

func ExampleDataFile() {
	d2l.DataHub["houses"] = d2l.DataFile{
		URL: "https://example.org/houses.zip", SHA1: "0b8703943ccdb6eb788e6f091b8946e82231bc4d",
	}
	defer delete(d2l.DataHub, "houses")
	fmt.Println(d2l.DataHub["houses"].URL)
	// Output: https://example.org/houses.zip
}
