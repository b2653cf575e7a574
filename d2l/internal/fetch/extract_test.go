package fetch

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"testing"

	"github.com/d2l-go/book/d2l/d2ltest"
)

var tree = []member{{"set/", ""}, {"set/a.txt", "one\n"}, {"set/deep/b.txt", ""}, {"./c.txt", "three\n"}}

// Zip, tar and compressed tar, whatever their names are, come out the same, and are extracted once.
func TestExtract(t *testing.T) {
	want := map[string]string{"set/a.txt": "one\n", "set/deep/b.txt": "", "c.txt": "three\n"}
	for name, archive := range map[string][]byte{
		"set.zip": zipOf(t, tree...), "set.tar": tarOf(t, tree...), "set.tar.gz": d2ltest.Gzip(tarOf(t, tree...)),
		"set.tgz": d2ltest.Gzip(tarOf(t, tree...)), "set.gz": zipOf(t, tree...), "set": tarOf(t, tree...),
	} {
		t.Run(name, func(t *testing.T) {
			_, cache := testDirs(t, false)
			server, requests := serve(t, serveBytes(archive))
			f := fileOf(name, server, archive)
			if f.Stem() != "set" {
				t.Errorf("its stem is %q", f.Stem())
			}
			for i := range 2 {
				if i == 1 {
					set(t, &maxMembers, 0) // So that it would fail now.
				}
				dir := must(f.Extract())(t)
				if dir != filepath.Join(cache, f.folder(), "extracted") {
					t.Errorf("extracted to %s", dir)
				}
				if got := contents(t, dir); !maps.Equal(got, want) {
					t.Errorf("it has %q, expected %q", got, want)
				}
				noError(t, os.WriteFile(filepath.Join(dir, "mine"), nil, 0o644))
				want = maps.Clone(want)
				want["mine"] = ""
			}
			delete(want, "mine")
			wantFiles(t, filepath.Join(cache, f.folder()), "extracted", name)
			if *requests != 1 {
				t.Errorf("%d requests", *requests)
			}
		})
	}
}

// A tar may begin as a zip does.
func TestExtractTarOfPK(t *testing.T) {
	testDirs(t, false)
	archive := tarOf(t, member{"PKLot/a.txt", "one\n"})
	server, _ := serve(t, serveBytes(archive))
	f := fileOf("PKLot.tar", server, archive)
	dir := must(f.Extract())(t)
	if got, want := contents(t, dir), (map[string]string{"PKLot/a.txt": "one\n"}); !maps.Equal(got, want) {
		t.Errorf("it has %q, expected %q", got, want)
	}
}

// What is refused leaves nothing, inside the folder or outside.
func TestNotExtracted(t *testing.T) {
	link := func(kind byte, target string) []byte {
		return tarOfHeaders(t, []tar.Header{{Name: "set/l", Typeflag: kind, Linkname: target}}, nil)
	}
	var linked bytes.Buffer
	w := zip.NewWriter(&linked)
	header := &zip.FileHeader{Name: "l"}
	header.SetMode(fs.ModeSymlink | 0o777)
	must(must(w.CreateHeader(header))(t).Write([]byte("/tmp")))(t)
	noError(t, w.Close())
	good := zipOf(t, tree...)
	for name, c := range map[string]struct {
		archive []byte
		want    string
	}{
		"a member above":           {zipOf(t, member{"set/a", "x"}, member{"../outside.txt", "x"}), `"../outside.txt" leads out of the folder`},
		"a member above, of a tar": {tarOf(t, member{"set/../../outside.txt", "x"}), `leads out of the folder`},
		"an absolute name":         {zipOf(t, member{"/tmp/outside.txt", "x"}), `"/tmp/outside.txt" leads out of the folder`},
		"a folder above":           {tarOf(t, member{"../outside/", ""}), `leads out of the folder`},
		"a link in a tar":          {link(tar.TypeSymlink, "/tmp"), `its member "set/l" is a link or a device`},
		"a hard link":              {link(tar.TypeLink, "a"), `its member "set/l" is a link or a device`},
		"a named pipe":             {link(tar.TypeFifo, ""), `its member "set/l" is a link or a device`},
		"a link in a zip":          {linked.Bytes(), `its member "l" is a link or a device`},
		"a member twice":           {zipOf(t, member{"a", "x"}, member{"a", "y"}), `its member "a" is in it twice`},
		"a file as a folder":       {zipOf(t, member{"a", "x"}, member{"a/b", "y"}), "file exists"},
		"too much":                 {zipOf(t, member{"a", "12345"}, member{"b", "678901"}), "it expands to more than 10 bytes"},
		"too many":                 {tarOf(t, append(tree, member{"e", ""})...), "it has more than 4 members"},
		"no archive":               {sample, "it is neither zip nor tar, nor a tar compressed by gzip"},
		"no archive, compressed":   {d2ltest.Gzip(sample), "it is neither zip nor tar, nor a tar compressed by gzip"},
		"another archive":          {[]byte("\xfd7zXZ\x00 and some more"), "nor a tar compressed by gzip"},
		"nothing":                  {nil, "it is neither zip nor tar"},
		"a zip cut off":            {good[:len(good)-30], "not a valid zip file"},
		"a tar cut off":            {tarOf(t, tree...)[:1026], "unexpected EOF"},
		"a compressed tar cut off": {d2ltest.Gzip(tarOf(t, tree...))[:100], "unexpected EOF"},
	} {
		t.Run(name, func(t *testing.T) {
			set(t, &maxExtracted, 10)
			set(t, &maxMembers, 4)
			_, cache := testDirs(t, false)
			server, _ := serve(t, serveBytes(c.archive))
			f := fileOf("set.zip", server, c.archive)
			for range 2 {
				var err error
				d2ltest.Quietly(t, func() { _, err = f.Extract() })
				wantError(t, err, filepath.Join(cache, f.folder(), "set.zip")+" cannot be extracted to ", c.want)
				wantFiles(t, cache, f.folder())
				wantFiles(t, filepath.Join(cache, f.folder()), "set.zip")
			}
		})
	}
}

// The archive is verified each time, also where it has been extracted.
func TestVerifiedAgain(t *testing.T) {
	_, cache := testDirs(t, false)
	archive := zipOf(t, tree...)
	server, _ := serve(t, serveBytes(archive))
	f := fileOf("set.zip", server, archive)
	dir := must(f.Extract())(t)
	put(t, filepath.Join(cache, f.folder(), "set.zip"), append(archive, 'x'))
	_, err := f.Extract()
	wantError(t, err, "cannot be used: its ", "have the SHA-1")

	noError(t, os.Remove(filepath.Join(cache, f.folder(), "set.zip")))
	noError(t, os.RemoveAll(dir))
	put(t, dir, nil) // A file stands there.
	_, err = f.Extract()
	wantError(t, err, dir+" is no folder", "delete it")
}
