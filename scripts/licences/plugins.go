package main

import (
	"errors"
	"io/fs"
	"path/filepath"
)

// plugins are XLA's, as scripts/setup unpacks their wheels: for the CPU with the licence
// files beside the plugin, for NVIDIA's GPUs with the metadata of all wheels in a folder.
func plugins(dir string) (all []dependency, err error) {
	licence, err := licenceOf(filepath.Join(dir, "cpu"))
	if err == nil {
		all = append(all, dependency{"plugin", "pjrt_c_api_cpu_plugin.so", "", licence})
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	nvidia, err := pythonPackagesIn(filepath.Join(dir, "nvidia/licenses"))
	for i := range nvidia {
		nvidia[i].kind = "plugin"
	}
	return append(all, nvidia...), err
}
