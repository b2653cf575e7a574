package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
)

// goModules are the modules that `go mod download` fetches in that module's folder.
func goModules(dir string) (all []dependency, err error) {
	command := exec.Command("go", "mod", "download", "-json")
	command.Dir, command.Stderr = dir, os.Stderr
	output, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("the Go modules of %s could not be downloaded (above): %w", dir, err)
	}
	for decoder := json.NewDecoder(bytes.NewReader(output)); ; {
		var module struct{ Path, Version, Dir string }
		if err := decoder.Decode(&module); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		licence, err := licenceOf(module.Dir)
		if err != nil {
			return nil, err
		}
		all = append(all, dependency{"go", module.Path, module.Version, licence})
	}
}
