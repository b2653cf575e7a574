// Package compiled keeps what a PJRT plugin has compiled, for later processes: each cell of a notebook that trains is
// one. To compile takes a second or more, to load what was compiled some milliseconds.
//
// go-xla has no access to that. It takes a plugin as the table of its functions, though: here it is given one whose
// function that compiles looks into the user's cache first.
package compiled

/*
#cgo linux LDFLAGS: -ldl
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include "pjrt.h"

void *d2lCompile(pjrt_compile *args);

static pjrt_api *table(const char *path) {
	void *plugin = dlopen(path, RTLD_LAZY);
	if (!plugin) return NULL;
	void *(*get)(void) = (void *(*)(void))dlsym(plugin, "GetPjrtApi");
	return get ? get() : NULL;
}

static void *call(void *function, void *args) { return ((void *(*)(void *))function)(args); }

static void destroy_owner(pjrt_serialize *serialized) { serialized->destroy_owner(serialized->owner); }
*/
import "C"

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"
	"unsafe"

	"github.com/d2l-go/book/d2l/internal/files"
	"github.com/d2l-go/book/d2l/internal/report"
	"github.com/gomlx/go-xla/pjrt"
)

// Variable names another folder than the one in the user's cache, or is off: then every program is compiled anew.
const Variable = "D2L_COMPILATION_CACHE"

// A Plugin is one whose programs are kept.
type Plugin struct {
	Path string
	// Settings is all that what is compiled depends on, but the plugin's file, the program and its own options.
	Settings string
	// Options returns what is added to the options of a program, as a part of a CompileOptionsProto, and whether what
	// is compiled may be kept.
	Options func(code []byte) (options []byte, keep bool)
}

// kept is the plugin that d2lCompile is for, once Keep has been called.
var kept struct {
	Plugin
	cache
	functions []unsafe.Pointer // of the plugin itself
}

// used is the number of functions up to the last one that is called here.
const used = C.PJRT_EXECUTABLE_DESERIALIZE_AND_LOAD + 1

// worthKeeping is how long the plugin has to compile a program that is kept.
const worthKeeping = 50 * time.Millisecond

// Keep has go-xla use a plugin, when it is asked for its path, by way of this package, and reports whether it does: it
// is for the first plugin of a process, before that has a client, and not for interfaces of PJRT that are not known
// here.
func Keep(plugin Plugin) (bool, error) {
	if kept.Path != "" {
		return kept.Path == plugin.Path, nil
	}
	path := C.CString(plugin.Path)
	defer C.free(unsafe.Pointer(path))
	api := C.table(path)
	if api == nil || api.major != 0 || uintptr(api.size) < unsafe.Sizeof(*api)+used*unsafe.Sizeof(path) {
		return false, nil
	}
	info, err := os.Stat(plugin.Path)
	if err != nil {
		return false, err
	}
	plugin.Settings = fmt.Sprintf("%q %d %d %q", plugin.Path, info.Size(), info.ModTime().UnixNano(), plugin.Settings)
	if kept.cache, err = chosen(os.Getenv(Variable)); err != nil {
		return false, err
	}
	kept.Plugin = plugin
	kept.functions = functionsOf(api)
	changed := (*C.pjrt_api)(C.malloc(api.size)) // go-xla keeps it.
	C.memcpy(unsafe.Pointer(changed), unsafe.Pointer(api), api.size)
	functionsOf(changed)[C.PJRT_CLIENT_COMPILE] = C.d2lCompile
	return true, pjrt.RegisterPreloadedPlugin(plugin.Path, uintptr(unsafe.Pointer(changed)))
}

// chosen returns the cache for a value of Variable, or none.
func chosen(value string) (cache, error) {
	switch value {
	case "off":
		return "", nil
	case "":
		folder, err := files.CacheDir()
		return cache(filepath.Join(folder, "programs")), err
	default:
		folder, err := filepath.Abs(value) // A program may change its folder.
		return cache(folder), err
	}
}

func functionsOf(api *C.pjrt_api) []unsafe.Pointer {
	first := unsafe.Add(unsafe.Pointer(api), unsafe.Sizeof(*api))
	return unsafe.Slice((*unsafe.Pointer)(first), used)
}

// call calls a function of the plugin and returns its error: nil, or one that belongs to the caller.
func call(function int, args unsafe.Pointer) unsafe.Pointer {
	return C.call(kept.functions[function], args)
}

// done calls a function of the plugin and reports whether it has worked.
func done(function int, args unsafe.Pointer) bool {
	failure := call(function, args)
	if failure != nil {
		destroy(C.PJRT_ERROR_DESTROY, failure)
	}
	return failure == nil
}

func destroy(function int, object unsafe.Pointer) {
	args := C.pjrt_destroy{object: object}
	args.size = C.size_t(unsafe.Sizeof(args))
	call(function, unsafe.Pointer(&args))
}

// d2lCompile compiles a program, or loads it if it is kept. It stands for PJRT_Client_Compile.
//
//export d2lCompile
func d2lCompile(args *C.pjrt_compile) unsafe.Pointer {
	code := unsafe.Slice((*byte)(unsafe.Pointer(args.program.code)), args.program.code_size)
	options := C.GoBytes(unsafe.Pointer(args.options), C.int(args.options_size))
	more, keep := kept.Options(code)
	options = append(options, more...)
	keep = keep && kept.cache != ""

	var pins runtime.Pinner
	defer pins.Unpin()
	pins.Pin(&options[0])
	given := *args
	given.options, given.options_size = (*C.char)(unsafe.Pointer(&options[0])), C.size_t(len(options))

	var key string
	if keep {
		key = keyOf(code, options, kept.Settings)
		if args.executable = load(args.client, key); args.executable != nil {
			return nil
		}
	}
	begin := time.Now()
	failure := call(C.PJRT_CLIENT_COMPILE, unsafe.Pointer(&given))
	args.executable = given.executable
	if failure == nil && keep && time.Since(begin) >= worthKeeping {
		if err := store(key, given.executable); err != nil {
			report.WarnOnce(fmt.Sprintf("d2l: what XLA compiles is not kept for other programs (%s=off asks for no more): %v",
				Variable, err))
		}
	}
	return failure
}

// load returns the executable that is kept under a key; nil if there is none that the plugin takes.
func load(client unsafe.Pointer, key string) unsafe.Pointer {
	program := kept.load(key)
	if program == nil {
		return nil
	}
	var pins runtime.Pinner
	defer pins.Unpin()
	pins.Pin(&program[0])
	args := C.pjrt_load{
		client: client, bytes: (*C.char)(unsafe.Pointer(&program[0])), bytes_size: C.size_t(len(program)),
	}
	args.size = C.size_t(unsafe.Sizeof(args))
	if !done(C.PJRT_EXECUTABLE_DESERIALIZE_AND_LOAD, unsafe.Pointer(&args)) {
		return nil
	}
	return args.executable
}

// store keeps a loaded executable under a key. One that the plugin cannot make bytes of is not kept.
func store(key string, loaded unsafe.Pointer) error {
	get := C.pjrt_get_executable{loaded: loaded}
	get.size = C.size_t(unsafe.Sizeof(get))
	if !done(C.PJRT_LOADED_EXECUTABLE_GET_EXECUTABLE, unsafe.Pointer(&get)) {
		return nil
	}
	defer destroy(C.PJRT_EXECUTABLE_DESTROY, get.executable)
	serialized := C.pjrt_serialize{executable: get.executable}
	serialized.size = C.size_t(unsafe.Sizeof(serialized))
	if !done(C.PJRT_EXECUTABLE_SERIALIZE, unsafe.Pointer(&serialized)) {
		return nil
	}
	defer C.destroy_owner(&serialized)
	return kept.store(key, C.GoBytes(unsafe.Pointer(serialized.bytes), C.int(serialized.bytes_size)))
}
