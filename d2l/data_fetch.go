package d2l

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/d2l-go/book/d2l/internal/files"
)

// fetch downloads the file, verifies it, and keeps it uncompressed in the cache.
func (f dataFile) fetch() ([]byte, error) {
	dir, err := files.CacheDir()
	if err != nil {
		return nil, err
	}
	dir = filepath.Join(dir, "data", f.set)
	var failures []error
	for i, url := range f.urls {
		fmt.Fprintf(os.Stderr, "d2l: fetching %s\n", url)
		content, err := f.download(url)
		if err != nil {
			failures = append(failures, fmt.Errorf("%s: %w", url, err))
			if i < len(f.urls)-1 {
				fmt.Fprintf(os.Stderr, "d2l: that is of no use, trying the next address: %v\n", err)
			}
			continue
		}
		if err := files.Write(filepath.Join(dir, f.name), content); err != nil {
			return nil, fmt.Errorf("%s was fetched but cannot be kept: %w; make room or set XDG_CACHE_HOME to another folder", f, err)
		}
		return content, nil
	}
	return nil, fmt.Errorf("%s is not on this machine (looked in %s) and cannot be fetched; %s, or put it, plain or as .gz, into a folder and set %s to that; tried\n%w",
		f, strings.Join(f.dirs(), ", "), f.remedy, dataVariable, errors.Join(failures...))
}

// A download waits this long for every stride bytes and for the rest of the file. It
// is a variable for the tests.
var patience = 30 * time.Second

const stride = 64 << 10

// download waits as long as bytes keep coming, but not for a server that is silent
// or sends them one by one.
func (f dataFile) download(url string) (content []byte, err error) {
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	silence := time.AfterFunc(patience, func() {
		cancel(fmt.Errorf("the server has not sent %d kB in %v", stride>>10, patience))
	})
	defer silence.Stop()
	defer func() {
		if cause := context.Cause(ctx); err != nil && cause != nil {
			err = cause
		}
		var operation *net.OpError
		if errors.As(err, &operation) && operation.Op == "proxyconnect" {
			err = fmt.Errorf("%w; the variable HTTP_PROXY or HTTPS_PROXY names a proxy that cannot be reached", err)
		}
	}()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	// Otherwise Go may ask for a compressed answer and unpack the archive on the way.
	request.Header.Set("Accept-Encoding", "identity")
	request.Close = true // Nothing more is asked for.
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the server answers %s", response.Status)
	}
	got := 0
	return f.decode(readerFunc(func(p []byte) (int, error) {
		n, err := response.Body.Read(p)
		if got += n; got >= stride {
			got = 0
			silence.Reset(patience)
		}
		return n, err
	}), true)
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }
