package kernels

var Use = use

// Threads has new programs use so many threads, until restore is called.
func Threads(n int) (restore func()) {
	old := threads
	threads = int32(n)
	return func() { threads = old }
}
