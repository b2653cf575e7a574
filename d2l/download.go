package d2l

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/d2l-go/book/d2l/internal/fetch"
	"github.com/d2l-go/book/d2l/internal/files"
)

// DataURL is where most of the book's data sets are.
//
// Book: DATA_URL, section "Predicting House Prices on Kaggle".
const DataURL = "http://d2l-data.s3-accelerate.amazonaws.com/"

// A DataFile is a file for Download: its address, and the SHA-1 of its bytes in 40 hexadecimal digits.
//
// Book: none; in DATA_HUB it is a pair.
type DataFile struct{ URL, SHA1 string }

// DataHub has the files for Download by their names: at first the data sets of the book's sections, with the
// addresses and hashes that are printed there. (The weights of BERT are left out, as d2l does not read their format.)
// Add your own:
//
//	d2l.DataHub["mine"] = d2l.DataFile{URL: "https://example.org/mine.zip", SHA1: "…"}
//
// In a notebook, do so in each cell that needs it, or in a function whose name begins with init_.
//
// None of the book's addresses has been tried: the project's tests have no network, and serve files of their own. Of
// the hashes, airfoil's and time_machine's have been compared with the files. (ReadTimeMachine has its text without a
// download.)
//
// Book: DATA_HUB, section "Predicting House Prices on Kaggle".
var DataHub = map[string]DataFile{
	"kaggle_house_train": {DataURL + "kaggle_house_pred_train.csv", "585e9cc93e70b39160e7921475f9bcd7d31219ce"},
	"kaggle_house_test":  {DataURL + "kaggle_house_pred_test.csv", "fa19780a7b011d9b009e8bff8e99922a8ee2eb90"},
	"time_machine":       {DataURL + "timemachine.txt", "090b5e7e70c295757f55df93cb0a180b9691891a"},
	"fra-eng":            {DataURL + "fra-eng.zip", "94646ad1522d915e7b0f9296181140edcf86a4f5"},
	"airfoil":            {DataURL + "airfoil_self_noise.dat", "76e5be1548fd8222e5074cf0faae75edff8cf93f"},
	"hotdog":             {DataURL + "hotdog.zip", "fba480ffa8aa7e0febbb511d181409f899b9baa5"},
	"banana-detection":   {DataURL + "banana-detection.zip", "5de26c8fce5ccdea9f91267273464dc968d20d72"},
	"voc2012":            {DataURL + "VOCtrainval_11-May-2012.tar", "4e443f8a2eca6b1dac8a6c57641b67dd40621a49"},
	"cifar10_tiny":       {DataURL + "kaggle_cifar10_tiny.zip", "2068874e4b9a9f0fb07ebe0ad2b29754449ccacd"},
	"dog_tiny":           {DataURL + "kaggle_dog_tiny.zip", "0cb91d09b814ecdc07b50f31f8dcad3e81d6a86d"},
	"ptb":                {DataURL + "ptb.zip", "319d85e578af0cdc590547f26231e4e31cdf1e42"},
	"wikitext-2": {"https://s3.amazonaws.com/research.metamind.io/wikitext/wikitext-2-v1.zip",
		"3c914d17d80b1459be871a5039ac23e752a53cbe"},
	"glove.6b.50d":   {DataURL + "glove.6B.50d.zip", "0b8703943ccdb6eb788e6f091b8946e82231bc4d"},
	"glove.6b.100d":  {DataURL + "glove.6B.100d.zip", "cd43bfb07e44e6f27cbcc7bc9ae3d80284fdaf5a"},
	"glove.42b.300d": {DataURL + "glove.42B.300d.zip", "b5116e234e9eb9076672cfeabf5469f3eec904fa"},
	"wiki.en":        {DataURL + "wiki.en.zip", "c1816da3821ae9f43899be655002f6c723e91b88"},
	"aclImdb": {"http://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz",
		"01ada507287d82875905620988597833ad4e0903"},
	"SNLI":    {"https://nlp.stanford.edu/projects/snli/snli_1.0.zip", "9fcde07509c7e87ec61c640c1b2753d9041758e4"},
	"ml-100k": {"https://files.grouplens.org/datasets/movielens/ml-100k.zip", "cd4dcac4241c8a4ad7badc7ca635da8a69dddb83"},
	"ctr":     {DataURL + "ctr.zip", "e18327c48c8e8e5c23da714dd614e390d369843f"},
	"pokemon": {DataURL + "pokemon.zip", "c065c0e2593b8b161a2d7873e42418bf6a21106c"},
}

