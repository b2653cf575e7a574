//go:build !linux

package d2ltest

import (
	"errors"
	"syscall"
)

func mountTmpfs(string) error        { return errors.New("only Linux has name spaces for it") }
func mayMount() *syscall.SysProcAttr { return nil }
