package compiled

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/d2l-go/book/d2l/d2ltest"
)

// The layout is that of go-xla's header.
func TestLayout(t *testing.T) {
	compiler := "cc"
	if named := strings.TrimSpace(d2ltest.Must(goTool("env", "CC"))(t)); named != "" {
		compiler = named
	}
	header := strings.TrimSpace(d2ltest.Must(goTool("list", "-m", "-f", "{{.Dir}}", "github.com/gomlx/go-xla"))(t))
	source := filepath.Join(t.TempDir(), "layout.c")
	d2ltest.Put(t, source, []byte(`
#include "pjrt_c_api.h"
#include "pjrt.h"
#define SAME(ours, theirs) _Static_assert(ours == theirs, #theirs)
#define FUNCTION(place, name) SAME(offsetof(pjrt_api, functions) + place * sizeof(void *), offsetof(PJRT_Api, name))
FUNCTION(PJRT_ERROR_DESTROY, PJRT_Error_Destroy);
FUNCTION(PJRT_ERROR_MESSAGE, PJRT_Error_Message);
FUNCTION(PJRT_CLIENT_ADDRESSABLE_DEVICES, PJRT_Client_AddressableDevices);
FUNCTION(PJRT_CLIENT_COMPILE, PJRT_Client_Compile);
FUNCTION(PJRT_DEVICE_DESCRIPTION_KIND, PJRT_DeviceDescription_Kind);
FUNCTION(PJRT_DEVICE_GET_DESCRIPTION, PJRT_Device_GetDescription);
FUNCTION(PJRT_EXECUTABLE_DESTROY, PJRT_Executable_Destroy);
FUNCTION(PJRT_EXECUTABLE_SERIALIZE, PJRT_Executable_Serialize);
FUNCTION(PJRT_LOADED_EXECUTABLE_GET_EXECUTABLE, PJRT_LoadedExecutable_GetExecutable);
FUNCTION(PJRT_EXECUTABLE_DESERIALIZE_AND_LOAD, PJRT_Executable_DeserializeAndLoad);
SAME(offsetof(pjrt_api, major), offsetof(PJRT_Api, pjrt_api_version.major_version));
SAME(sizeof(pjrt_destroy), PJRT_Error_Destroy_Args_STRUCT_SIZE);
SAME(offsetof(pjrt_destroy, object), offsetof(PJRT_Error_Destroy_Args, error));
SAME(sizeof(pjrt_destroy), PJRT_Executable_Destroy_Args_STRUCT_SIZE);
SAME(offsetof(pjrt_destroy, object), offsetof(PJRT_Executable_Destroy_Args, executable));
SAME(sizeof(pjrt_error_message), PJRT_Error_Message_Args_STRUCT_SIZE);
SAME(offsetof(pjrt_error_message, failure), offsetof(PJRT_Error_Message_Args, error));
SAME(offsetof(pjrt_error_message, text), offsetof(PJRT_Error_Message_Args, message));
SAME(offsetof(pjrt_error_message, text_size), offsetof(PJRT_Error_Message_Args, message_size));
SAME(sizeof(pjrt_program), PJRT_Program_STRUCT_SIZE);
SAME(offsetof(pjrt_program, code), offsetof(PJRT_Program, code));
SAME(offsetof(pjrt_program, code_size), offsetof(PJRT_Program, code_size));
SAME(sizeof(pjrt_compile), PJRT_Client_Compile_Args_STRUCT_SIZE);
SAME(offsetof(pjrt_compile, client), offsetof(PJRT_Client_Compile_Args, client));
SAME(offsetof(pjrt_compile, program), offsetof(PJRT_Client_Compile_Args, program));
SAME(offsetof(pjrt_compile, options), offsetof(PJRT_Client_Compile_Args, compile_options));
SAME(offsetof(pjrt_compile, options_size), offsetof(PJRT_Client_Compile_Args, compile_options_size));
SAME(offsetof(pjrt_compile, executable), offsetof(PJRT_Client_Compile_Args, executable));
SAME(sizeof(pjrt_devices), PJRT_Client_AddressableDevices_Args_STRUCT_SIZE);
SAME(offsetof(pjrt_devices, client), offsetof(PJRT_Client_AddressableDevices_Args, client));
SAME(offsetof(pjrt_devices, devices), offsetof(PJRT_Client_AddressableDevices_Args, addressable_devices));
SAME(offsetof(pjrt_devices, number), offsetof(PJRT_Client_AddressableDevices_Args, num_addressable_devices));
SAME(sizeof(pjrt_get_description), PJRT_Device_GetDescription_Args_STRUCT_SIZE);
SAME(offsetof(pjrt_get_description, device), offsetof(PJRT_Device_GetDescription_Args, device));
SAME(offsetof(pjrt_get_description, description), offsetof(PJRT_Device_GetDescription_Args, device_description));
SAME(sizeof(pjrt_kind), PJRT_DeviceDescription_Kind_Args_STRUCT_SIZE);
SAME(offsetof(pjrt_kind, description), offsetof(PJRT_DeviceDescription_Kind_Args, device_description));
SAME(offsetof(pjrt_kind, kind), offsetof(PJRT_DeviceDescription_Kind_Args, device_kind));
SAME(offsetof(pjrt_kind, kind_size), offsetof(PJRT_DeviceDescription_Kind_Args, device_kind_size));
SAME(sizeof(pjrt_load), PJRT_Executable_DeserializeAndLoad_Args_STRUCT_SIZE);
SAME(offsetof(pjrt_load, client), offsetof(PJRT_Executable_DeserializeAndLoad_Args, client));
SAME(offsetof(pjrt_load, bytes), offsetof(PJRT_Executable_DeserializeAndLoad_Args, serialized_executable));
SAME(offsetof(pjrt_load, bytes_size), offsetof(PJRT_Executable_DeserializeAndLoad_Args, serialized_executable_size));
SAME(offsetof(pjrt_load, executable), offsetof(PJRT_Executable_DeserializeAndLoad_Args, loaded_executable));
SAME(offsetof(pjrt_load, options), offsetof(PJRT_Executable_DeserializeAndLoad_Args, overridden_serialized_compile_options));
SAME(sizeof(pjrt_get_executable), PJRT_LoadedExecutable_GetExecutable_Args_STRUCT_SIZE);
SAME(offsetof(pjrt_get_executable, loaded), offsetof(PJRT_LoadedExecutable_GetExecutable_Args, loaded_executable));
SAME(offsetof(pjrt_get_executable, executable), offsetof(PJRT_LoadedExecutable_GetExecutable_Args, executable));
SAME(sizeof(pjrt_serialize), PJRT_Executable_Serialize_Args_STRUCT_SIZE);
SAME(offsetof(pjrt_serialize, executable), offsetof(PJRT_Executable_Serialize_Args, executable));
SAME(offsetof(pjrt_serialize, bytes), offsetof(PJRT_Executable_Serialize_Args, serialized_bytes));
SAME(offsetof(pjrt_serialize, bytes_size), offsetof(PJRT_Executable_Serialize_Args, serialized_bytes_size));
SAME(offsetof(pjrt_serialize, owner), offsetof(PJRT_Executable_Serialize_Args, serialized_executable));
SAME(offsetof(pjrt_serialize, destroy_owner), offsetof(PJRT_Executable_Serialize_Args, serialized_executable_deleter));
`))
	args := append(strings.Fields(compiler), "-fsyntax-only", "-I.", "-I"+filepath.Join(header, "pjrt"), source)
	if output, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, output)
	}
}

func goTool(args ...string) (string, error) {
	output, err := exec.Command("go", args...).Output()
	return string(output), err
}

// What is not whole is not loaded, and is stored anew.
func TestCache(t *testing.T) {
	c := cache(filepath.Join(t.TempDir(), "programs"))
	path := filepath.Join(string(c), "key")
	expect := func(what string, want []byte) {
		t.Helper()
		if got := c.load("key"); !bytes.Equal(got, want) {
			t.Errorf("%s: %d bytes are loaded, expected %d", what, len(got), len(want))
		}
	}
	expect("nothing stored", nil)
	program := bytes.Repeat([]byte("a program "), 1000)
	d2ltest.NoError(t, c.store("key", program))
	expect("stored", program)
	whole := d2ltest.Must(os.ReadFile(path))(t)
	other := bytes.Clone(whole)
	other[len(other)/2] ^= 1
	for what, content := range map[string][]byte{
		"empty": {}, "short": whole[:7], "cut": whole[:len(whole)-1], "a bit of it another": other,
		"only the hash": whole[:32], "zeros": make([]byte, len(whole)),
	} {
		d2ltest.Put(t, path, content)
		expect(what, nil)
		d2ltest.NoError(t, c.store("key", program))
		expect("stored after "+what, program)
	}
}

// Room is made among programs, and among what a killed process has left of them. Nothing else in the folder is touched.
func TestCacheIsBounded(t *testing.T) {
	folder := t.TempDir()
	d2ltest.Put(t, filepath.Join(folder, "thesis.txt"), nil)
	d2ltest.Put(t, filepath.Join(folder, "photos", "1.png"), nil)
	names := make([]string, 6)
	for i := range names {
		names[i] = keyOf([]byte{byte(i)}, nil, "")
	}
	leftover := "." + names[0] + ".123.d2l-part"
	for i, name := range append([]string{leftover}, names[:5]...) {
		d2ltest.Put(t, filepath.Join(folder, name), make([]byte, largest-1000))
		used := time.Now().Add(time.Duration(i-10) * time.Hour)
		d2ltest.NoError(t, os.Chtimes(filepath.Join(folder, name), used, used))
	}
	for _, name := range []string{"thesis.txt", "photos"} {
		d2ltest.NoError(t, os.Chtimes(filepath.Join(folder, name), time.Time{}, time.Unix(1e9, 0)))
	}
	d2ltest.NoError(t, cache(folder).store(names[5], make([]byte, largest-1000)))
	stay := append([]string{"photos", "thesis.txt"}, names[2:]...)
	slices.Sort(stay)
	d2ltest.WantFiles(t, folder, stay...)
	d2ltest.WantFiles(t, filepath.Join(folder, "photos"), "1.png")
}

func TestChosen(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", "/c")
	for value, want := range map[string]cache{"off": "", "": "/c/d2l-go/programs", "/a/b": "/a/b"} {
		if got, err := chosen(value); err != nil || got != want {
			t.Errorf("%q: the folder %q and the error %v, expected %q", value, got, err, want)
		}
	}
	for _, value := range []string{"OFF", "0", "false", "a/b"} {
		_, err := chosen(value)
		d2ltest.WantError(t, err, value, "is neither off nor the full path of a folder: correct or unset it")
	}
}

func TestKeyOf(t *testing.T) {
	const code = "module @A_1 {\n  func.func @main() { return }\n}\n"
	key := keyOf([]byte(code), []byte("options"), "settings")
	for name, c := range map[string]struct {
		code, options, settings string
		same                    bool
	}{
		"another module's name": {strings.Replace(code, "A_1", "B_22", 1), "options", "settings", true},
		"another program":       {strings.Replace(code, "main", "Main", 1), "options", "settings", false},
		"other attributes":      {strings.Replace(code, " {", " attributes {", 1), "options", "settings", false},
		"other options":         {code, "option", "settings", false},
		"other settings":        {code, "options", "setting", false},
		"a shifted border":      {code, "options settings", "", false},
		"not text":              {"\x00" + code, "options", "settings", false},
		"a name alone":          {"module @A_1", "options", "settings", false},
	} {
		if got := keyOf([]byte(c.code), []byte(c.options), c.settings); (got == key) != c.same {
			t.Errorf("%s: the same key: %v", name, got == key)
		}
	}
}
