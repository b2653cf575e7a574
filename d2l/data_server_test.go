package d2l

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
)

// serve answers every request with answer and counts them.
func serve(t *testing.T, answer http.HandlerFunc) (url string, requests *int) {
	t.Helper()
	requests = new(int)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*requests++
		answer(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL + "/samples.gz", requests
}

func serveBytes(content []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.Write(content) }
}

// emptyParts is an archive of n parts with nothing in them.
func emptyParts(n int) []byte { return bytes.Repeat(zipped(nil), n) }

// raw answers with these bytes and closes the connection.
func raw(answer string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		connection, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			panic(err)
		}
		io.WriteString(connection, answer)
		connection.Close()
	}
}
