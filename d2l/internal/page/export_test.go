package page

import "testing"

// UseFonts makes the folders the only ones with fonts of the system.
func UseFonts(t testing.TB, dirs ...string) {
	saved := system
	system = newFonts(dirs)
	t.Cleanup(func() { system = saved })
}

var FontDirs = fontDirs
