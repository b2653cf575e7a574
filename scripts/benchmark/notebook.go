package main

import (
	"encoding/gob"
	"os"
	"path/filepath"
	"syscall"

	"github.com/janpfeifer/gonb/gonbui"
	"github.com/janpfeifer/gonb/gonbui/protocol"
)

// asInNotebook makes this process draw and send everything that it would in a notebook. In the kernel's place it only
// acknowledges what it is sent. end deletes the pipes.
func asInNotebook() (end func(), err error) {
	dir, err := os.MkdirTemp("", "bench-")
	if err != nil {
		return nil, err
	}
	end = func() { os.RemoveAll(dir) }
	there, back := filepath.Join(dir, "there"), filepath.Join(dir, "back")
	for path, variable := range map[string]string{there: protocol.GONB_PIPE_ENV, back: protocol.GONB_PIPE_BACK_ENV} {
		if err := syscall.Mkfifo(path, 0o600); err != nil {
			end()
			return nil, err
		}
		os.Setenv(variable, path)
	}
	gonbui.IsNotebook = true
	go func() {
		in, _ := os.Open(there)
		out, _ := os.OpenFile(back, os.O_WRONLY, 0)
		received, send := gob.NewDecoder(in), gob.NewEncoder(out)
		for {
			var message protocol.DisplayData
			if received.Decode(&message) != nil {
				return
			}
			if sync, ok := message.Data[protocol.MIMECommValue].(protocol.CommValue); ok {
				send.Encode(&protocol.CommValue{Address: protocol.GonbuiSyncAckAddress, Value: sync.Value})
			}
		}
	}()
	return end, nil
}
