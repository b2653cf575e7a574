//go:build !d2l_no_download

package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"
)

// Possible says whether this program can download.
const Possible = true

const refetch = "delete it to have it fetched again"

// A download waits StallTimeout for every stallSize bytes and for the rest of the file. Tests shorten it.
var StallTimeout = 30 * time.Second

const stallSize = 64 << 10

// Get says on standard error that it fetches url, and returns what read makes of the body. It waits as long as bytes
// keep coming, but not for a server that is silent or sends them one by one.
func Get[T any](url string, read func(body io.Reader) (T, error)) (content T, err error) {
	fmt.Fprintf(os.Stderr, "d2l: fetching %s\n", url)
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	timeout := StallTimeout
	stalled := time.AfterFunc(timeout, func() {
		cancel(fmt.Errorf("the server has not sent %d kB in %v", stallSize>>10, timeout))
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
		return content, err
	}
	// Otherwise Go may request a compressed answer and unpack the archive on the way.
	request.Header.Set("Accept-Encoding", "identity")
	request.Close = true // There are no further requests.
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return content, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return content, fmt.Errorf("the server answers %s", response.Status)
	}
	got := 0
	return read(readerFunc(func(p []byte) (int, error) {
		n, err := response.Body.Read(p)
		if got += n; got >= stallSize {
			got = 0
			stalled.Reset(timeout)
		}
		return n, err
	}))
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }
