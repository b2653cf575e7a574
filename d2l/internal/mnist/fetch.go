//go:build !d2l_no_download

package mnist

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/d2l-go/book/d2l/internal/files"
)

const refetch = "delete it to have it fetched again"

// fetch downloads the file, verifies it, and keeps it uncompressed in the cache.
func (f file) fetch() ([]byte, error) {
	dir, err := f.cacheDir()
	if err != nil {
		return nil, err
	}
	var failures []error
	for i, url := range f.urls {
		fmt.Fprintf(os.Stderr, "d2l: fetching %s\n", url)
		content, err := f.download(url)
		if err != nil {
			failures = append(failures, fmt.Errorf("%s: %w", url, err))
			if i < len(f.urls)-1 {
				fmt.Fprintf(os.Stderr, "d2l: this failed, trying the next address: %v\n", err)
			}
			continue
		}
		if err := files.Write(filepath.Join(dir, f.name), content); err != nil {
			return nil, fmt.Errorf("%s was fetched but cannot be kept: %w; %s", f, err, cacheRemedy)
		}
		return content, nil
	}
	return nil, f.missing("cannot be fetched; "+f.remedy, "; tried\n", errors.Join(failures...))
}

// A download waits stallTimeout for every stallSize bytes and for the rest of the file. Tests shorten it.
var stallTimeout = 30 * time.Second

const stallSize = 64 << 10

// download waits as long as bytes keep coming, but not for a server that is silent or sends them one by one.
func (f file) download(url string) (content []byte, err error) {
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	stalled := time.AfterFunc(stallTimeout, func() {
		cancel(fmt.Errorf("the server has not sent %d kB in %v", stallSize>>10, stallTimeout))
	})
	defer stalled.Stop()
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
	// Otherwise Go may request a compressed answer and unpack the archive on the way.
	request.Header.Set("Accept-Encoding", "identity")
	request.Close = true // There are no further requests.
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
		if got += n; got >= stallSize {
			got = 0
			stalled.Reset(stallTimeout)
		}
		return n, err
	}))
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }
