package d2l

import "github.com/d2l-go/book/d2l/d2ltest"

// children are what tests do in a process of its own, since it is killed, limited or
// another user's. What they return is their standard output.
var children = map[string]func() string{
	"full disk": childSavesToFullDisk,
	"oneDNN":    childUsesOneDNN,
	"net":       childReadsNet,
	"tokens":    childLoadsTokens,
}

// Short names for what the tests of processes share.
var (
	child, said, asNobody = d2ltest.Child, d2ltest.Said, d2ltest.AsNobody
	publicDir, limitFiles = d2ltest.PublicDir, d2ltest.LimitFiles
)
