package build

import "syscall"

// times returns when a file was last modified, and changed.
func times(s *syscall.Stat_t) (modified, changed syscall.Timespec) { return s.Mtimespec, s.Ctimespec }