// Download returns the path of a file of DataHub. It is searched for in the folder that the variable D2L_DATA names,
// and in the user's cache; if it is in neither, it is downloaded to the cache. Its SHA-1 is verified each time,
// wherever it is, and a download has its name only when it is whole.
//
// A file that is there and has another SHA-1 is an error, and so is one that cannot be downloaded: the error says
// where to put it by hand. Notebook cells do not download, as the code for it would be linked into each; in the clone
// of this module,
//
//	go run ./scripts/data fra-eng
//
// downloads a file of the book's for them. It panics if DataHub does not have the name, or if what it has there is no
// address of a file and a SHA-1.
//
// Book: download, section "Predicting House Prices on Kaggle".
func Download(name string) (path string, err error) { return dataFile("Download", name).Path() }

// DownloadExtract downloads an archive of DataHub, zip, tar or compressed tar, as Download does, and returns the path
// of a folder in it: the one that is called as the archive without its ending, or, if folder is given, that one; "."
// has all that is in the archive. It is extracted once, to the user's cache, and a folder there is either whole or
// does not exist. What is extracted is not verified again.
//
// Errors are those of Download; an archive without that folder; and one that is damaged, that has links or devices, a
// member of a name that leads out of the folder, or the same member twice. It panics as Download does, on more than
// one folder, and if that is not inside the archive.
//
// Book: download_extract, section "Predicting House Prices on Kaggle".
func DownloadExtract(name string, folder ...string) (dir string, err error) {
	file := dataFile("DownloadExtract", name)
	inside := file.Stem()
	if len(folder) > 0 {
		inside = folder[0]
	}
	if len(folder) > 1 || !filepath.IsLocal(inside) {
		panic(fmt.Sprintf("d2l: DownloadExtract takes at most one folder, of those in the archive, got %q", folder))
	}
	if dir, err = file.Extract(); err != nil {
		return "", err
	}
	path := filepath.Join(dir, inside)
	if info, err := os.Stat(path); err != nil || !info.IsDir() {
		return "", fmt.Errorf("%s has no folder %s, but %s: give DownloadExtract a folder that it has, or \".\" for all",
			file.Name, inside, cmp.Or(foldersOf(dir), "none at its top"))
	}
	return path, nil
}

// givenFolder returns the folder that a function has been given, or, if there is none, downloads an archive of DataHub
// and returns a folder in it, as DownloadExtract does.
func givenFolder(function string, given []string, name string, inside ...string) (string, error) {
	switch len(given) {
	case 0:
		return DownloadExtract(name, inside...)
	case 1:
		return given[0], nil
	}
	panic(fmt.Sprintf("d2l: %s takes at most one folder, got %q", function, given))
}

// readText returns the text of a file, which must be in UTF-8.
func readText(path string) (string, error) {
	file, err := files.Open(path)
	if errors.As(err, new(*fs.PathError)) {
		return "", err // It has the path.
	} else if err != nil {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	defer file.Close()
	text, err := io.ReadAll(file)
	if err != nil {
		return "", err
	}
	if !utf8.Valid(text) {
		number := 1
		for line := range bytes.Lines(text) {
			if !utf8.Valid(line) {
				break
			}
			number++
		}
		return "", fmt.Errorf("%s, line %d: this is no text in UTF-8: get the file again", path, number)
	}
	return string(text), nil
}

// foldersOf returns the names of the first folders in a folder.
func foldersOf(dir string) string {
	var names []string
	entries, _ := os.ReadDir(dir)
	entries = slices.DeleteFunc(entries, func(e os.DirEntry) bool { return !e.IsDir() })
	for _, entry := range entries[:min(len(entries), 5)] {
		names = append(names, entry.Name())
	}
	if len(entries) > len(names) {
		names = append(names, "…")
	}
	return strings.Join(names, ", ")
}

// bookData are the names that DataHub has at first.
var bookData = func() (names []string) {
	for name := range DataHub {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}()

// dataFile returns the file of a name in DataHub.
func dataFile(function, name string) fetch.File {
	data, ok := DataHub[name]
	if !ok {
		panic(fmt.Sprintf("d2l: %s: DataHub has no %q, but %s; add it there with its URL and SHA-1", function, name,
			strings.Join(bookData, ", ")))
	}
	file := fetch.File{URL: data.URL, SHA1: strings.ToLower(data.SHA1), Remedy: "a program that calls d2l.Download does"}
	if slices.Contains(bookData, name) {
		file.Remedy = "in the clone, go run ./scripts/data " + name + " does"
	}
	address, err := url.Parse(data.URL)
	if err != nil {
		address = &url.URL{}
	}
	file.Name = path.Base(address.Path)
	web := (address.Scheme == "http" || address.Scheme == "https") && address.Host != ""
	named := !strings.HasSuffix(address.Path, "/") && filepath.IsLocal(file.Name) && file.Name != "."
	if digest, err := hex.DecodeString(file.SHA1); !web || !named || err != nil || len(digest) != 20 {
		panic(fmt.Sprintf("d2l: %s: DataHub[%q] needs the address of a file, by http or https, and its SHA-1 of 40 "+
			"hexadecimal digits, got %q and %q", function, name, data.URL, data.SHA1))
	}
	return file
}
