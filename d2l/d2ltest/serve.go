package d2ltest

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// Serve starts a server that answers every request with answer and counts them. It ends with the test.
func Serve(t testing.TB, answer http.HandlerFunc) (url string, requests *int) {
	t.Helper()
	requests = new(int)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*requests++
		answer(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL, requests
}

// ServeBytes answers with a content.
func ServeBytes(content []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.Write(content) }
}
