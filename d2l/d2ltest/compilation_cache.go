package d2ltest

import (
	"fmt"
	"os"
)

// OwnCompilationCache, called by TestMain, has what XLA compiles kept in a new folder, unless the variable already names
// one: tests neither run what earlier ones have compiled nor take the room of the user's programs. The function that it
// returns deletes the folder.
func OwnCompilationCache() (remove func()) {
	const variable = "D2L_COMPILATION_CACHE"
	if os.Getenv(variable) != "" { // As in a child.
		return func() {}
	}
	dir, err := os.MkdirTemp("", "d2l-test-")
	if err == nil {
		err = os.Setenv(variable, dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	return func() { os.RemoveAll(dir) }
}
